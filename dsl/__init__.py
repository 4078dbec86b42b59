"""The language programs are written in: types, terms, library, grammar and interpreter."""

from .decorator import primitive
from .errors import ParseError, ReverieError, TypeMismatch, UnknownName
from .eta import eta_long
from .frontier import Entry, Frontier
from .grammar import ROOT, Grammar, Summary, refit, summarise
from .holes import abstract_holes, fill
from .interpreter import Closure, Failure, Interpreter, Limits
from .language import read_language, read_language_file, write_language
from .library import Library, Production
from .likelihood import Equality, Likelihood, Scorer, Verdict, holds_out
from .primitives import Primitive, constant, hole
from .rewriting import TooLarge, beta_eta_normal, beta_normal, inline, shift, substitute
from .syntax import parse_term, parse_type
from .task import Example, InvalidTask, Task
from .terms import Abstraction, Application, Lambda, Literal, Symbol, Term, Variable, apply
from .types import (
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
    "Primitive",
    "Production",
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
