"""The compiled search for one abstraction: corpus-guided and top-down (Bowers et al., POPL 2023).

It goes through patterns (see ``patterns``) depth-first, the child with the best bound first. To
expand a hole is to group the rows of the pattern's table by one column and to gather; the child's
table goes on top of the stack, so the search needs little memory and no table of all (sub-term,
path) pairs.

It is one long function because its stacks grow inside it, and calls that pass them cost more than
what they would do.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...dsl import kernel
from ..corpus.kernel_types import BOOL, INT, LONGS, MEMO, REAL, REALS, longer
from ..corpus.nodes import Memo, Reals, bits
from .patterns import (
    APPLY_HEAD,
    FIRST_LEAF_HEAD,
    LAMBDA_HEAD,
    PROBLEM,
    PatternTables,
    argument_token,
    exact_utility,
    is_useless,
    lifted_value,
    lower,
)
from .top_k import TopPatterns, cutoff_of, insert, sort

__all__ = ["search"]


_SPLIT = 6  # patterns with so many tokens are shared out among threads
_EQUAL = 1e-6  # utilities closer than this, or this part of one, may be equal


@kernel(
    *(PROBLEM, INT, INT, LONGS, REAL, BOOL, BOOL, INT, REAL, REAL, INT),
    *(MEMO, REALS, REALS, INT, INT),
)
def search(
    p: PatternTables,
    max_arity: int,
    max_lift: int,
    prices: NDArray[np.int64],
    penalty: float,
    single_task: bool,
    eta_long: bool,
    wanted: int,
    floor: float,
    spread: float,
    budget: int,
    memo: Memo,
    shared: Reals,
    stop: Reals,
    part: int,
    parts: int,
) -> TopPatterns:
    """Return the ``wanted`` abstractions of highest utility above ``floor``.

    Args:
        p: the corpus.
        max_arity: the largest number of arguments.
        max_lift: how many of the pattern's variables an argument may be a function of.
        prices: the costs of the abstraction's name, an application, a lambda, a variable.
        penalty: how much the cost of the body counts.
        single_task: whether abstractions that match in one task only are allowed.
        eta_long: never put an argument in the place of a function that is applied.
        wanted: how many to return.
        floor: only those with a higher utility.
        spread: only those less than this below the best.
        budget: stop after looking at this many patterns.
        memo: see ``renamed``; from the making of ``p``.
        shared: float64 (1,), the same for all threads: a utility up to which none is wanted, as one
            of them has found enough that are higher.
        stop: float64 (1,): set from another thread to something else than 0, it ends the search.
        part, parts: look only at this part of the patterns, where other threads look at the others.
    """
    count = p.head.size
    name_cost, apply_cost, lambda_cost, variable_cost = prices
    heads = p.head_cost.size
    variables = p.variables[0]
    saving = np.zeros(count + 1, np.int64)
    tally = np.zeros(heads, np.int64)
    touched = np.empty(heads, np.int64)

    utility = np.full(wanted, floor)
    start = np.zeros(wanted, np.int64)
    length = np.zeros(wanted, np.int64)
    kept = np.empty(1024, np.int32)
    kept_size = 0
    found = 0
    cutoff = floor

    table = np.empty(65536, np.int32)
    # Per level of the stack: base, rows, arguments, holes, end of table, next child, last child.
    level = np.zeros((256, 7), np.int64)
    spent = np.zeros(256)  # the cost of the body so far
    path = np.zeros(256, np.int32)
    child_token = np.empty(1024, np.int64)
    child_start = np.empty(1024, np.int64)
    child_rows = np.empty(1024, np.int64)
    child_bound = np.empty(1024, np.float64)

    dense = 2
    steps = 0
    # Whole closed nodes first: they are quick and give the search a cutoff.
    for node in p.places:
        if p.free[node] > 0 or stop[0] != 0:
            continue
        if p.task[node] >= 0 and not single_task:
            continue
        rest = p.cost[node] - name_cost
        price = penalty * p.cost[node]
        if rest <= 0 or p.weight[node] * rest - price <= cutoff:
            continue
        table[0] = node
        table[1] = rest
        value = exact_utility(p, table, 0, 1, 0, price, saving)
        if value <= cutoff:
            continue
        if kept_size >= kept.size:
            kept = longer(kept, kept_size, 2 * kept.size)
        kept[kept_size] = heads + node
        found = insert(utility, start, length, found, value, kept_size, 1)
        kept_size += 1
        cutoff = max(cutoff, cutoff_of(utility, found, spread))

    # The first level: one hole, which is the place itself.
    rows = p.places.size
    while table.size < 4 * rows + 64:
        table = np.empty(2 * table.size, np.int32)
    for row in range(rows):
        node = p.places[row]
        table[row] = node
        table[rows + row] = p.cost[node] - name_cost
        table[2 * rows + row] = node
    table[3 * rows] = 0  # the number of binders around the hole
    level[0, 0] = 0
    level[0, 1] = rows
    level[0, 3] = 1
    level[0, 4] = 3 * rows + 1
    level[0, 5] = -1
    top = 0
    children = 0
    if rows == 0:
        top = -1

    while top >= 0:
        base, rows = level[top, 0], level[top, 1]
        arguments, holes = level[top, 2], level[top, 3]
        column = base + (2 + arguments + holes - 1) * rows
        depths = base + (2 + arguments + holes) * rows
        depth = table[depths + holes - 1] & 0xFFFF
        is_function = table[depths + holes - 1] != depth

        if level[top, 5] == -1:
            # Expand: group the rows by what the last hole holds, and bound each group.
            level[top, 5] = children
            first_child = children
            order = level[top, 4]
            if order + rows + heads + 64 > table.size:
                table = longer(table, order, 2 * (order + rows + heads + 64))
            if children + heads + 128 * (arguments + 2) > child_token.size:
                room = 2 * (children + heads + 128 * (arguments + 2))
                child_token = longer(child_token, children, room)
                child_start = longer(child_start, children, room)
                child_rows = longer(child_rows, children, room)
                child_bound = longer(child_bound, children, room)
            node = table[column]
            same = p.free[node] == 0
            if same:
                for row in range(1, rows):
                    if table[column + row] != node:
                        same = False
                        break
            if same:
                # One closed term everywhere: to make it an argument, or part of it, is useless.
                total = -penalty * (spent[top] + p.cost[node])
                for row in range(rows):
                    rest = table[base + rows + row]
                    if rest > 0:
                        total += p.weight[table[base + row]] * rest
                if total > cutoff:
                    child_token[children] = heads + node
                    child_start[children] = -1
                    child_rows[children] = rows
                    child_bound[children] = total
                    children += 1
            else:
                kinds = 0
                for row in range(rows):
                    h = p.head[table[column + row]]
                    if tally[h] == 0:
                        touched[kinds] = h
                        kinds += 1
                    tally[h] += 1
                at = order
                for k in range(kinds):
                    h = touched[k]
                    child_token[children + k] = h
                    child_start[children + k] = at
                    child_rows[children + k] = tally[h]
                    child_bound[children + k] = -penalty * (spent[top] + p.head_cost[h])
                    at += tally[h]
                    tally[h] = children + k
                for row in range(rows):
                    k = tally[p.head[table[column + row]]]
                    table[child_start[k]] = row
                    child_start[k] += 1
                    rest = table[base + rows + row]
                    if rest > 0:
                        child_bound[k] += p.weight[table[base + row]] * rest
                last = children
                for k in range(kinds):
                    h = touched[k]
                    tally[h] = 0
                    i = first_child + k
                    i_start = child_start[i] - child_rows[i]
                    if depth <= h - FIRST_LEAF_HEAD < variables:  # bound outside the pattern
                        continue
                    if child_bound[i] > cutoff:
                        child_token[last] = h
                        child_start[last] = i_start
                        child_rows[last] = child_rows[i]
                        child_bound[last] = child_bound[i]
                        last += 1
                children = last
                if top > 0 and not is_function:
                    # Arguments: those there are, then a new one; each for every set of binders.
                    masks = 1
                    if max_lift > 0 and 0 < depth < 8:
                        masks = 1 << depth
                    for choice in range(masks * (arguments + (1 if arguments < max_arity else 0))):
                        a, mask = choice // masks, choice % masks
                        parameters = bits(mask)
                        if a < arguments:
                            if parameters != table[depths + holes + a]:
                                continue
                        elif parameters > max_lift:
                            continue
                        total = -penalty * (spent[top] + parameters * (apply_cost + variable_cost))
                        matching = 0
                        exact = mask == 0  # some place uses all of the binders in the set
                        for row in range(rows):
                            node = table[column + row]
                            rest = table[base + rows + row]
                            if mask == 0:
                                value_id = lower(p, node, depth)
                            else:
                                value_id = lifted_value(p, node, depth, mask, memo)
                            if value_id < 0:
                                if value_id == -2:
                                    return TopPatterns(utility, start, length, kept, -1, 0.0)
                                continue
                            if a < arguments:
                                if value_id != table[base + (2 + a) * rows + row]:
                                    continue
                            else:
                                rest -= p.cost[node] + apply_cost + parameters * lambda_cost
                                if mask and (p.mask[node] & mask) == mask:
                                    exact = True
                            matching += 1
                            if rest > 0:
                                total += p.weight[table[base + row]] * rest
                        if matching > 0 and total > cutoff and (exact or a < arguments):
                            child_token[children] = argument_token(a, mask)
                            child_start[children] = -1
                            child_rows[children] = matching
                            child_bound[children] = total
                            children += 1
            sort(child_token, child_start, child_rows, child_bound, first_child, children)
            level[top, 6] = order + rows

        if children == level[top, 5]:
            top -= 1
            continue
        if steps >= budget or stop[0] != 0:
            break
        cutoff = max(cutoff, shared[0])
        children -= 1
        if child_bound[children] <= cutoff:
            children = level[top, 5]
            top -= 1
            continue
        steps += 1

        # Build the child's table on top of the stack.
        token = child_token[children]
        new_rows = child_rows[children]
        new_arguments = arguments
        new_holes = holes - 1
        known = np.int64(-1)  # the function of an application, where it is one closed term
        if token == APPLY_HEAD:
            new_holes += 2
            pick = child_start[children]
            function = p.left[table[column + table[pick]]]
            if p.free[function] == 0:
                row = 1
                while row < new_rows and p.left[table[column + table[pick + row]]] == function:
                    row += 1
                if row == new_rows:
                    known = np.int64(function)
                    new_holes -= 1
                    token = heads + count + known
        elif token == LAMBDA_HEAD:
            new_holes += 1
        argument, mask, parameters = 0, 0, 0
        if token < 0:
            argument, mask = (-1 - token) % 64, (-1 - token) // 64
            parameters = bits(mask)
            if argument == arguments:
                new_arguments += 1
        new_base = level[top, 6]
        end = new_base + (3 + new_arguments + new_holes) * (new_rows + 1) + new_holes
        if end > table.size:
            table = longer(table, new_base, 2 * end)
        columns = 2 + arguments + holes - 1  # those that stay, the expanded hole excluded
        if child_start[children] >= 0:
            pick = child_start[children]
            for c in range(columns):
                source = base + c * rows
                target = (
                    new_base
                    + (c if c < 2 + arguments else c + new_arguments - arguments) * new_rows
                )
                for row in range(new_rows):
                    table[target + row] = table[source + table[pick + row]]
            if known >= 0:
                one = new_base + columns * new_rows
                for row in range(new_rows):
                    table[one + row] = p.right[table[column + table[pick + row]]]
            elif token == APPLY_HEAD:
                one = new_base + columns * new_rows
                for row in range(new_rows):
                    node = table[column + table[pick + row]]
                    table[one + row] = p.left[node]
                    table[one + new_rows + row] = p.right[node]
            elif token == LAMBDA_HEAD:
                one = new_base + columns * new_rows
                for row in range(new_rows):
                    table[one + row] = p.left[table[column + table[pick + row]]]
        else:
            at = 0
            for row in range(rows):
                value_id = 0
                if token < 0:
                    if mask == 0:
                        value_id = lower(p, table[column + row], depth)
                    else:
                        value_id = lifted_value(p, table[column + row], depth, mask, memo)
                    if value_id < 0:
                        continue
                    at_argument = base + (2 + argument) * rows + row
                    if argument < arguments and value_id != table[at_argument]:
                        continue
                for c in range(columns):
                    target = c if c < 2 + arguments else c + new_arguments - arguments
                    table[new_base + target * new_rows + at] = table[base + c * rows + row]
                if new_arguments > arguments:
                    table[new_base + (2 + arguments) * new_rows + at] = value_id
                    price_here = p.cost[table[column + row]] + apply_cost
                    table[new_base + new_rows + at] -= price_here + parameters * lambda_cost
                at += 1
        new_depths = new_base + (2 + new_arguments + new_holes) * new_rows
        for k in range(holes - 1):
            table[new_depths + k] = table[depths + k]
        if token == APPLY_HEAD:
            table[new_depths + holes - 1] = depth | (0x10000 if eta_long else 0)
            table[new_depths + holes] = depth
        elif known >= 0:
            table[new_depths + holes - 1] = depth
        elif token == LAMBDA_HEAD:
            table[new_depths + holes - 1] = depth + 1
        lifts = new_depths + new_holes
        for a in range(arguments):
            table[lifts + a] = table[depths + holes + a]
        if new_arguments > arguments:
            table[lifts + arguments] = parameters

        if not single_task:
            task = p.task[table[new_base]]
            row = 0
            if task >= 0:
                row = 1
                while row < new_rows and p.task[table[new_base + row]] == task:
                    row += 1
            if row == new_rows:
                continue
        if new_rows == 1 and p.free[table[new_base]] == 0:
            continue
        if is_useless(p, table, new_base, new_rows, new_arguments, lifts):
            continue

        cost_here = np.int64(0)
        if known >= 0:
            cost_here = np.int64(p.cost[known] + p.head_cost[APPLY_HEAD])
        elif token >= heads:
            cost_here = p.cost[token - heads]
        elif token >= 0:
            cost_here = p.head_cost[token]
        else:
            cost_here = parameters * (apply_cost + variable_cost)
        if new_holes > 0:
            if parts > 1 and top + 1 == _SPLIT:
                mixed = np.uint64(token + 1)
                for k in range(1, top + 1):
                    mixed = (mixed * np.uint64(0x9E3779B97F4A7C15)) ^ np.uint64(path[k])
                if np.int64(mixed >> np.uint64(33)) % parts != part:
                    continue
            if dense * new_rows > count - table[new_base]:
                # Where the places are many they overlap, and the sum over them says little. With
                # open holes counted as free, the exact utility is a bound too; it costs a sweep.
                body = penalty * (spent[top] + cost_here)
                bound = exact_utility(p, table, new_base, new_rows, new_arguments, body, saving)
                if bound <= cutoff:
                    continue
            top += 1
            if top + 1 >= level.shape[0]:
                deeper = np.empty((2 * top + 2, 7), np.int64)
                for i in range(top):
                    for k in range(7):
                        deeper[i, k] = level[i, k]
                level = deeper
                spent = longer(spent, top, 2 * top + 2)
                path = longer(path, top, 2 * top + 2)
            level[top, 0] = new_base
            level[top, 1] = new_rows
            level[top, 2] = new_arguments
            level[top, 3] = new_holes
            level[top, 4] = end
            level[top, 5] = -1
            spent[top] = spent[top - 1] + cost_here
            path[top] = token
            continue

        price = penalty * (spent[top] + cost_here)
        value = exact_utility(p, table, new_base, new_rows, new_arguments, price, saving)
        if value <= cutoff:
            continue
        if kept_size + top + 1 >= kept.size:
            kept = longer(kept, kept_size, 2 * (kept.size + top + 1))
        for k in range(1, top + 1):
            kept[kept_size + k - 1] = path[k]
        kept[kept_size + top] = token
        found = insert(utility, start, length, found, value, kept_size, top + 1)
        kept_size += top + 1
        cutoff = max(cutoff, cutoff_of(utility, found, spread))
        shared[0] = max(shared[0], cutoff - _EQUAL * max(1.0, abs(cutoff)))

    while found > 1 and utility[found - 1] <= utility[0] - spread:
        found -= 1
    bound = -np.inf
    for i in range(children):
        bound = max(bound, child_bound[i])
    return TopPatterns(
        utility[:found], start[:found], length[:found], kept[:kept_size], steps, bound
    )
