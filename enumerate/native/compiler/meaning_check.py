"""Checks that functions mean the same compiled: two passes over numba's intermediate code.

Before types are inferred, :class:`UseExact` puts what :mod:`.python_meaning` names in the place of
Python's operations. After that, :class:`CheckMeaning` looks at everything that is left: each value
must be of a type that is known, each operation one that is named there, and nothing may be
converted or unified on the way (a variable that is an integer here and a real there, say), or be
used before it has a value. Whatever else there is, the function is not compiled.
"""

from __future__ import annotations

import types as python_types
from collections.abc import Iterator
from typing import Any

import numba.core.errors
import numba.core.ir_utils
import numba.core.postproc
import numba.core.unsafe.eh

from ....dsl import kernel_types, njit
from . import exact_sequences as sequences
from . import python_meaning as meaning
from .exception_cleanup import with_passes
from .loop_interrupts import WatchLoops, look_at_alarm
from .numba_internals import ir, machinery, passes
from .numba_types import Function, ListView
from .result_types import fits

__all__ = ["COMPILER", "OPTIONS", "DifferentMeaning", "exact_function"]

_errors: Any = numba.core.errors
_postproc: Any = numba.core.postproc
ir_utils: Any = numba.core.ir_utils
mark_try_block: Any = numba.core.unsafe.eh.mark_try_block


class DifferentMeaning(_errors.UnsupportedError):  # type: ignore[misc]
    """A function does something that compiled code may not do, or not as Python does it."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


_EXACT = {
    *meaning.OPERATORS.values(),
    *meaning.METHODS.values(),
    *(exact for shapes in meaning.CALLS.values() for exact in shapes.values()),
}


def _statements(blocks: Any) -> Iterator[tuple[Any, Any]]:
    for block in blocks.values():
        for statement in list(block.body):
            yield block, statement


def _name_of(value: Any) -> str:
    if value is mark_try_block:
        return "try and except"
    module = getattr(value, "__module__", None) or ""
    name = getattr(value, "__qualname__", None) or repr(value)
    return name if module in ("builtins", "_operator", "") else f"{module}.{name}"


def exact_function(python: Any, count: int) -> Any:
    """Return what computes a function of Python's own, called with so many arguments.

    Raises:
        DifferentMeaning: if there is nothing, or it gives an iterator, which is no value.
    """
    exact = (_shapes(python) or {}).get((count, ()))
    if exact is None or exact is sequences.backwards:
        raise DifferentMeaning(f"{_name_of(python)} runs in Python")
    return exact


# ---- before types are inferred ------------------------------------------------------------------


@machinery.register_pass(mutates_CFG=False, analysis_only=False)
class UseExact(machinery.FunctionPass):  # type: ignore[misc]
    """Replace Python's operations by those that are exact."""

    _name = "reverie_use_exact"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        function = state.func_ir
        if function.is_generator:
            raise DifferentMeaning("a generator runs in Python")
        values = {}
        for _, statement in _statements(function.blocks):
            if isinstance(statement, ir.Assign):
                values[statement.target.name] = statement
        # Calls come first: what they call depends on what they give it.
        for block, statement in _statements(function.blocks):
            if isinstance(statement, ir.Assign) and isinstance(statement.value, ir.Expr):
                self._replace(block, statement, values)
        for _, statement in _statements(function.blocks):
            if isinstance(statement, ir.Assign):
                self._replace_value(statement, values)
        _postproc.PostProcessor(function).run()
        return True

    def _replace(self, block: Any, statement: Any, values: dict[str, Any]) -> None:
        value, loc = statement.value, statement.loc
        given: tuple[Any, ...]
        if value.op in ("binop", "inplace_binop"):
            given, exact = (value.lhs, value.rhs), meaning.OPERATORS.get(value.fn)
        elif value.op == "unary":
            given, exact = (value.value,), meaning.OPERATORS.get(value.fn)
        elif value.op == "call":
            found = self._exact_call(value, values)
            if found is None:
                return
            exact, given = found
        else:
            return
        if exact is None:
            raise DifferentMeaning(f"the operator {_name_of(value.fn)} runs in Python")
        target = block.scope.redefine("$exact", loc)
        place = block.body.index(statement)
        block.body.insert(place, ir.Assign(ir.Global(exact.__name__, exact, loc), target, loc))
        statement.value = ir.Expr.call(target, given, (), loc)

    def _exact_call(self, call: Any, values: dict[str, Any]) -> Any:
        """Return what computes a call, and its arguments; None if it stays as it is."""
        if call.vararg is not None:
            raise DifferentMeaning("a call with *arguments runs in Python")
        callee: Any = values.get(call.func.name)
        method = getattr(callee, "value", None)
        if isinstance(method, ir.Expr) and method.op == "getattr":
            python = _python_value(callee, values)
            if python is None and method.attr in meaning.METHODS and not call.kws:
                callee.value = ir.Const(None, callee.loc)  # else the method itself is looked at
                return meaning.METHODS[method.attr], (method.value, *call.args)
            if python is None and method.attr == "sort":
                raise DifferentMeaning("sort() in place runs in Python; sorted() compiles")
        else:
            python = _python_value(callee, values)
        shapes = _shapes(python)
        if shapes is None:
            return None
        named = dict(call.kws)
        shape = len(call.args), tuple(sorted(named))
        if shape not in shapes:
            said = f"{shape[0]} arguments" + "".join(f" and {name}=" for name in shape[1])
            raise DifferentMeaning(f"{_name_of(python)} with {said} runs in Python")
        return shapes[shape], (*call.args, *(named[name] for name in shape[1]))

    def _replace_value(self, statement: Any, values: dict[str, Any]) -> None:
        """Replace a function of Python that is passed on, to sort by say."""
        python = _python_value(statement, values)
        shapes = _shapes(python)
        if shapes is None or isinstance(statement.value, ir.Var):
            return
        exact = shapes.get((1, ())) or shapes.get((2, ()))
        statement.value = ir.Global(exact.__name__, exact, statement.loc)


def _shapes(python: Any) -> Any:
    try:
        return meaning.CALLS.get(python)
    except TypeError:  # it has no hash
        return None


def _python_value(statement: Any, values: dict[str, Any]) -> Any:
    """Return the object of Python that a statement refers to; None if it computes something."""
    for _ in range(100):
        value = getattr(statement, "value", None)
        if isinstance(value, ir.Var):
            statement = values.get(value.name)
        elif isinstance(value, (ir.Global, ir.FreeVar)):
            return value.value
        elif isinstance(value, ir.Expr) and value.op == "getattr":
            module = _python_value(values.get(value.value.name), values)
            return getattr(module, value.attr, None) if _is_module(module) else None
        else:
            return None
    return None


def _is_module(value: Any) -> bool:
    return isinstance(value, python_types.ModuleType)


# ---- after that ---------------------------------------------------------------------------------


@machinery.register_pass(mutates_CFG=False, analysis_only=True)
class CheckMeaning(machinery.AnalysisPass):  # type: ignore[misc]
    """Refuse whatever is not known to mean in compiled code what it means in Python."""

    _name = "reverie_check_meaning"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        _Check(state).run()
        return False


class _Check:
    def __init__(self, state: Any) -> None:
        self.kinds = state.typemap
        self.blocks = state.func_ir.blocks
        self.result = state.return_type
        self.block: Any = None
        self.passing: dict[str, Any] = {}
        """Variables that hold iterators, and the blocks that make them."""

    def kind(self, variable: Any) -> Any:
        return kernel_types.unliteral(self.kinds[variable.name])

    def run(self) -> None:
        for block, statement in _statements(self.blocks):
            if isinstance(statement, ir.Assign):
                self.block = block
                self.assign(statement)
            elif isinstance(statement, (ir.SetItem, ir.StaticSetItem)):
                self.store(statement)
            elif isinstance(statement, ir.Return):
                if self.kind(statement.value) != kernel_types.unliteral(self.result):
                    raise DifferentMeaning("it returns values of different types")
            elif not isinstance(statement, (ir.Branch, ir.Jump, ir.Del, ir.StaticRaise)):
                raise DifferentMeaning(f"{type(statement).__name__} runs in Python")
        self.look_at_passing()

    def store(self, statement: Any) -> None:
        target, value = self.kind(statement.target), self.kind(statement.value)
        index = getattr(statement, "index_var", None) or statement.index
        if not (
            isinstance(target, kernel_types.List)
            and self.kind(index) == kernel_types.int64
            and value == target.dtype
        ):
            raise DifferentMeaning(f"storing {value} in {target} runs in Python")

    def look_at_passing(self) -> None:
        """Check that each single-pass iterator is consumed once, in the block that makes it."""
        for block in self.blocks.values():
            for statement in block.body:
                for variable in statement.list_vars():
                    if variable.name not in self.passing or _is_target(variable, statement):
                        continue
                    if self.passing.pop(variable.name) is not block or not self.goes(statement):
                        raise DifferentMeaning("an iterator that is kept runs in Python")

    def goes(self, statement: Any) -> bool:
        """Say whether a statement only iterates over what it is given."""
        value = getattr(statement, "value", None)
        if not isinstance(value, ir.Expr):
            return False
        return value.op == "getiter" or (
            value.op == "call" and self.python(self.kinds[value.func.name]) in _GOING
        )

    def assign(self, statement: Any) -> None:
        target, value = statement.target, statement.value
        kind = self.kind(target)
        if isinstance(value, (ir.Global, ir.FreeVar)):
            self.refer(kind, value.value)
        elif isinstance(value, ir.Const):
            inner = isinstance(value.value, python_types.CodeType)
            if not (meaning.is_known(kind) or kind == kernel_types.none or inner):
                raise DifferentMeaning(f"the constant {value.value!r} runs in Python")
        elif isinstance(value, ir.Arg):
            self.know(kind)
        elif isinstance(value, ir.Var):
            if self.kind(value) != kind:
                raise DifferentMeaning(f"{value.name} is {self.kind(value)} and {kind}")
        elif isinstance(value, ir.Expr):
            check = getattr(self, f"_{value.op}", None)
            if check is None:
                raise DifferentMeaning(f"{value.op.replace('_', ' ')} runs in Python")
            check(value, target, kind)
        else:
            raise DifferentMeaning(f"{type(value).__name__} runs in Python")

    def know(self, kind: Any) -> None:
        if not meaning.is_known(kind):
            raise DifferentMeaning(f"values of the type {kind} run in Python")

    def refer(self, kind: Any, value: Any) -> None:
        if not (
            meaning.is_known(kind)
            or isinstance(
                kind, (kernel_types.Dispatcher, kernel_types.Module, kernel_types.ExceptionClass)
            )
            or any(value is known for known in _REFERRED)
        ):
            raise DifferentMeaning(f"{_name_of(value)} runs in Python")

    def python(self, callee: Any) -> Any:
        """Return the function, Python's or ours, that a type of functions stands for."""
        key = getattr(callee, "typing_key", None)
        return key if callable(key) else None

    # ---- expressions ----------------------------------------------------------------------------

    def _call(self, value: Any, target: Any, kind: Any) -> None:
        callee = self.kinds[value.func.name]
        given = [self.kind(v) for v in value.args]
        if isinstance(callee, (Function, kernel_types.Dispatcher)):
            self.know(kind)
            if isinstance(callee, Function) and not all(map(fits, given, callee.parameters)):
                raise DifferentMeaning("calling a function with values of other types")
            if value.kws:
                raise DifferentMeaning("a call of a function by names of arguments runs in Python")
            return
        if isinstance(callee, kernel_types.BoundFunction):
            return  # seen where the method is taken
        python = self.python(callee)
        if python in (enumerate, zip, sequences.backwards):
            self.passing[target.name] = self.block
        if python in _EXACT:
            self.know(kind)
            return
        if python is look_at_alarm or isinstance(callee, kernel_types.ExceptionClass):
            return
        allowed = meaning.UNTOUCHED.get(python)
        if allowed is None or value.kws or not _accepts(allowed, given):
            raise DifferentMeaning(f"{_name_of(python or callee)} runs in Python")

    def _getattr(self, value: Any, target: Any, kind: Any) -> None:
        owner = self.kinds[value.value.name]
        if isinstance(owner, kernel_types.Module):
            self.refer(kind, getattr(owner.pymod, value.attr, None))
            return
        allowed = meaning.LIST_METHODS.get(value.attr)
        if not (isinstance(owner, kernel_types.List) and allowed):
            raise DifferentMeaning(f".{value.attr} runs in Python")
        for _, statement in _statements(self.blocks):
            for call in _calls(statement):
                if call.func.name == target.name:
                    given = [self.kind(v) for v in call.args]
                    if call.kws or not _accepts(allowed, [owner.dtype, *given]):
                        raise DifferentMeaning(f"{value.attr}() of {owner} runs in Python")

    def _phi(self, value: Any, target: Any, kind: Any) -> None:
        for incoming in value.incoming_values:
            if incoming is ir.UNDEFINED:
                raise DifferentMeaning(f"{target.unversioned_name} may have no value")
            if self.kind(incoming) != kind:
                name = target.unversioned_name
                raise DifferentMeaning(f"{name} is {self.kind(incoming)} and {kind}")

    def _cast(self, value: Any, target: Any, kind: Any) -> None:
        if self.kind(value.value) != kind:
            raise DifferentMeaning(f"a value is {self.kind(value.value)} and {kind}")

    def _getitem(self, value: Any, target: Any, kind: Any) -> None:
        owner = self.kind(value.value)
        index = value._kws.get("index_var") or value.index
        at = self.kind(index) if isinstance(index, ir.Var) else kernel_types.int64
        sequence = isinstance(owner, (kernel_types.List, ListView, kernel_types.UniTuple))
        if not (sequence or owner == kernel_types.unicode_type) or not (
            at == kernel_types.int64
            or (
                isinstance(at, kernel_types.SliceType)
                and not isinstance(owner, kernel_types.UniTuple)
            )
        ):
            raise DifferentMeaning(f"{owner}[{at}] runs in Python")

    def _static_getitem(self, value: Any, target: Any, kind: Any) -> None:
        if not (
            isinstance(self.kind(value.value), kernel_types.BaseTuple) and type(value.index) is int
        ):
            self._getitem(value, target, kind)

    def _build_list(self, value: Any, target: Any, kind: Any) -> None:
        if any(self.kind(item) != kind.dtype for item in value.items):
            raise DifferentMeaning("a list holds values of different types")
        self.know(kind)

    def _build_tuple(self, value: Any, target: Any, kind: Any) -> None:
        self.know(kind)

    def _exhaust_iter(self, value: Any, target: Any, kind: Any) -> None:
        if not isinstance(self.kind(value.value), kernel_types.BaseTuple):
            raise DifferentMeaning("taking apart what is no pair runs in Python")

    def _getiter(self, value: Any, target: Any, kind: Any) -> None:
        owner = self.kind(value.value)
        if not sequences.passes_once(owner):
            raise DifferentMeaning(f"going through {owner} runs in Python")

    def _iternext(self, value: Any, target: Any, kind: Any) -> None:
        """Take the next one: of what may be iterated over, see :meth:`_getiter`."""

    _pair_first = _pair_second = _iternext

    def _null(self, value: Any, target: Any, kind: Any) -> None:
        raise DifferentMeaning(f"{target.unversioned_name} may have no value")


_REFERRED = [*_EXACT, *meaning.UNTOUCHED, look_at_alarm]

_GOING = {
    *(enumerate, zip, sequences.as_list, sequences.every, sequences.some),
    *meaning.CALLS[sorted].values(),
}
"""What only goes through what it is given."""


def _is_target(variable: Any, statement: Any) -> bool:
    return variable is getattr(statement, "target", None)


def _accepts(allowed: Any, kinds: list[Any]) -> bool:
    try:
        return bool(allowed(*kinds))
    except TypeError:  # more or fewer than it takes
        return False


def _calls(statement: Any) -> Iterator[Any]:
    value = getattr(statement, "value", None)
    if isinstance(value, ir.Expr) and value.op == "call":
        yield value


# ---- functions within functions -----------------------------------------------------------------


@machinery.register_pass(mutates_CFG=False, analysis_only=False)
class CompileInner(machinery.FunctionPass):  # type: ignore[misc]
    """Compile functions within functions as these are compiled: numba's own way has no checks."""

    _name = "reverie_compile_inner"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        function = state.func_ir
        for _, statement in _statements(function.blocks):
            value = getattr(statement, "value", None)
            if isinstance(value, ir.Expr) and value.op == "make_function":
                if value.defaults is not None:
                    raise DifferentMeaning("an inner function with defaults runs in Python")
                python = ir_utils.convert_code_obj_to_function(value, function)
                inner = njit(**OPTIONS, pipeline_class=COMPILER)(python)
                statement.value = ir.Global(value.code.co_name, inner, statement.loc)
        _postproc.PostProcessor(function).run()
        return True


COMPILER = with_passes(
    UseExact,
    WatchLoops,
    replaced={
        passes.MakeFunctionToJitFunction: CompileInner,
    },
    typed=(CheckMeaning,),
)
"""Compiles functions of Python so that they mean what they mean in Python, or not at all."""

OPTIONS: dict[str, Any] = {"error_model": "python", "boundscheck": True, "nogil": True}
