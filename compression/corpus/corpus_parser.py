"""The reader of program texts: bytes in, nodes out, compiled.

Symbols are numbered by first occurrence. A string in double quotes and an inline abstraction
``#(...)`` are one symbol each, whatever they contain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...dsl import kernel
from ..corpus_errors import CorpusError
from .kernel_types import BOOL, BYTES, INT, INTS, LONGS, longer
from .nodes import (
    APPLY,
    ARGUMENT,
    LAMBDA,
    NODES,
    SYMBOL,
    VARIABLE,
    Ints,
    Nodes,
    cons,
    empty_nodes,
    grown,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["read_texts"]

_LEFT, _RIGHT, _DOLLAR, _HASH, _QUOTE, _BACKSLASH, _UNDERSCORE = b'()$#"\\_'
_FULL, _ERROR = -1, -2
_MESSAGES = {
    1: "nothing here: a program is a symbol, a variable $i, (lam body) or (function arguments...)",
    2: "')' without a '(' before it",
    3: "the text ends inside parentheses: this '(' has no ')'",
    4: "the program is complete here; remove what follows, or put all in parentheses",
    5: "'()' is nothing: expected a function and its arguments",
    6: "a lambda has one body: put '(' ... ')' around it",
    7: "'lam' must be the first word after '('",
    8: "a lambda without body",
    9: "not a known form: a variable is '$' and digits, such as $0 (tags as in $0_1 or lam_1 "
    "are not supported)",
    10: "not a known form: '#i' stands for an argument in the body of an abstraction only; an "
    "inline abstraction is '#(...)'",
    11: "'#(' without its ')'",
    12: "too many lambdas inside one another (at most 32,000)",
    13: "the number of a variable is at most 32,000",
}


@kernel(INT)
def _is_blank(c: int) -> bool:
    return c == 32 or (9 <= c <= 13)


@kernel(BYTES, INT, INT)
def _number(text: NDArray[np.uint8], start: int, stop: int) -> Any:
    if start >= stop or stop - start > 8:
        return -1
    value = 0
    for i in range(start, stop):
        if text[i] < 48 or text[i] > 57:
            return -1
        value = value * 10 + text[i] - 48
    return value


@kernel(BYTES, INT, INT)
def _is_lambda(text: NDArray[np.uint8], i: int, j: int) -> int:
    """Return 1 for ``lam``, ``lambda``, ``λ``; 2 for one of these with a tag; 0 otherwise."""
    n = j - i
    if n >= 2 and text[i] == 0xCE and text[i + 1] == 0xBB:
        k = i + 2
    elif n >= 3 and text[i] == 108 and text[i + 1] == 97 and text[i + 2] == 109:
        k = i + 3
        if n >= 6 and text[k] == 98 and text[k + 1] == 100 and text[k + 2] == 97:
            k += 3
    else:
        return 0
    if k == j:
        return 1
    if text[k] == _UNDERSCORE and _number(text, k + 1, j) >= 0:
        return 2
    return 0


@kernel(BYTES, INT, INT)
def _text_end(text: NDArray[np.uint8], start: int, stop: int) -> int:
    """Return where the quotation mark is that ends a text; ``start``, where none does.

    A lone quotation mark is a symbol like any other.
    """
    k = start + 1
    while k < stop and text[k] != _QUOTE:
        k += 2 if text[k] == _BACKSLASH else 1
    return k if k < stop else start


@kernel(BYTES, INT, INT)
def _token_end(text: NDArray[np.uint8], start: int, stop: int) -> int:
    """Return where the token at ``start`` ends; -1 for an inline abstraction without end."""
    i = start
    if text[i] == _HASH and i + 1 < stop and text[i + 1] == _LEFT:
        depth = 0
        while i < stop:
            if text[i] == _QUOTE and (
                _is_blank(text[i - 1]) or text[i - 1] == _LEFT or text[i - 1] == _RIGHT
            ):
                i = _text_end(text, i, stop)  # parentheses in a text are none
            if text[i] == _LEFT:
                depth += 1
            elif text[i] == _RIGHT:
                depth -= 1
                if depth == 0:
                    return i + 1
            i += 1
        return -1
    if text[i] == _QUOTE:
        i = _text_end(text, i, stop)
    while i < stop and text[i] != _LEFT and text[i] != _RIGHT and not _is_blank(text[i]):
        i += 1
    return i


@kernel(BYTES, INT, INT, INTS, LONGS)
def _intern(text: NDArray[np.uint8], i: int, j: int, slots: Ints, places: NDArray[np.int64]) -> Any:
    """Return the number of the symbol ``text[i:j]``; ``places[0]`` counts the symbols."""
    h = np.uint64(1469598103934665603)
    for k in range(i, j):
        h = (h ^ np.uint64(text[k])) * np.uint64(1099511628211)
    mask = slots.size - 1
    slot = np.int64(h >> np.uint64(20)) & mask
    while slots[slot] != 0:
        known = slots[slot] - 1
        start, stop = places[2 * known + 1], places[2 * known + 2]
        if stop - start == j - i:
            same = True
            for k in range(j - i):
                if text[start + k] != text[i + k]:
                    same = False
                    break
            if same:
                return known
        slot = (slot + 1) & mask
    number = places[0]
    if 2 * number + 2 >= places.size:
        return -1
    places[0] = number + 1
    places[2 * number + 1] = i
    places[2 * number + 2] = j
    slots[slot] = number + 1
    return number


@kernel(BYTES, LONGS, BOOL, NODES, INTS, LONGS, INTS, LONGS)
def _read(
    text: NDArray[np.uint8],
    bounds: NDArray[np.int64],
    arguments: bool,
    nodes: Nodes,
    slots: Ints,
    places: NDArray[np.int64],
    roots: Ints,
    report: NDArray[np.int64],
) -> int:
    """Read all programs. Returns 0, _FULL, or _ERROR with ``report`` (message, program, byte)."""
    # A pushdown parser: the state is the stack of open parentheses, an entry of which is the
    # application or the lambda's body read so far. Nodes are made as soon as their parts are known.
    room = 64
    head = np.empty(room, np.int64)  # what the open parenthesis holds so far, -1 for nothing
    is_lambda = np.empty(room, np.int64)
    place = np.empty(room, np.int64)
    for program in range(bounds.size - 1):
        i, stop = bounds[program], bounds[program + 1]
        depth, binders = 0, 0
        root = np.int64(-1)
        report[1] = program
        # 1. One token, or one parenthesis, each time around.
        while True:
            while i < stop and _is_blank(text[i]):
                i += 1
            report[2] = i
            if i >= stop:
                break
            # A program ends with its first complete term: only blanks may follow.
            if root >= 0:
                report[0] = 2 if text[i] == _RIGHT else 4
                return _ERROR
            c = text[i]
            item = np.int64(-1)
            # 2. Open a parenthesis.
            if c == _LEFT:
                if depth == room:
                    room *= 2
                    head = longer(head, depth, room)
                    is_lambda = longer(is_lambda, depth, room)
                    place = longer(place, depth, room)
                head[depth] = -1
                is_lambda[depth] = 0
                place[depth] = i
                depth += 1
                i += 1
                continue
            # 3. Close one: what it holds is complete, and is an item of the one around it.
            if c == _RIGHT:
                if depth == 0:
                    report[0] = 2
                    return _ERROR
                depth -= 1
                item = head[depth]
                if item < 0:
                    report[0] = 8 if is_lambda[depth] else 5
                    return _ERROR
                if is_lambda[depth]:
                    binders -= 1
                    item = np.int64(cons(nodes, LAMBDA, item, 0))
                i += 1
            else:
                # 4. A word: `lam`, a variable, an argument of an abstraction, or a symbol.
                j = _token_end(text, i, stop)
                if j < 0:
                    report[0] = 11
                    return _ERROR
                word = _is_lambda(text, i, j)
                if word == 2:
                    report[0] = 9
                    return _ERROR
                if word == 1:
                    # `lam` is no item: it says what its parenthesis is, so it must come first.
                    if depth == 0 or is_lambda[depth - 1] or head[depth - 1] >= 0:
                        report[0] = 7
                        return _ERROR
                    binders += 1
                    if binders > 32000:
                        report[0] = 12
                        return _ERROR
                    is_lambda[depth - 1] = 1
                    i = j
                    continue
                if c == _DOLLAR:
                    index = _number(text, i + 1, j)
                    if index < 0 or index > 32000:
                        report[0] = 9 if index < 0 else 13
                        return _ERROR
                    item = np.int64(cons(nodes, VARIABLE, index, 0))
                elif c == _HASH and j - i > 1 and text[i + 1] != _LEFT:
                    index = _number(text, i + 1, j)
                    if index < 0 or not arguments:
                        report[0] = 10
                        return _ERROR
                    item = np.int64(cons(nodes, ARGUMENT, index, 0))
                else:
                    # All else is a symbol, named by its text.
                    symbol = _intern(text, i, j, slots, places)
                    if symbol < 0:
                        return _FULL
                    item = np.int64(cons(nodes, SYMBOL, symbol, 0))
                i = j
            # A full table is no fault of the text: the caller enlarges it and reads again.
            if item < 0:
                return _FULL
            # 5. Put the item where it belongs. Application is binary and to the left: `(f a b)` is
            # the application of `(f a)` to `b`.
            if depth == 0:
                root = item
            elif head[depth - 1] < 0:
                head[depth - 1] = item
            elif is_lambda[depth - 1]:
                report[0] = 6
                return _ERROR
            else:
                head[depth - 1] = np.int64(cons(nodes, APPLY, head[depth - 1], item))
                if head[depth - 1] < 0:
                    return _FULL
        # 6. The text is over: nothing may be open, and there must be a term.
        if depth > 0:
            report[0] = 3
            report[2] = place[depth - 1]
            return _ERROR
        if root < 0:
            report[0] = 1
            return _ERROR
        roots[program] = root
    return 0


def read_texts(texts: Sequence[str], *, arguments: bool = False) -> tuple[Nodes, list[str], Ints]:
    """Read programs into one table.

    Args:
        texts: one program each.
        arguments: whether ``#i`` is allowed, as in the bodies of abstractions.

    Returns:
        The table, the names of the symbols by number, and the root of each program.

    Raises:
        CorpusError: for the first text that is not a program, with its number, the column and
            what was found there.
    """
    for number, given in enumerate(texts):
        if not isinstance(given, str):
            raise CorpusError(f"a program is a text, and this is {given!r}", number)
    encoded = [_encoded(text, number) for number, text in enumerate(texts)]
    data = np.frombuffer(b"".join(encoded) or b" ", np.uint8)
    bounds = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(e) for e in encoded], out=bounds[1:])
    roots = np.empty(len(texts), np.int32)
    report = np.zeros(3, np.int64)
    nodes = empty_nodes(data.size // 4 + 64)
    words = 256
    while True:
        slots = np.zeros(4 * words, np.int32)
        places = np.zeros(2 * words + 1, np.int64)
        status = _read(data, bounds, bool(arguments), nodes, slots, places, roots, report)
        if status == 0:
            break
        if status == _ERROR:
            code, program, byte = (int(r) for r in report)
            start = int(bounds[program])
            column = len(encoded[program][: byte - start].decode(errors="replace")) + 1
            found = _MESSAGES[code]
            raise CorpusError(found, program, texts[program], column)
        nodes = grown(empty_nodes(0), 2 * nodes.kind.size)
        words *= 4
    raw = data.tobytes()
    names = [raw[places[2 * k + 1] : places[2 * k + 2]].decode() for k in range(int(places[0]))]
    return nodes, names, roots


def _encoded(text: str, number: int) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        found = "half of a character, which no text in Unicode has"
        raise CorpusError(found, number, text, error.start + 1) from None
