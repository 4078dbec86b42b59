"""The layout of an automaton's records: int32 rows, read by kernels and written as they are built.

See :mod:`reverie.enumerate.automaton.automaton` for what states, rules, items, outcomes and
transitions are.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...dsl import kernel_types, record_type
from .inhabitation import Makers

Int32 = NDArray[np.int32]

# Columns of the records. Links end with -1.
STATE_RULES, STATE_COUNT, STATE_CLASS, STATE_VARIABLES = 0, 1, 2, 3  # count -1: rules not built
STATE_ITEMS, STATE_CHILDREN, STATE_OUTCOMES, STATE_WIDTH = 4, 5, 6, 7
RULE_TOKEN, RULE_COLUMN, RULE_SIGNATURE, RULE_TARGET, RULE_FIELDS = 0, 1, 2, 3, 4
ITEM_PARENT, ITEM_HOLE, ITEM_LAMBDAS, ITEM_REMAINING, ITEM_SIGNATURE = 0, 1, 2, 3, 4
ITEM_TAIL, ITEM_SIBLING, ITEM_TWIN, ITEM_BLOCK, ITEM_FIELDS = 5, 6, 7, 8, 9
OUTCOME_STATE, OUTCOME_LOCAL, OUTCOME_NEXT, OUTCOME_FIELDS = 0, 1, 2, 3
CLASS_ROW, CLASS_SET, CLASS_VARIABLE, CLASS_FIELDS = 0, 1, 2, 3
STATE_FIELDS = 8

# Where rules and transitions lead (a *target*): an item i as i >= 0, nowhere yet as MISSING, or an
# outcome o as -2 - o <= -2, so that the outcome of a target is -2 - target as well.
MISSING = -1


class AutomatonArrays(NamedTuple):
    """Views of an automaton's records, for kernels; they must not outlive the next change."""

    states: Int32  # (states, STATE_FIELDS)
    rules: Int32  # (rules, RULE_FIELDS)
    items: Int32  # (items, ITEM_FIELDS)
    outcomes: Int32  # (outcomes, OUTCOME_FIELDS)
    transitions: Int32  # (sum of blocks,)
    classes: Int32  # (classes, CLASS_FIELDS)
    sets: Int32  # productions of each set, concatenated
    set_starts: Int32  # (sets + 1,)
    cells: Int32  # (cells, 2): row and head constructor of each argument of each signature
    cell_starts: Int32  # (signatures + 1,)


_TABLE, _INTS = kernel_types.int32[:, ::1], kernel_types.int32[::1]

AUTOMATON = record_type(AutomatonArrays, *[_TABLE] * 4, _INTS, _TABLE, _INTS, _INTS, _TABLE, _INTS)
"""The type of :class:`AutomatonArrays` in compiled code."""


class Fits(NamedTuple):
    """What is known of all holes whose type has a certain constructor (0: is a variable)."""

    entries: Int32  # (n, 3): constructor, production that may fit, signature of its arguments
    always: NDArray[np.bool_]  # (constructors, productions): fits every type of the constructor
    makers: Makers  # of each constructor
