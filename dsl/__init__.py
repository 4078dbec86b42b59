"""The language programs are written in: types, terms, library, grammar and interpreter."""

from .decorator import primitive
from .errors import ParseError, ReverieError, TypeMismatch, UnknownName
from .eta import eta_long
from .frontier import Entry, Frontier
from .grammar import Grammar
from .interpreter import Failure, Interpreter, Limits
from .language import read_language, read_language_file, write_language
from .library import Library, Primitive, constant, hole
from .likelihood import Equality, Likelihood
from .syntax import parse_term, parse_type
from .task import Example, InvalidTask, Task
from .terms import Abstraction, Application, Lambda, Literal, Symbol, Term, Variable
from .types import Type, TypeConstructor, TypeVariable, arrow

__all__ = [
    "Abstraction",
    "Application",
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
    "ReverieError",
    "Symbol",
    "Task",
    "Term",
    "Type",
    "TypeConstructor",
    "TypeMismatch",
    "TypeVariable",
    "UnknownName",
    "Variable",
    "arrow",
    "constant",
    "eta_long",
    "hole",
    "parse_term",
    "parse_type",
    "primitive",
    "read_language",
    "read_language_file",
    "write_language",
]
