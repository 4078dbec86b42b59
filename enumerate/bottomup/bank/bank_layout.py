"""How the bank's records lie in arrays of words, shared by the kernels and by Python.

All arrays but the pool are int64, and a record is a row of them. A *node* is one kept program, a
*rule* one rule of the ground grammar, a *state* one of its nonterminals, a *point* the inputs of an
example together with values of the lambda-bound variables in scope, and a *job* the Cartesian
product of some blocks of nodes as the arguments of one rule. A block is a run of consecutive nodes:
those of one state at one cost level.

**A node** is one word, and a record in the *pool*, an array of 32-bit entries: the nodes of its
arguments, and behind them its values, packed as :mod:`.value_interning` says.

===========  =====================================================================================
bits         of a node's word
===========  =====================================================================================
0 to 31      :data:`LOW`: where in the pool its values begin; its arguments lie just before them
32 to 51     its rule: :data:`RULE_SHIFT`, :data:`RULE_MASK`
52 to 63     the variables that it uses: bit 52 + j says that ``$j`` occurs free in it
===========  =====================================================================================

**A dependence** is one word of a rule with a function among its arguments. It says on which
:mod:`.list_projections` of each other argument the result can depend, once it is known which of its
parameters the function uses and whether it can fail. A rule has one word for each such case: see
:data:`DEPENDENCES`. With four arguments:

===========  =====================================================================================
bits         of a word of dependences
===========  =====================================================================================
0 to 15      four for each argument: its projection, whatever the other arguments are
16 to 31     four for each argument: its projection where the lists varied before it are not empty
32 to 35     one for each argument: whether it is such a list
===========  =====================================================================================

**A length bound** is one word of a rule, 0 if nothing is known (see :mod:`.length_bounds`):

===========  =====================================================================================
bits         of a length bound
===========  =====================================================================================
0            1: something is known
1            whether the length is exactly the sum; otherwise it is at most each argument's
2 to 5       one for each argument: whether its length counts
6 to 63      what is added to the sum, with its sign
===========  =====================================================================================
"""

from __future__ import annotations

from typing import Final

from ..analysis.list_projections import PROJECTIONS

__all__: list[str] = []

MOST_ARGUMENTS: Final = 4
"""A rule has at most so many arguments."""

# ---- a node: a word ------------------------------------------------------------------------------

LOW: Final = (1 << 32) - 1
"""The low half of a node's word: where in the pool its values begin."""
RULE_SHIFT: Final = 32
"""Where in a node's word the number of its rule begins."""
RULE_MASK: Final = (1 << 20) - 1
"""The bits of that number."""
USES_SHIFT: Final = 52
"""Where in a node's word the bits of the variables that it uses begin."""

# ---- a rule: a row of words ----------------------------------------------------------------------

COST: Final = 0
"""In units of the ground grammar, at least 1."""
CALL: Final = 1
"""Offset in the block of the code of the production applied to ``$0``, ``$1``, ..., as many as it
has arguments. To evaluate a candidate, its arguments are written where these variables look."""
ARITY: Final = 2
"""The number of arguments."""
RULE_VARIABLE: Final = 3
"""De Bruijn index in the scope, inputs included; -1 for a production."""
IS_CLOSED: Final = 4
"""Whether the rule's state is closed: no lambda-bound variables are in scope."""
STATE: Final = 5
"""The number of the rule's state."""
SLOTS: Final = 6
"""From here for each argument: its state, its closed state or -1, the variables it binds."""
IS_DIRECT: Final = SLOTS + 3 * MOST_ARGUMENTS
"""Whether :func:`.apply_primitive.operate` knows the production, so that nothing is interpreted."""
AT_ROOT: Final = IS_DIRECT + 1
"""What the rule costs more as the head of a program than by itself (bigrams)."""
CORRECTIONS: Final = AT_ROOT + 1
"""From here for each argument two words: where in the array of corrections those of its state's
rules begin, and those of its closed state's rules (bigrams)."""
ORDER: Final = CORRECTIONS + 2 * MOST_ARGUMENTS
"""From here the arguments' numbers, in the order in which they are varied, the slowest first."""
FUNCTIONS: Final = 8
"""The number of subsets of a function's parameters, of which there are at most three."""
DEPENDENCES: Final = ORDER + MOST_ARGUMENTS
"""From here twice :data:`FUNCTIONS` words of dependences, by the parameters that the function among
the arguments uses (bit j: ``$j``): for a function that may fail, then for one that never does."""
NONEMPTY_SHIFT: Final = 4 * MOST_ARGUMENTS
"""In a word of dependences: the projections where the lists varied before are not empty."""
LISTS_SHIFT: Final = 8 * MOST_ARGUMENTS
"""In a word of dependences: which arguments are such lists."""
MARKS_NEEDED: Final = DEPENDENCES + 2 * FUNCTIONS
"""The projections by which its arguments have to be marked: bit v stands for projection v."""
COMMUTES: Final = MARKS_NEEDED + 1
"""Whether the two arguments may change places."""
LENGTH_BOUND: Final = COMMUTES + 1
"""What is known of the result's length."""
LENGTH_ARGUMENTS_SHIFT: Final = 2
"""In a length bound: which arguments' lengths count."""
LENGTH_MORE_SHIFT: Final = LENGTH_ARGUMENTS_SHIFT + MOST_ARGUMENTS
"""In a length bound: what is added to their sum."""
PRODUCTION: Final = LENGTH_BOUND + 1
"""The position of the rule's production in the library; -1 for a variable."""
SKIPS: Final = PRODUCTION + 1
"""Bit j says that some heads of argument ``j`` are skipped, since something simpler is equal."""
SKIPPED_HEADS: Final = SKIPS + 1
"""From here for each argument :data:`HEAD_WORDS` words with a bit for each production: whether it
is skipped as that argument's head."""
HEAD_WORDS: Final = 2
"""Productions beyond the first 128 of a library are never skipped."""
RULE_WORDS: Final = SKIPPED_HEADS + HEAD_WORDS * MOST_ARGUMENTS
"""The length of a rule's row."""

# ---- the marks of nodes: a row of bits for each -------------------------------------------------

NEVER_FAILS: Final = 0
"""The row of marks that says whether a node has a value at all points. The rows from 1 on belong to
the :mod:`.list_projections`; number 0 hides nothing and needs no marks. A node has the mark of a
projection if it is the first of its state with these projected values."""
NEVER_EMPTY: Final = PROJECTIONS
"""The row that says whether all values of a node are lists, none of them empty."""
MARKS: Final = NEVER_EMPTY + 1
"""The number of rows."""

# ---- a state: a row of words ---------------------------------------------------------------------

FIRST_RULE: Final = 0
"""Where its rules begin: they are consecutive."""
END_RULE: Final = 1
"""Where they end."""
FIRST_POINT: Final = 2
"""Where its points begin: they are consecutive, and shared by the states of one scope."""
WIDTH: Final = 3
"""How many points there are: the number of values of each of its nodes."""
SALT: Final = 4
"""Where the hash of a node's values begins, so that equal values in different states differ."""
MARKED_LEVEL: Final = 5
"""The cost level up to which its nodes are marked."""
MARKED_END: Final = 6
"""The node up to which they are."""
STATE_WORDS: Final = 7
"""The length of a state's row."""

# ---- a point: a row of words ---------------------------------------------------------------------

EXAMPLE: Final = 0
"""Its example."""
FRAME: Final = 1
"""Offset of its environment: the lambda-bound variables, then the inputs."""
POINT_WORDS: Final = 2
"""The length of a point's row."""

# ---- a job: a row of words -----------------------------------------------------------------------

JOB_RULE: Final = 0
"""Its rule."""
JOB_CLOSED: Final = 1
"""Bit j says that argument j is a closed term."""
JOB_BLOCKS: Final = 2
"""From here for each argument: first node, number of nodes."""
JOB_WORDS: Final = JOB_BLOCKS + 2 * MOST_ARGUMENTS
"""The length of a job's row."""

# ---- the block's header: words that the evaluator leaves free -----------------------------------

BOUNDED: Final = 22
"""Whether the language bounds the values of programs."""
LEAST_VALUE: Final = 23
"""If so, the least integer."""
MOST_VALUE: Final = 24
"""If so, the largest integer."""
LONGEST_VALUE: Final = 25
"""If so, the length of the longest list."""
SPENT: Final = 26
"""Calls of primitives since the kernel was entered."""
VALUES_ADDRESS: Final = 27
"""The address of the pool."""
CURRENT_EXAMPLE: Final = 28
"""The example that is being evaluated."""
LOOK_UP: Final = 29
"""The address of :func:`.codegen.look_up`."""

# ---- the cells: an environment of arguments, and behind it what they are ------------------------

CHOSEN: Final = 2 * MOST_ARGUMENTS
"""From here for each argument: its node."""
CODES: Final = 3 * MOST_ARGUMENTS
"""From here for each argument: where its code is written, if it is a function."""
OFFSETS: Final = 4 * MOST_ARGUMENTS
"""From here for each argument: where in the pool its values begin."""
USES: Final = 5 * MOST_ARGUMENTS
"""From here for each argument: the variables of the candidate's scope that it uses."""
DEPENDENCE: Final = 6 * MOST_ARGUMENTS
"""The word of :data:`DEPENDENCES` that holds for the function among the arguments; 0 for none."""
CELL_WORDS: Final = DEPENDENCE + 1
"""The length of the cells."""

CODE_WORDS: Final = 1 << 11
"""Room for the code of one term: it has fewer than 400 nodes, each of at most four words."""

SCRATCH: Final = 1 << 17
"""Words of scratch for one candidate's evaluations: few, so that they stay in the cache. So one
candidate cannot have more new lists than that, and :data:`LEAST_INTERNED` slots, half of them free,
have room for them, as has a quarter of twice as many."""
LEAST_INTERNED: Final = 1 << 18
"""Slots of the smallest table of interned values."""

# ---- progress of a kernel, by word ---------------------------------------------------------------

AT_STEP: Final = 0
"""Position in the list of steps, each a state and a cost level."""
AT_JOB: Final = 1
"""The job within that step; -1 before the jobs are planned."""
JOBS: Final = 2
"""How many jobs were planned."""
AT_INDEX: Final = 3
"""From here the position in each argument's block; the first is -1 before the first combination."""
NODES: Final = AT_INDEX + MOST_ARGUMENTS
"""Nodes kept so far."""
VALUES: Final = NODES + 1
"""Entries of the pool in use."""
HASHES: Final = NODES + 2
"""Hashes in the set of what was kept."""
INTERNED: Final = NODES + 3
"""Interned values."""
BLOCK_USED: Final = NODES + 4
"""The first free word of the block, behind interned values."""
CANDIDATES: Final = NODES + 5
"""Candidates evaluated so far."""
MATCHES: Final = NODES + 6
"""Candidates noted that meet the goal."""
PROGRESS_WORDS: Final = MATCHES + 1
"""The length of the array of progress."""

# ---- why a kernel returned -----------------------------------------------------------------------

DONE: Final = 0
"""All steps are done."""
PAUSED: Final = 1
"""There were as many candidates, or as much effort, as was allowed."""
FULL_NODES: Final = 2
"""No room for another node."""
FULL_VALUES: Final = 3
"""No room in the pool."""
FULL_HASHES: Final = 4
"""Three quarters of the set of hashes are in use."""
FULL_INTERNED: Final = 5
"""Too many slots of the table of interned values are in use."""
FULL_BLOCK: Final = 6
"""No room in the block for new values."""
FULL_JOBS: Final = 7
"""No room for the jobs of a step."""
FULL_MATCHES: Final = 8
"""No room for another match: they have to be taken first."""
UNMARKED: Final = 9
"""The nodes that the current job combines have to be marked first."""
