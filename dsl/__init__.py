"""The language programs are written in: types, terms, library, grammar and interpreter."""

from .calculus.reduction import TooLarge, beta_eta_normal, beta_normal, inline, shift, substitute
from .calculus.syntax import parse_term, parse_type
from .calculus.terms import Abstraction, Application, Lambda, Literal, Symbol, Term, Variable, apply
from .calculus.types import (
    BOOL,
    CHAR,
    INT,
    REAL,
    STR,
    Substitution,
    Type,
    TypeConstructor,
    TypeVariable,
    arrow,
    list_of,
    pair_of,
)
from .language.decorator import primitive
from .language.eta import eta_long
from .language.holes import abstract_holes, fill
from .language.language_file import read_language, read_language_file, write_language
from .language.library import Library, Production
from .language.primitives import Primitive, constant, hole
from .model.frontier import Entry, Frontier
from .model.grammar import ROOT, Grammar, Summary, refit, summarise
from .model.interpreter import Closure, Failure, Interpreter, Limits
from .model.likelihood import Equality, Likelihood, Scorer, Verdict, holds_out
from .model.ranking import Posterior, Ranking, UsesInputs, find_ranking
from .support.errors import ParseError, ReverieError, TypeMismatch, UnknownName
from .tasks.task import Example, InvalidTask, Task

__all__ = [
    "BOOL",
    "CHAR",
    "INT",
    "REAL",
    "ROOT",
    "STR",
    "Abstraction",
    "Application",
    "Closure",
    "Entry",
    "Equality",
    "Example",
    "Failure",
    "Frontier",
    "Grammar",
    "Interpreter",
    "InvalidTask",
    "Lambda",
    "Library",
    "Likelihood",
    "Limits",
    "Literal",
    "ParseError",
    "Posterior",
    "Primitive",
    "Production",
    "Ranking",
    "ReverieError",
    "Scorer",
    "Substitution",
    "Summary",
    "Symbol",
    "Task",
    "Term",
    "TooLarge",
    "Type",
    "TypeConstructor",
    "TypeMismatch",
    "TypeVariable",
    "UnknownName",
    "UsesInputs",
    "Variable",
    "Verdict",
    "abstract_holes",
    "apply",
    "arrow",
    "beta_eta_normal",
    "beta_normal",
    "constant",
    "eta_long",
    "fill",
    "find_ranking",
    "holds_out",
    "hole",
    "inline",
    "list_of",
    "pair_of",
    "parse_term",
    "parse_type",
    "primitive",
    "read_language",
    "read_language_file",
    "refit",
    "shift",
    "substitute",
    "summarise",
    "write_language",
]
