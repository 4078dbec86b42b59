"""Plain, slow definitions that the compiled search must agree with: patterns as nested tuples.

A term is a name, ``("$", i)``, ``("#", i)``, ``("lam", body)`` or ``("app", function, argument)``.
"""

import random
from itertools import product


def shifted(term, by, cut=0):
    """Shift the free variables of a term down by ``by``; None if one of them is too low."""
    if isinstance(term, str) or term[0] == "#":
        return term
    if term[0] == "$":
        if term[1] < cut:
            return term
        return ("$", term[1] - by) if term[1] - by >= cut else None
    if term[0] == "lam":
        body = shifted(term[1], by, cut + 1)
        return None if body is None else ("lam", body)
    function, argument = shifted(term[1], by, cut), shifted(term[2], by, cut)
    return None if function is None or argument is None else ("app", function, argument)


def is_closed(term, depth=0):
    if isinstance(term, str) or term[0] == "#":
        return True
    if term[0] == "$":
        return term[1] < depth
    if term[0] == "lam":
        return is_closed(term[1], depth + 1)
    return is_closed(term[1], depth) and is_closed(term[2], depth)


def cost(term):
    """Count as Stitch does; ``#i`` is free, as in the utility."""
    if isinstance(term, str) or term[0] == "$":
        return 100
    if term[0] == "#":
        return 0
    if term[0] == "lam":
        return 1 + cost(term[1])
    return 1 + cost(term[1]) + cost(term[2])


def subterms(term):
    yield term
    if not isinstance(term, str) and term[0] in ("lam", "app"):
        for child in term[1:]:
            yield from subterms(child)


def match(pattern, term, depth=0):
    """Return the arguments as seen from outside, by number; None if the pattern does not match."""
    if not isinstance(pattern, str) and pattern[0] == "#":
        outside = shifted(term, depth)
        return None if outside is None else {pattern[1]: outside}
    if isinstance(pattern, str) or pattern[0] == "$":
        return {} if pattern == term else None
    if isinstance(term, str) or term[0] != pattern[0]:
        return None
    found = {}
    for part, child in zip(pattern[1:], term[1:], strict=True):
        inner = match(part, child, depth + (pattern[0] == "lam"))
        if inner is None or any(found.get(k, v) != v for k, v in inner.items()):
            return None
        found |= inner
    return found


def rewritten_cost(pattern, term, arity, memo):
    """The least cost of ``term`` when each match may be used or not."""
    if term in memo:
        return memo[term]
    if isinstance(term, str) or term[0] == "$":
        best = 100
    elif term[0] == "lam":
        best = 1 + rewritten_cost(pattern, term[1], arity, memo)
    else:
        best = 1 + sum(rewritten_cost(pattern, child, arity, memo) for child in term[1:])
    found = match(pattern, term)
    if found is not None:
        arguments = (rewritten_cost(pattern, found[i], arity, memo) for i in range(arity))
        best = min(best, 100 + arity + sum(arguments))
    memo[term] = best
    return best


def generalisations(term, depth, arity):
    """Yield (pattern, values) for all ways to put arguments, unnumbered, into ``term``."""
    none = frozenset()
    if depth is not None:
        outside = shifted(term, depth)
        if outside is not None and arity:
            yield ("?", outside), frozenset([outside])
    if isinstance(term, str):
        yield term, none
    elif term[0] == "$":
        if term[1] < (depth or 0):
            yield term, none
    elif term[0] == "lam":
        for body, used in generalisations(term[1], (depth or 0) + 1, arity):
            yield ("lam", body), used
    else:
        left = list(generalisations(term[1], depth or 0, arity))
        right = list(generalisations(term[2], depth or 0, arity))
        for (function, a), (argument, b) in product(left, right):
            if len(a | b) <= arity:
                yield ("app", function, argument), a | b


def numberings(pattern, arity):
    """Yield the pattern with its ``?`` numbered in all ways, equal ones together or apart."""
    holes = []

    def collect(part):
        if isinstance(part, str):
            return
        if part[0] == "?":
            holes.append(part[1])
        elif part[0] in ("lam", "app"):
            for child in part[1:]:
                collect(child)

    collect(pattern)

    def assign(i, groups):
        if i == len(holes):
            yield list(groups)
            return
        used = max(groups, default=-1) + 1
        for g in range(min(used + 1, arity)):
            values = {holes[j] for j in range(i) if groups[j] == g}
            if not values or values == {holes[i]}:
                yield from assign(i + 1, [*groups, g])

    for groups in assign(0, []):
        numbers = iter(groups)

        def number(part, numbers=numbers):
            if isinstance(part, str) or part[0] == "$":
                return part
            if part[0] == "?":
                return ("#", next(numbers))
            return (part[0], *(number(child) for child in part[1:]))

        yield number(pattern), max(groups, default=-1) + 1


def best_utility(programs, weights, tasks, arity, penalty=1.0):
    """The highest utility over every pattern that the search may return, by rewriting."""
    patterns = set()
    distinct = {t for program in programs for t in subterms(program)}
    for term in distinct:
        if isinstance(term, str) or term[0] == "$":
            continue
        for pattern, _ in generalisations(term, None, arity):
            patterns.update(numberings(pattern, arity))
    best = 0.0
    for pattern, count in patterns:
        matches = {t: m for t in distinct if (m := match(pattern, t)) is not None}
        where = {
            k for p, k in zip(programs, tasks, strict=True) for t in subterms(p) if t in matches
        }
        if len(where) < 2 or _is_useless(list(matches.values()), count):
            continue
        memo = {}
        before, after = {}, {}
        for program, weight, task in zip(programs, weights, tasks, strict=True):
            new = rewritten_cost(pattern, program, count, memo)
            before.setdefault(task, []).append(weight * cost(program))
            after.setdefault(task, []).append(weight * new)
        saved = sum(min(before[t]) - min(after[t]) for t in before)
        best = max(best, saved - penalty * cost(pattern))
    return best


def _is_useless(matches, count):
    for i in range(count):
        values = [m[i] for m in matches]
        if is_closed(values[0]) and len(set(values)) == 1:
            return True
        if any(all(m[i] == m[j] for m in matches) for j in range(i)):
            return True
    return False


def text(term):
    if isinstance(term, str):
        return term
    if term[0] in "$#":
        return f"{term[0]}{term[1]}"
    if term[0] == "lam":
        return f"(lam {text(term[1])})"
    return f"({text(term[1])} {text(term[2])})"


def random_term(rng: random.Random, size, depth=0, names="fgab", pool=()):
    """Draw a term; sub-terms from ``pool`` make nested and repeated ones likely."""
    if size <= 1 or rng.random() < 0.1:
        if depth and rng.random() < 0.4:
            return ("$", rng.randrange(depth))
        closed = [t for t in pool if is_closed(t)]
        if closed and rng.random() < 0.4:
            return rng.choice(closed)
        return rng.choice(names)
    if rng.random() < 0.25:
        return ("lam", random_term(rng, size - 1, depth + 1, names, pool))
    left = rng.randrange(1, size)
    function = random_term(rng, left, depth, names, pool)
    if rng.random() < 0.3:
        return ("app", ("app", rng.choice(names), function), function)
    return ("app", function, random_term(rng, size - left, depth, names, pool))


def random_corpus(rng: random.Random, count, size, most=100):
    """Draw programs of about ``size`` leaves and at most ``most`` nodes."""
    pool: list = []
    programs = []
    while len(programs) < count:
        program = random_term(rng, size, pool=pool)
        if sum(1 for _ in subterms(program)) > most:
            continue
        pool.extend(t for t in subterms(program) if not isinstance(t, str) and rng.random() < 0.5)
        programs.append(program)
    return programs
