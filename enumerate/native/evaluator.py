"""Evaluating the programs of a library natively, one or a million at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...dsl import (
    Abstraction,
    Failure,
    Library,
    Limits,
    Literal,
    Primitive,
    Symbol,
    Term,
)
from ..tokens import Tokens, encode
from .block import Block, OutOfRoom
from .compiler.compile import DIRECT, compile_primitive
from .interpreter import batch
from .interpreter.intrinsics import opcode_of
from .memory.interning import HEAD, MASK
from .memory.word_layout import (
    ABSTRACTION,
    APPLY,
    ARITY_SHIFT,
    CONSTANT,
    DATA_SHIFT,
    END,
    ERROR,
    FAIL,
    KNOWN,
    LONGEST_PROGRAM,
    NATIVE,
    NO_REASON,
    PRODUCTIONS,
    PROGRAM,
    REASONS,
    STATUS,
    TOP,
    VECTOR,
)

__all__ = ["Examples", "Judge", "NativeEvaluator", "Support", "needs_compiling", "support"]

Words = NDArray[np.int64]


@dataclass(frozen=True)
class Support:
    """How a production is evaluated.

    Attributes:
        name: what it is called.
        how: ``built in``, ``compiled``, ``constant``, ``abstraction`` or ``python``.
        reason: why it runs in Python; empty otherwise.
    """

    name: str
    how: str
    reason: str = ""

    @property
    def is_native(self) -> bool:
        return self.how != "python"


@dataclass(frozen=True)
class Examples:
    """Examples in the block of one evaluator.

    Attributes:
        rows: int64[examples, 3]: environment, inputs and expected value, by offset.
        order: int64[examples]: the order to try them in; it adapts.
    """

    rows: Words
    order: Words


@dataclass(frozen=True)
class Judge:
    """What tells a kernel which programs give every expected value, without running Python.

    Attributes:
        words: int64[5]: addresses of :func:`.batch.judge` and of its first argument; then its last
            three arguments.
        evaluator, examples: what must stay alive for it.
    """

    words: Words
    evaluator: NativeEvaluator
    examples: Examples


class NativeEvaluator:
    """Evaluates programs of one library.

    It holds one block of memory, so each thread needs its own; compiled primitives are shared.
    Batches run without Python's global lock, but for primitives that run in Python.

    No program makes it crash or hang. A primitive that does not come back is stopped, fails from
    then on, and is named by :func:`.watchdog.stopped_primitives`; only one endless call of a
    function that is written in C is not.

    Args:
        library: its primitives are compiled, or found compiled, here.
        limits: bounds on each evaluation.
        words: the size of the block, in words of 8 bytes; an evaluation that fills it fails.
        compiled: whether to compile primitives; otherwise all run in Python.
        intrinsics: whether the interpreter computes the primitives that it knows by itself.
    """

    def __init__(
        self,
        library: Library,
        limits: Limits | None = None,
        *,
        words: int = 1 << 20,
        compiled: bool = True,
        intrinsics: bool = True,
    ) -> None:
        self.library = library
        self.limits = limits or Limits()
        self.heap = Block(words, self.limits)
        self._compiled = compiled
        self._intrinsics = intrinsics
        self._support: list[Support] = []
        self._index: dict[Term, int] = {}
        self._applications: dict[int, int] = {}
        self._keep: list[Any] = []
        memory = self.heap.memory
        memory[PRODUCTIONS] = self.heap.allocate(2 * (len(library) + 1024))
        self._capacity = len(library) + 1024
        self.heap.keep()
        # The places of the library's own productions come first: what defining one adds follows.
        for production in library.productions:
            self._reserve(production.term)
        for production in library.productions:
            self._define(production.term)
        # The program comes last, so that nodes of abstractions lie before it (`layout.FURTHEST`).
        self.heap.clear()
        memory[PROGRAM] = self.heap.allocate(2 * LONGEST_PROGRAM + 2)
        self.heap.keep()
        self._mark, self._known = self.heap.mark(), memory[KNOWN]
        self._table = np.zeros(HEAD + (1 << (words // 8).bit_length()), np.int64)
        self._table[MASK] = len(self._table) - HEAD - 1

    # ---- productions --------------------------------------------------------------------------

    def support(self) -> list[Support]:
        """Say for each production of the library how it is evaluated."""
        return self._support[: len(self.library)]

    def _add(self, term: Term) -> int:
        """Return a leaf's place in the table of productions, which it gets if it has none."""
        if term not in self._index:
            self._reserve(term)
            self._define(term)
        return self._index[term]

    def _reserve(self, term: Term) -> None:
        self._index[term] = self._enter(FAIL, 0)
        self._support.append(Support(str(term), "python", "not defined yet"))

    def _define(self, term: Term) -> None:
        place = self._index[term]
        if isinstance(term, Symbol):
            primitive = self.library.primitive(term.name)
            self.heap.primitives[place] = primitive
            node, word, support = self._primitive(primitive)
        elif isinstance(term, Abstraction):
            body = self._store(term.body)
            name = self.library.name_of(term) or str(term)
            arity = len(self.library.type_of(term).parameters)
            node, word = ABSTRACTION | arity << ARITY_SHIFT, body
            support = Support(name, "abstraction")
        else:
            assert isinstance(term, Literal)
            node, word = CONSTANT, self._constant(term.value)
            support = Support(str(term), "constant")
        self._write(place, node, word)
        self._support[place] = support

    def _enter(self, node: int, word: int) -> int:
        memory = self.heap.memory
        place = memory[KNOWN]
        if place == self._capacity:
            raise OutOfRoom("too many literals")
        memory[KNOWN] = place + 1
        self._write(place, node, word)
        return place

    def _write(self, place: int, node: int, word: int) -> None:
        memory = self.heap.memory
        kind = node & 0xFF
        if kind in (CONSTANT, NATIVE, ABSTRACTION):
            node |= (memory[PRODUCTIONS] + 2 * place + 1) << DATA_SHIFT
        elif kind == VECTOR:
            node |= place << DATA_SHIFT
        memory[memory[PRODUCTIONS] + 2 * place] = node
        memory[memory[PRODUCTIONS] + 2 * place + 1] = word

    def _constant(self, value: Any) -> int:
        self.heap.clear()
        word = self.heap.encode(value)
        self.heap.keep()
        return word

    def _primitive(self, primitive: Primitive) -> tuple[int, int, Support]:
        name = primitive.name
        if primitive.is_hole:
            return FAIL, 0, Support(name, "constant")
        count = len(primitive.type.parameters)
        if count == 0:
            return CONSTANT, self._constant(primitive.value), Support(name, "constant")
        arity = count << ARITY_SHIFT
        intrinsic = opcode_of(primitive) if self._intrinsics else None
        if intrinsic is not None:
            opcode, bound = intrinsic
            return opcode | arity | bound << DATA_SHIFT, 0, Support(name, "built in")
        mask = sum(1 << i for i in primitive.lazy)
        vector = VECTOR | arity | mask << (DATA_SHIFT + 16)
        found = compile_primitive(primitive) if self._compiled else None
        if found is None or not found.address:
            reason = found.reason if found else "compiling is switched off"
            return vector, 0, Support(name, "python", reason)
        self._keep.append(found)
        direct = not mask and count <= DIRECT
        return NATIVE | arity if direct else vector, found.address, Support(name, "compiled")

    def _store(self, term: Term) -> int:
        """Write the nodes of a closed term where they stay."""
        tokens = self.encode(term)
        self.heap.clear()
        start = self.heap.allocate(len(tokens))
        self.heap.allocate(len(tokens))
        good = batch.read_program(self.heap.address, tokens, start)
        assert good
        self.heap.memory[TOP] = start + len(tokens)
        self.heap.keep()
        return start

    # ---- terms --------------------------------------------------------------------------------

    def encode(self, term: Term) -> Tokens:
        """Return the tokens of a term, whatever its form.

        Raises:
            UnknownName: if it uses something that the library does not have.
        """
        return encode(term, self.library, self)

    def token(self, head: Term) -> int:
        """Return the token of a head: its place in the table of productions."""
        return self._add(head)

    def arity(self, token: int) -> int:
        """Return how many arguments follow a token of the table."""
        node = self.heap.memory[self.heap.memory[PRODUCTIONS] + 2 * token]
        return (node >> ARITY_SHIFT) & 0xFF

    def application(self, arguments: int) -> int:
        """Return the token that applies a term to so many arguments."""
        found = self._applications.get(arguments)
        if found is None:
            node = APPLY | (arguments + 1) << ARITY_SHIFT
            found = self._applications[arguments] = self._enter(node, 0)
            self._support.append(Support("application", "built in"))
        return found

    # ---- examples -----------------------------------------------------------------------------

    def examples(self, inputs: Iterable[Sequence[Any]], outputs: Iterable[Any]) -> Examples:
        """Write examples into the block, where they stay until :meth:`forget`.

        Args:
            inputs: the arguments of each example.
            outputs: what is expected of each.

        Raises:
            OutOfRoom: if they do not fit.
        """
        self.heap.clear()
        rows = [
            [*self._inputs(given), self.heap.encode(out)]
            for given, out in zip(inputs, outputs, strict=True)
        ]
        self.heap.keep()
        return Examples(np.array(rows, np.int64).reshape(-1, 3), np.arange(len(rows)))

    def _inputs(self, values: Sequence[Any]) -> tuple[int, int]:
        words = [self.heap.encode(value) for value in values]
        environment = 0
        for word in words:
            environment = self.heap._write([word, environment])
        return environment, self.heap._write([len(words), *words])

    # ---- evaluating ---------------------------------------------------------------------------

    def run(self, tokens: Tokens, starts: Words, examples: Examples) -> Words:
        """Return the positions of the programs that give every expected value.

        Args:
            tokens: int16[total], the programs one after another.
            starts: int64[programs + 1], where each begins and the last ends.
            examples: from :meth:`examples`.
        """
        hits = np.empty(max(len(starts) - 1, 0), np.int64)
        with self.heap.watched():
            count = batch.run_batch(
                self.heap.address,
                np.ascontiguousarray(tokens, np.int16),
                np.ascontiguousarray(starts, np.int64),
                examples.rows,
                examples.order,
                hits,
            )
        self.check()
        return hits[:count]

    def judge(self, examples: Examples) -> Judge:
        """Return what tells a kernel which programs give every expected value."""
        address = (
            int(examples.rows.ctypes.data),
            len(examples.rows),
            int(examples.order.ctypes.data),
        )
        return Judge(np.array([batch.judge.address, self.heap.address, *address]), self, examples)

    def values(self, program: Term | Tokens, inputs: Sequence[Any] = ()) -> Any:
        """Return the value of a program applied to inputs, or a Failure."""
        heap = self.heap
        try:
            tokens = self.encode(program) if isinstance(program, Term) else program
        except RecursionError:
            return Failure("the program is nested too deeply to be evaluated")
        mark = heap.mark()
        heap.clear()
        try:
            environment, vector = self._inputs(inputs)
            heap.keep()
            with heap.watched():
                word = batch.evaluate_one(heap.address, tokens, environment, vector, 0)
            self.check()
            if word == ERROR:
                return Failure(REASONS[heap.memory[STATUS]])
            return heap.decode(word)
        finally:
            heap.release(mark)

    def words(self, tokens: Tokens, starts: Words, examples: Examples) -> Words:
        """Evaluate programs on examples; equal values have equal words.

        The words stay valid until :meth:`forget`; :meth:`decode` makes Python values of them.

        Args:
            tokens: int16[total], the programs one after another.
            starts: int64[programs + 1], where each begins and the last ends.
            examples: from :meth:`examples`; what they expect is not looked at.

        Returns:
            int64[programs, examples], :data:`~.word_layout.ERROR` for a failure.
        """
        values = np.empty((max(len(starts) - 1, 0), len(examples.rows)), np.int64)
        with self.heap.watched():
            batch.evaluate_batch(
                self.heap.address,
                int(self._table.ctypes.data),
                np.ascontiguousarray(tokens, np.int16),
                np.ascontiguousarray(starts, np.int64),
                examples.rows,
                values,
            )
        self.check()
        return values

    def decode(self, word: int) -> Any:
        """Return the Python value of a word, or a Failure."""
        return Failure(REASONS[NO_REASON]) if word == ERROR else self.heap.decode(int(word))

    def forget(self) -> None:
        """Drop all examples, all words, and the tokens of literals: encode such programs again."""
        known = self.heap.memory[KNOWN] = self._known
        del self._support[known:]
        self._index = {term: i for term, i in self._index.items() if i < known}
        self._applications = {n: i for n, i in self._applications.items() if i < known}
        self.heap.release(self._mark)
        self.heap.memory[END] = len(self.heap.words)
        self._table[1:] = 0

    def check(self) -> None:
        """Raise what stopped the Python code that was called by compiled code, Ctrl-C say."""
        if self.heap.pending is not None:
            pending, self.heap.pending = self.heap.pending, None
            raise pending


def needs_compiling(primitive: Primitive) -> bool:
    """Say whether a primitive has to be compiled to run natively."""
    return not primitive.is_hole and primitive.type.is_arrow and opcode_of(primitive) is None


def support(library: Library) -> list[Support]:
    """Say for each production of a library whether it runs natively, and if not, why."""
    return NativeEvaluator(library, words=1 << 17).support()
