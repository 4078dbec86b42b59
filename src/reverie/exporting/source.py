"""Programs as Python: one function a task, with the language and the library that they need.

The module runs by itself. Terms become syntax trees of Python's own ``ast``, which writes them out,
so that whatever a task or a name holds cannot become code. A primitive whose function is a single
expression is written in place (``x + 1``), any other as a call.
"""

from __future__ import annotations

import ast
import copy
import keyword
import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..dsl import (
    CHAR,
    INT,
    REAL,
    STR,
    Abstraction,
    Frontier,
    Lambda,
    Library,
    Literal,
    Primitive,
    ReverieError,
    Symbol,
    Term,
    Type,
    TypeConstructor,
    Variable,
    counted,
    deep,
    eta_long,
    spine,
    strip,
)
from ..run.run import Run
from ..run.text_tables import printable
from .standalone import CannotBeWritten, Standalone, source_of, written

__all__ = ["to_python"]


def to_python(run: Run) -> str:
    """Return the solutions of a run as the text of a Python module.

    The module's ``SOLUTIONS`` maps each task's name to its function. A solution that cannot be
    written, because a primitive has no source say, is left out, and a comment says so.
    """
    writer = _Writer(run.library)
    functions: list[ast.stmt] = []
    table: dict[str, str] = {}
    missing: list[str] = []
    for name, frontier in run.frontiers.items():
        if frontier.best is None:
            continue
        try:
            function = writer.solution(frontier)
        except ReverieError as error:
            missing.append(f"{name}: {error}")
            continue
        functions.append(function)
        table[name] = function.name
    solved = f"{len(table)} of {counted(len(run.frontiers), 'task')}"
    title = f"Solutions that Reverie found in the domain {run.domain.name}: {solved}."
    rows = [f"    {ast.unparse(ast.Constant(name))}: {table[name]},\n" for name in table]
    parts = [
        ast.unparse(_module([ast.Expr(ast.Constant(title))])),
        "from __future__ import annotations",
        "\n".join(sorted(writer.code.imports, key=lambda line: (line[0] == "f", line))),
        _section("the language", writer.language),
        _section("the library", writer.learned),
        _section("the solutions", functions),
        f"SOLUTIONS = {{\n{''.join(rows)}}}" if rows else "SOLUTIONS = {}",
        "\n".join(_comment(line) for line in missing),
    ]
    return "\n\n\n".join(part for part in parts if part) + "\n"


def _section(title: str, statements: Sequence[ast.stmt]) -> str:
    texts = [ast.unparse(_module([statement])) for statement in statements]
    return "\n\n\n".join([f"# ---- {title} {'-' * (72 - len(title))}", *texts]) if texts else ""


def _module(statements: list[ast.stmt]) -> ast.Module:
    return ast.fix_missing_locations(ast.Module(statements, []))


def _comment(text: str) -> str:
    return f"# not written: {printable(text)}"


class _Writer:
    """Turns terms into Python, and keeps the definitions that they need."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.code = Standalone()
        self.learned: list[ast.stmt] = []
        self._names: dict[Abstraction, str] = {}
        self._inline: dict[Primitive, _Template | None] = {}

    @property
    def language(self) -> list[ast.stmt]:
        return self.code.definitions

    def solution(self, frontier: Frontier) -> ast.FunctionDef:
        assert frontier.best is not None
        term, task = frontier.best.program, frontier.task
        body = self._function(term, task.request)
        name = self.code.fresh(identifier(task.name))
        return _define(name, *body, doc=task.name)

    def _function(self, term: Term, request: Type) -> tuple[list[str], ast.expr]:
        """Return the parameters and the result of a function that the term says."""
        whole = eta_long(term, request, self.library)
        count, inside = strip(whole)
        scope: list[str] = []
        for parameter in request.parameters[:count]:
            scope.append(_variable(parameter, scope))
        return scope, _expression(self, inside, tuple(reversed(scope)))

    def call(self, primitive: Primitive, arguments: list[ast.expr]) -> ast.expr:
        if primitive.is_hole:
            raise CannotBeWritten(f"the hole {primitive.name} was not filled")
        if not primitive.type.is_arrow:
            return self._constant(primitive)
        if primitive not in self._inline:
            self._inline[primitive] = _template(primitive)
        template = self._inline[primitive]
        if template is not None:
            return template.placed(arguments)
        name = self.code.name(primitive, identifier(primitive.name))
        given = [
            _lambda([], argument) if i in primitive.lazy else argument
            for i, argument in enumerate(arguments)
        ]
        return ast.Call(ast.Name(name), given, [])

    def _constant(self, primitive: Primitive) -> ast.expr:
        try:
            return _parsed(written(primitive.value))
        except CannotBeWritten:
            name = self.code.name(primitive, identifier(primitive.name))
            return ast.Name(name)

    def abstraction(self, abstraction: Abstraction) -> str:
        known = self._names.get(abstraction)
        if known is None:
            declared = self.library.type_of(abstraction)
            scope, body = self._function(abstraction.body, declared)
            known = self.code.fresh(identifier(self.library.name_of(abstraction) or "helper"))
            self._names[abstraction] = known
            self.learned.append(_define(known, scope, body, doc=str(declared)))
        return known


@deep
def _expression(writer: _Writer, term: Term, scope: tuple[str, ...]) -> Generator[Any, Any, Any]:
    """Write an eta-long term: every head has all its arguments, every function is a lambda.

    Args:
        writer: keeps what the term needs.
        term: the term.
        scope: the names of the free variables, that of ``$0`` first.
    """
    if isinstance(term, Lambda):
        count, inside = strip(term)
        fresh: list[str] = []
        for _ in range(count):
            fresh.append(_variable(None, [*scope, *fresh]))
        result = yield _expression.step(writer, inside, (*reversed(fresh), *scope))
        return _lambda(fresh, result)
    head, terms = spine(term)
    arguments = []
    for argument in terms:
        written_out = yield _expression.step(writer, argument, scope)
        arguments.append(written_out)
    if isinstance(head, Variable):
        name = ast.Name(scope[head.index])
        return ast.Call(name, arguments, []) if arguments else name
    if isinstance(head, Literal):
        return _parsed(written(_value(head)))
    if isinstance(head, Abstraction):
        return ast.Call(ast.Name(writer.abstraction(head)), arguments, [])
    assert isinstance(head, Symbol)
    return writer.call(writer.library.primitive(head.name), arguments)


# ---- primitives written in place -----------------------------------------------------------------


@dataclass(frozen=True)
class _Template:
    """The expression that a primitive's function returns, with the names of its parameters."""

    expression: ast.expr
    parameters: tuple[str, ...]
    lazy: frozenset[str]

    def placed(self, arguments: Sequence[ast.expr]) -> ast.expr:
        """Return the expression with arguments in the place of parameters."""
        given = dict(zip(self.parameters, arguments, strict=True))
        whole = ast.Expression(copy.deepcopy(self.expression))
        result: ast.expr = _Place(given, self.lazy).visit(whole).body
        return result


def _template(primitive: Primitive) -> _Template | None:
    """Return the expression that is all of a primitive, if it is one that can stand anywhere.

    It uses each argument once, calls none but those that are lazy, and those only; it has no other
    name, which might mean something else where it is put, and binds none.
    """
    try:
        definition = source_of(primitive.value)
    except CannotBeWritten:
        return None
    if not isinstance(definition, ast.FunctionDef):
        return None
    names = [arg.arg for arg in definition.args.args]
    if ast.unparse(_arguments(names)) != ast.unparse(_bare(definition.args)):
        return None
    statements = [s for s in definition.body if not _is_text(s)]
    if len(statements) != 1 or not isinstance(statements[0], ast.Return):
        return None
    expression = statements[0].value
    nodes = [] if expression is None else list(ast.walk(expression))
    used = [node.id for node in nodes if isinstance(node, ast.Name)]
    called = [n.func.id for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
    bare = [n for n in nodes if isinstance(n, ast.Call) and not n.args and not n.keywords]
    other = (ast.Lambda, ast.comprehension, ast.NamedExpr, ast.Attribute)
    lazy = {names[i] for i in primitive.lazy}
    if (
        expression is None
        or len(names) != len(primitive.type.parameters)
        or sorted(used) != sorted(names)
        or sorted(called) != sorted(lazy)
        or len(bare) != len(lazy)
        or any(isinstance(node, other) for node in nodes)
    ):
        return None
    return _Template(expression, tuple(names), frozenset(lazy))


def _bare(arguments: ast.arguments) -> ast.arguments:
    """Return parameters without their annotations."""
    bare = copy.deepcopy(arguments)
    for node in ast.walk(bare):
        if isinstance(node, ast.arg):
            node.annotation = None
    return bare


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


class _Place(ast.NodeTransformer):
    def __init__(self, given: Mapping[str, ast.expr], lazy: frozenset[str]) -> None:
        self.given = given
        self.lazy = lazy

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id in self.lazy:
            return self.given[node.func.id]
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return self.given[node.id]


# ---- pieces of Python ----------------------------------------------------------------------------


def _define(name: str, parameters: Sequence[str], result: ast.expr, *, doc: str) -> ast.FunctionDef:
    body: list[ast.stmt] = [ast.Expr(ast.Constant(doc)), ast.Return(result)]
    return ast.FunctionDef(name, _arguments(parameters), body, [])


def _lambda(parameters: Sequence[str], result: ast.expr) -> ast.expr:
    if isinstance(result, ast.Call) and isinstance(result.func, ast.Name) and parameters:
        given = [a.id if isinstance(a, ast.Name) else None for a in result.args]
        if given == list(parameters) and result.func.id not in parameters:
            return result.func  # lambda x: f(x) is f
    return ast.Lambda(_arguments(parameters), result)


def _arguments(names: Sequence[str]) -> ast.arguments:
    return ast.arguments([], [ast.arg(name) for name in names], None, [], [], None, [])


def _parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _value(literal: Literal) -> Any:
    if isinstance(literal.value, str) and literal.type is not STR and literal.type is not CHAR:
        return list(literal.value)
    return literal.value


def _variable(type: Type | None, taken: Sequence[str]) -> str:
    """Return a letter that suits the type and is not taken."""
    letters = "xyzuvw"
    if type is not None and type.is_arrow:
        letters = "fgh"
    elif type is INT:
        letters = "nmk"
    elif type is REAL:
        letters = "xyz"
    elif type is STR:
        letters = "st"
    elif isinstance(type, TypeConstructor) and type.name == "list":
        return _free([f"{c}s" for c in "xyzuvw"], taken)
    return _free(list(letters), taken)


def _free(names: Sequence[str], taken: Sequence[str]) -> str:
    for name in names:
        if name not in taken:
            return name
    number = 2
    while f"{names[0]}{number}" in taken:
        number += 1
    return f"{names[0]}{number}"


def identifier(text: str) -> str:
    """Return a Python name that resembles ``text``.

    >>> identifier("add-k with k=1"), identifier("if"), identifier("2nd"), identifier("+")
    ('add_k_with_k_1', 'if_', '_2nd', 'program')
    """
    name = re.sub(r"[^0-9a-zA-Z]+", "_", text).strip("_").lower() or "program"
    if name[0].isdigit():
        name = f"_{name}"
    return f"{name}_" if keyword.iskeyword(name) else name
