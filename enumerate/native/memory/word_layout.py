"""How values lie in memory: one block of 64-bit words, one word for each value.

**A value is one word that says itself what it is**, so a polymorphic primitive needs no types at
run time, equality and hashing are the same code for every type, and a program that is not well
typed fails instead of reading stray memory:

====================  =============================================================================
word ``v``            value
====================  =============================================================================
``abs(v) < 2**48``    the integer ``v`` itself, so that arithmetic needs no unpacking
``v >> 48`` in 1..15  a tagged value: :data:`BOOL` (0 or 1), :data:`CHAR` (code point),
                      :data:`LIST` (word offset of the first element ``<< 16 | length``),
                      :data:`PAIR` (offset of two words), :data:`CLOSURE` (offset of arity, body,
                      environment), :data:`HANDLE` (position in a table of Python objects),
                      :data:`FAILED` (the poison value :data:`ERROR`)
otherwise             a finite float64: its bits, the exponent inverted if it is positive, which
                      frees the words around 0 for all of the above (infinities and NaN are errors)
====================  =============================================================================

A list is a window on consecutive words, never written once it is made: its tail shares its memory.
After *interning* (:mod:`.interning`) equal values are equal words, whatever their type, so that the
word is its own key in a hash table.

**The block**::

    header | table of productions | program | bodies, constants, inputs | scratch ... interned

Words are reached by offset from the block's start. Offsets 0 and 1 are an environment that is its
own parent and holds :data:`ERROR`: looking up a variable that is not bound gives an error. An
environment is the offset of two words: the value of ``$0``, and (at :data:`PARENT`) the environment
of ``$1``. A closure's words are :data:`ARITY`, :data:`BODY` and :data:`SCOPE`; a vector's, by which
a function is applied to any number of arguments, :data:`FUNCTION`, :data:`COUNT` and the arguments
from :data:`FIRST_ARGUMENT` on.
Scratch grows up from ``BASE`` and is dropped before each evaluation; interned values grow down.

**A node of a program** is one word, and its arguments follow it in order (pre-order)::

    kind (8 bits) | number of arguments (8) | words in this sub-term (16) | data (32)
"""

from __future__ import annotations

from collections.abc import MutableSequence
from typing import Final, TypeAlias

from ....dsl import BUILT_IN

__all__ = ["ERROR", "WORD_TYPES", "Memory"]

Memory: TypeAlias = MutableSequence[int]
"""The block, in compiled code."""

WORD_TYPES: Final = frozenset(BUILT_IN) - {"str"}
"""Types whose values are words, or what words point to. Texts are Python objects, by handle."""

# ---- tags ---------------------------------------------------------------------------------------

TAG: Final = 48
DATA: Final = (1 << TAG) - 1
BOOL: Final = 1
CHAR: Final = 2
LIST: Final = 3
PAIR: Final = 4
CLOSURE: Final = 5
HANDLE: Final = 6
FAILED: Final = 7

FALSE: Final = BOOL << TAG
TRUE: Final = FALSE | 1
EMPTY: Final = LIST << TAG
ERROR: Final = FAILED << TAG
"""The poison value: what an evaluation that fails gives."""
NO_LEAF: Final = ERROR + 1
"""No value at all: see :func:`.calls.leaf`."""
ASK_PYTHON: Final = ERROR + 2
"""No value either: a compiled primitive failed where Python, with its long integers, may not."""

REALS: Final = 1 << 52
"""Words at or beyond this, either side of 0, are reals."""
EXPONENT: Final = 0x7FF << 52

LONGEST: Final = (1 << 16) - 1
"""No list can be longer: its length has 16 bits."""

# ---- cells, by word after their offset ----------------------------------------------------------

PARENT: Final = 1
"""Of an environment: the one around it."""
ARITY: Final = 0
"""Of a closure: how many arguments it waits for."""
BODY: Final = 1
"""Of a closure: offset of the node to evaluate."""
SCOPE: Final = 2
"""Of a closure: the environment of its body, without its arguments."""
FUNCTION: Final = 0
"""Of a vector: the function."""
COUNT: Final = 1
"""Of a vector: how many arguments there are."""
FIRST_ARGUMENT: Final = 2
"""Of a vector: the first of them."""

# ---- the header, by word ------------------------------------------------------------------------

FUEL: Final = 2
"""Calls left; negative once any resource has run out, so that everything else fails at once."""
TOP: Final = 3
"""The first free word of the scratch."""
END: Final = 4
"""The first word after the scratch."""
INTEGER: Final = 5
"""The largest absolute value of an integer."""
LENGTH: Final = 6
"""The largest length of a list."""
CALLBACK: Final = 7
"""Address of the function that calls Python: see :class:`.block.Block`."""
EVALUATE: Final = 8
"""Address of the interpreter, for compiled primitives that call function values."""
DEEPEST: Final = 9
"""The largest allowed depth (see :data:`CALL`)."""
PRODUCTIONS: Final = 10
"""Offset of the table of productions: two words each."""
STATUS: Final = 11
"""Why the last evaluation failed: one of the codes below."""
BASE: Final = 12
"""Where the scratch begins."""
EPOCH: Final = 13
"""Counts evaluations, so that Python knows when to drop the objects of the last one."""
PROGRAM: Final = 14
"""Offset of the program that is being evaluated."""
KNOWN: Final = 15
"""The number of productions in the table."""
START_FUEL: Final = 16
"""The fuel that an evaluation starts with."""
FURTHEST: Final = 17
"""Offset of the last node of the program that its value depends on: see :func:`.calls.touch`."""

APPLY_AT: Final = 30
"""Offset of the node that applies a function to a vector of arguments."""
RECURSE_AT: Final = 31
"""Offset of the node that is the body of a recursive function."""
HEADER: Final = 32

# ---- why an evaluation failed -------------------------------------------------------------------

NO_REASON: Final = 0
OUT_OF_FUEL: Final = 1
TOO_DEEP: Final = 2
OUT_OF_MEMORY: Final = 3
NESTED: Final = 4
BAD_PROGRAM: Final = 5

REASONS: Final = {
    NO_REASON: "an error in a primitive, or a value beyond its bounds",
    OUT_OF_FUEL: "out of fuel",
    TOO_DEEP: "functions called too deeply inside one another",
    OUT_OF_MEMORY: "out of memory",
    NESTED: "the evaluation is nested too deeply",
    BAD_PROGRAM: "not a program",
}

# ---- depth --------------------------------------------------------------------------------------

CALL: Final = 1 << 32
"""Depth counts calls of functions in its high half and frames of the interpreter in its low."""
DEEPEST_NESTING: Final = 4000
"""Frames of the interpreter inside one another; 20,000 fit the 8 MB stack of a thread."""

# ---- tokens and nodes ---------------------------------------------------------------------------

LAMBDA_TOKEN: Final = 0x7FFF
LONGEST_PROGRAM: Final = 1 << 14

ARITY_SHIFT: Final = 8
SIZE_SHIFT: Final = 16
DATA_SHIFT: Final = 32

CONSTANT: Final = 0
"""Data: offset of the word, in the table of productions."""
VARIABLE: Final = 1
LAMBDA: Final = 2
"""Data: how many lambdas follow one another; the body comes after them."""
VARIABLE_CALL: Final = 3
"""Data: the variable's index."""
ABSTRACTION: Final = 4
"""Data: offset of the word that says where its body is."""
APPLY: Final = 5
"""The first argument is the function."""
APPLY_VECTOR: Final = 6
"""The environment is a vector: function, number of arguments, arguments."""
RECURSE: Final = 7
VECTOR: Final = 8
"""A primitive that gets its arguments as a vector: it is lazy (data's high half is the mask of lazy
arguments), has more than four arguments, or runs in Python (its address is 0)."""
IF: Final = 9
FAIL: Final = 10
# From here on: the arguments, at most four, are all evaluated first.
NATIVE: Final = 16
"""A primitive compiled to a C function; data: offset of its address."""
FIRST_IDIOM: Final = 17

APPLY_HANDLE: Final = -1
EQUAL_HANDLES: Final = -2
"""What to ask of Python besides calling a primitive."""
