"""How the bank's records lie in arrays of words, shared by the kernels and by Python.

A *node* is one kept program: one word, and a record in the *pool*, an array of 32-bit entries: the
nodes of its arguments, then its values, packed (see :mod:`.value_interning`). A *rule* is a row of
:data:`RULE_WORDS` words, a *job* all combinations of some blocks of nodes under one rule. All
arrays but the pool are int64.
"""

from __future__ import annotations

from typing import Final

__all__: list[str] = []

MOST_ARGUMENTS: Final = 4

# ---- a node: a word ------------------------------------------------------------------------------

LOW: Final = (1 << 32) - 1
"""The low half: where in the pool its values begin; the nodes of its arguments lie before them."""
RULE_SHIFT: Final = 32
RULE_MASK: Final = (1 << 20) - 1
USES_SHIFT: Final = 52
"""Bit j of the uses says that the lambda-bound variable ``$j`` occurs."""

# ---- a rule: a row of words ----------------------------------------------------------------------

COST: Final = 0
AT: Final = 1
"""Offset in the block of the production applied to variables ``$0``, ``$1``, ...: its arguments."""
ARITY: Final = 2
RULE_VARIABLE: Final = 3
"""De Bruijn index in the scope, inputs included; -1 for a production."""
IS_CLOSED: Final = 4
STATE: Final = 5
SLOTS: Final = 6
"""From here for each argument: its state, its closed state or -1, the variables it binds."""
IS_SHORT: Final = SLOTS + 3 * MOST_ARGUMENTS
"""Whether :func:`.apply_primitive.operate` knows the production."""
AT_ROOT: Final = IS_SHORT + 1
"""What the rule costs more as the head of a program than by itself."""
CORRECTIONS: Final = AT_ROOT + 1
"""From here for each argument: where the corrections begin of its state's rules, and of its closed
state's; without bigrams they are all nothing."""
ORDER: Final = CORRECTIONS + 2 * MOST_ARGUMENTS
"""From here the arguments' numbers, in the order in which they are varied, the slowest first."""
SEEN: Final = ORDER + MOST_ARGUMENTS
"""From here :data:`FUNCTIONS` words: what the result depends on, by which of its parameters the
function among the arguments uses, for one that may fail, then for one that never does. Four bits
for each argument say its view; as many above them, its view where the lists before it in the order
are never empty; and one for each above these, whether it is such a list."""
FUNCTIONS: Final = 8
FILLED_SHIFT: Final = 4 * MOST_ARGUMENTS
LISTS_SHIFT: Final = 8 * MOST_ARGUMENTS
MARKED_BY: Final = SEEN + 2 * FUNCTIONS
"""The views by which its arguments have to be marked: bit v stands for view v; 0 where no function
hides anything."""
COMMUTES: Final = MARKED_BY + 1
"""Whether the two arguments may change places."""
LENGTHS: Final = COMMUTES + 1
"""What is known of the result's length (:mod:`.length_bounds`); 0 if nothing is. Bit 0 says that
there is something, bit 1 that it is exact, one for each argument above these, whether the length
depends on its; and the rest is what to add to theirs."""
OF_ARGUMENTS: Final = 2
MORE_SHIFT: Final = OF_ARGUMENTS + MOST_ARGUMENTS
PRODUCTION: Final = LENGTHS + 1
"""The position of the rule's production in the library; -1 for a variable."""
SKIPPING: Final = PRODUCTION + 1
"""Bit j says that some heads of argument ``j`` are left out, those that the words from the next on
say, :data:`HEAD_WORDS` for each argument: a bit for each of the library's first productions."""
SKIPPED: Final = SKIPPING + 1
HEAD_WORDS: Final = 2
RULE_WORDS: Final = SKIPPED + HEAD_WORDS * MOST_ARGUMENTS

# ---- the marks of nodes: a row of bits for each -------------------------------------------------

NEVER_FAILS: Final = 0
"""Whether a node has a value at all points."""
NEVER_EMPTY: Final = 8
"""Whether all values of a node are lists, none of them empty."""
MARKS: Final = 9

# ---- a state: a row of words ---------------------------------------------------------------------

FIRST_RULE: Final = 0
END_RULE: Final = 1
FIRST_POINT: Final = 2
"""Its points are consecutive rows of the table of points."""
WIDTH: Final = 3
"""How many points there are: the number of values of each of its nodes."""
SALT: Final = 4
MARKED_LEVEL: Final = 5
"""The level up to which its nodes are marked, and the node up to which they are."""
MARKED_END: Final = 6
STATE_WORDS: Final = 7

# ---- a point: a row of words ---------------------------------------------------------------------

EXAMPLE: Final = 0
FRAME: Final = 1
"""Offset of the environment: the lambda-bound variables, then the inputs."""
POINT_WORDS: Final = 2

# ---- a job: a row of words -----------------------------------------------------------------------

JOB_RULE: Final = 0
JOB_CLOSED: Final = 1
"""Bit j says that argument j is a closed term."""
JOB_BLOCKS: Final = 2
"""From here for each argument: first node, number of nodes."""
JOB_WORDS: Final = JOB_BLOCKS + 2 * MOST_ARGUMENTS

# ---- the block -----------------------------------------------------------------------------------

BOUNDED: Final = 22
"""Whether the language bounds the values of programs; if so the least and the largest integer, and
the length of the longest list."""
LEAST_VALUE: Final = 23
MOST_VALUE: Final = 24
LONGEST_VALUE: Final = 25
SPENT: Final = 26
"""Calls since the kernel was entered. This and the next are words of the block's header that the
evaluator leaves free."""
VALUES_ADDRESS: Final = 27
"""The address of the pool, the example that is being evaluated, the address of
:func:`.codegen.look_up`."""
EXAMPLE_AT_HAND: Final = 28
LOOK_UP: Final = 29

# ---- the cells: an environment of arguments, and behind it what they are ------------------------

CHOSEN: Final = 2 * MOST_ARGUMENTS
"""From here for each argument: its node, where its code is to be written, where its values begin,
and the variables that it uses of those which the whole may use."""
CODES: Final = 3 * MOST_ARGUMENTS
OFFSETS: Final = 4 * MOST_ARGUMENTS
USES: Final = 5 * MOST_ARGUMENTS
SEEING: Final = 6 * MOST_ARGUMENTS
"""The word of :data:`SEEN` that holds for the function at hand."""
CELL_WORDS: Final = SEEING + 1

CODE_WORDS: Final = 1 << 11
"""Room for the code of one term: it has fewer than 400 nodes, each of at most four words."""

SCRATCH: Final = 1 << 17
"""Words of scratch for one candidate's evaluations: few, so that they stay in the cache. So one
candidate cannot have more new lists than that, and :data:`LEAST_INTERNED` slots, half of them free,
have room for them, as has a quarter of twice as many."""
LEAST_INTERNED: Final = 1 << 18

# ---- progress of a kernel, by word ---------------------------------------------------------------

AT_TURN: Final = 0
"""Position in the list of (state, level)."""
AT_JOB: Final = 1
"""The job within that; -1 before the jobs are planned."""
JOBS: Final = 2
AT_INDEX: Final = 3
"""From here the position in each argument's block; the first is -1 before the first combination."""
NODES: Final = AT_INDEX + MOST_ARGUMENTS
"""Nodes kept so far, entries of the pool, hashes in the table, interned values; and the first free
word of the block, behind interned values."""
VALUES: Final = NODES + 1
HASHES: Final = NODES + 2
INTERNED: Final = NODES + 3
BLOCK_USED: Final = NODES + 4
CANDIDATES: Final = NODES + 5
MATCHES: Final = NODES + 6
PROGRESS_WORDS: Final = MATCHES + 1

# ---- why a kernel returned -----------------------------------------------------------------------

DONE: Final = 0
PAUSED: Final = 1
FULL_NODES: Final = 2
FULL_VALUES: Final = 3
FULL_HASHES: Final = 4
FULL_INTERNED: Final = 5
FULL_BLOCK: Final = 6
FULL_JOBS: Final = 7
FULL_MATCHES: Final = 8
UNMARKED: Final = 9
"""The nodes of the job at hand have to be marked first."""
