"""The ground grammar: a probabilistic grammar over ground types, with costs in whole units.

There are two automata. :mod:`reverie.enumerate.automaton` is the exact one, over polymorphic types,
for enumeration from the top down and for sampling; bottom-up search needs nonterminals that are
sets of comparable values, so types have to be ground, and costs that are small integers, so that
there are levels to finish.

A *state* (:class:`Nonterminal`) is a hole: a ground type, and the types of the lambda-bound
variables in scope. Polymorphic productions are instantiated at a finite universe of ground types. A
*rule* of a state is one instance of a production, or a variable, with its cost and the states of
its arguments. Two bounds say how far a state has to be built: its *inside bound*, below the cost of
all that fills it, and its *outside cost*, the least cost of a program around it (inside and outside
as for probabilistic context-free grammars, in the tropical semiring; least costs as in Knuth 1977).

The costs approximate the exact prior: they are normalised over what the exact prior offers at the
state's ground type, where the prior may still hold a type variable, and rounded to units. So an
order by these costs is nearly, not exactly, the order of the prior, and what a search finds has to
be scored again.

In a bigram grammar what a head costs depends on where it stands. A state keeps programs once, as if
their head stood where it is cheapest; what it costs more as a certain argument is the *correction*
of that head at that place, and arguments are taken from the programs of each head.

Terms without lambda-bound variables are *closed*. They are built once, in the states with no
variables in scope; the rules of every other state give only terms that use such a variable.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ...dsl import ROOT, Grammar, Substitution, Type, TypeConstructor, canonical
from ..time_limits import check_time

__all__ = ["CLOSED", "UNIT", "GroundGrammar", "Instance", "Nonterminal", "Rule", "Slot"]

UNIT = 0.25
"""Nats in one unit of cost."""

FINE_UNIT = 0.125
"""The same where some heads cost so little that they would all be rounded up."""
SHARP = 0.15
"""Nats: the cost of such a head."""

CLOSED: tuple[Type, ...] = ()
"""The scope in which there are no lambda-bound variables."""

MOST_ARGUMENTS = 4
"""Productions with more arguments are left out, as are functions of more than three."""
MOST_PARAMETERS = 3

MOST_TYPES = 300
"""Ground types that are considered: those that the request and the library name come first."""

MOST_INSTANCES = 200_000
"""Instances of productions that are looked at: of many types and type variables there is no end."""

BETWEEN_LOOKS = 256
"""Instances between two looks at the clock."""

MOST_NESTING = 3
"""With three parameters each there are nine variables, and bits for eleven."""

NEVER = 1 << 20
"""The cost of what cannot be had."""


@dataclass(frozen=True)
class Slot:
    """An argument of a production.

    Attributes:
        type: of the argument, or of the function's result if the argument is a function.
        binds: types of the function's parameters, the last first, so that ``$0`` comes first.
    """

    type: Type
    binds: tuple[Type, ...]


@dataclass(frozen=True)
class Instance:
    """A production at ground types.

    Attributes:
        production: its position in the library.
        slots: its arguments.
        holes: the type that the exact prior asks for at each argument: it may have variables.
    """

    production: int
    slots: tuple[Slot, ...]
    holes: tuple[Type, ...]


@dataclass(frozen=True)
class Rule:
    """One way to fill a hole.

    Attributes:
        cost: in units, at least 1.
        production: position in the library; -1 for a variable.
        variable: de Bruijn index of a lambda-bound variable, or the number of an input; -1 for a
            production.
        slots: for each argument the position of its state, the position of the closed state of
            its type (-1 if that is the same), and the number of variables it binds.
        holes: for each argument the type that the exact prior asks for.
    """

    cost: int
    production: int
    variable: int
    slots: tuple[tuple[int, int, int], ...]
    holes: tuple[Type, ...] = ()


@dataclass
class Nonterminal:
    """A hole: the type of what is wanted, and the types of the variables in scope.

    Attributes:
        type: the type.
        scope: types of the lambda-bound variables, ``$0`` first.
        nesting: how many functions enclose it.
        outside_cost: the least cost, in units, of a program around it.
        inside_bound: a lower bound of the cost of what fills it, in units.
        rules: the ways to fill it; None until they are needed.
    """

    type: Type
    scope: tuple[Type, ...]
    nesting: int
    outside_cost: int
    inside_bound: int
    rules: list[Rule] | None = None


class GroundGrammar:
    """The states that a program of one request may pass through, grown as costs allow.

    Args:
        grammar: the prior to approximate.
        request: the type of the programs wanted, ground.
        nesting: how many functions may stand inside one another, at most 3.
        depth: how deeply the universe's types may be nested (1: lists of base types); by default
            as deeply as the request's, and at least 1.
    """

    def __init__(
        self, grammar: Grammar, request: Type, *, nesting: int = 2, depth: int | None = None
    ) -> None:
        if nesting > MOST_NESTING:
            raise ValueError(f"functions may stand {MOST_NESTING} deep inside one another")
        library = grammar.library
        self.grammar = grammar
        self.inputs = request.parameters
        self.nesting = nesting
        wanted = [*request.parameters, request.result]
        if depth is None:
            depth = max(1, *map(_depth, wanted))
        self.unit = FINE_UNIT if _is_sharp(self.grammar, wanted) else UNIT
        self.universe = _universe([*wanted, *(p.type for p in library.productions)], depth)
        self._instances_left = MOST_INSTANCES
        self._known_heads: dict[tuple[int, Type, int, bool], list[int]] = {}
        self._instances: dict[Type, list[Instance]] = {}
        self._least_open: dict[Type, int] = dict.fromkeys(self.universe, NEVER)
        self._least_closed: dict[Type, int] = dict.fromkeys(self.universe, NEVER)
        self._bound_below()
        self.states: list[Nonterminal] = []
        self._number: dict[tuple[Type, tuple[Type, ...]], int] = {}
        self._waiting: list[tuple[int, int]] = []
        self.root = self._state(request.result, CLOSED, 0)
        self._expand(self.root)
        self._propagate_outside(self.root, 0)

    # ---- growing --------------------------------------------------------------------------------

    def reach(self, cost: int) -> list[int]:
        """Return the states that programs of ``cost`` units can use, the innermost first."""
        while self._waiting and self._waiting[0][0] <= cost:
            _, number = heapq.heappop(self._waiting)
            state = self.states[number]
            if state.rules is None:
                self._expand(number)
            self._propagate_outside(number, state.outside_cost)
        found = [
            number
            for number, state in enumerate(self.states)
            if state.rules is not None and state.outside_cost + state.inside_bound <= cost
        ]
        return sorted(found, key=lambda number: -self.states[number].outside_cost)

    def size(self, cost: int) -> float:
        """Return how many programs of the wanted type there are of at most so many units.

        Without bigrams. Equal ones count each, and so does a closed term in each scope.
        """
        levels = range(1, cost + 1)
        ways: dict[int, NDArray[np.float64]] = {}
        reached = [n for n, state in enumerate(self.states) if state.rules is not None]
        for number in reached:
            ways[number] = np.zeros(cost + 1)
        for level in levels:
            for number in reached:
                state = self.states[number]
                assert state.rules is not None
                for rule in state.rules:
                    rest = level - rule.cost
                    if rest < len(rule.slots):
                        continue
                    if not rule.slots:
                        ways[number][level] += rest == 0
                        continue
                    ways[number][level] += self._products(rule, rest, ways, bool(state.scope))
        return float(ways[self.root].sum())

    def _products(
        self, rule: Rule, rest: int, ways: dict[int, NDArray[np.float64]], inner: bool
    ) -> float:
        """Return in how many ways a rule's arguments can cost ``rest`` together.

        In a scope of variables, terms that use none of them are counted where they are closed.
        """

        def product(closed_only: bool) -> float:
            total = np.zeros(rest + 1)
            total[0] = 1.0
            for state, closed, _ in rule.slots:
                each = np.zeros(rest + 1)
                for child in (closed,) if closed_only else (state, closed):
                    if child in ways:
                        each += ways[child][: rest + 1]
                total = np.convolve(total, each)[: rest + 1]
            return float(total[rest])

        return product(False) - (product(True) if inner else 0.0)

    def _state(self, type: Type, scope: tuple[Type, ...], nesting: int) -> int:
        key = type, scope
        found = self._number.get(key)
        if found is None:
            found = self._number[key] = len(self.states)
            least = self._least_open if scope else self._least_closed
            self.states.append(Nonterminal(type, scope, nesting, NEVER, least[type]))
        return found

    def _propagate_outside(self, number: int, offset: int) -> None:
        """Tell the states of the arguments of a state's rules what a program around them costs."""
        state = self.states[number]
        assert state.rules is not None
        for rule in state.rules:
            least = [self._least(*slot[:2]) for slot in rule.slots]
            around = offset + rule.cost + sum(least)
            for slot, inner in zip(rule.slots, least, strict=True):
                for child in slot[:2]:
                    if child >= 0 and around - inner < self.states[child].outside_cost:
                        self.states[child].outside_cost = around - inner
                        key = around - inner + self.states[child].inside_bound
                        if key < NEVER:
                            heapq.heappush(self._waiting, (key, child))

    def _least(self, state: int, closed: int) -> int:
        least = self.states[state].inside_bound
        return least if closed < 0 else min(least, self.states[closed].inside_bound)

    def _expand(self, number: int) -> None:
        """Make the rules of a state."""
        state = self.states[number]
        rules = []
        in_scope = [*state.scope, *self.inputs]
        count = in_scope.count(state.type)
        heads = self._cheapest_heads(state.type, count > 0)
        variables = state.scope or self.inputs
        if count:
            cost = self._units(heads[-1] + math.log(count))
            rules += [
                Rule(cost, -1, index, ()) for index, t in enumerate(variables) if t is state.type
            ]
        for instance in self.instances(state.type):
            if state.scope and not instance.slots:
                continue
            if any(slot.binds for slot in instance.slots) and state.nesting >= self.nesting:
                continue
            nats = heads[instance.production]
            slots = []
            for slot, hole in zip(instance.slots, instance.holes, strict=True):
                scope = slot.binds + state.scope
                visible = slot.binds + tuple(in_scope)
                if hole is not slot.type and not self.grammar.is_bigram:
                    nats += self.grammar.normaliser(0, hole, bool(visible))
                    nats -= self.grammar.normaliser(0, slot.type, slot.type in visible)
                nesting = state.nesting + bool(slot.binds)
                inner = self._state(slot.type, scope, nesting)
                closed = self._state(slot.type, CLOSED, 0) if scope else -1
                slots.append((inner, closed, len(slot.binds)))
            rules.append(
                Rule(self._units(nats), instance.production, -1, tuple(slots), instance.holes)
            )
        state.rules = rules

    def _units(self, nats: float) -> int:
        return max(1, round(nats / self.unit)) if math.isfinite(nats) else NEVER

    # ---- bigrams --------------------------------------------------------------------------------

    def corrections(self, rule: Rule, argument: int, child: int) -> list[int]:
        """Return what a state's rules cost more as an argument of a rule than by themselves.

        Args:
            rule: the parent.
            argument: its number.
            child: the state's number.

        Returns:
            For each of the state's rules the correction, in units.
        """
        state = self.rules_of(child)
        assert state.rules is not None
        row = self.grammar.row(rule.production, argument)
        visible = [*state.scope, *self.inputs]
        count = visible.count(state.type)
        costs = self._heads(row, rule.holes[argument], count, bool(visible))
        return [costs[inner.production] - inner.cost for inner in state.rules]

    def corrections_at_root(self) -> list[int]:
        """Return what the rules of the wanted type cost more at the root than by themselves."""
        state = self.rules_of(self.root)
        assert state.rules is not None
        count = self.inputs.count(state.type)
        costs = self._heads(self.grammar.row(ROOT), state.type, count, bool(self.inputs))
        return [costs[rule.production] - rule.cost for rule in state.rules]

    def _heads(self, row: int, hole: Type, count: int, visible: bool) -> list[int]:
        """Return what each production costs at a hole, in units; the variables come last."""
        key = row, hole, count, visible
        found = self._known_heads.get(key)
        if found is None:
            # A hole of a type yet open takes any variable.
            variable = count > 0 or (visible and bool(hole.variables))
            nats = self.grammar.normaliser(row, hole, variable) - self.grammar.weights[row]
            nats[-1] += math.log(max(count, 1))
            found = self._known_heads[key] = [self._units(float(x)) for x in nats]
        return found

    def rules_of(self, number: int) -> Nonterminal:
        """Return a state, with its rules made."""
        if self.states[number].rules is None:
            self._expand(number)
        return self.states[number]

    # ---- instances ------------------------------------------------------------------------------

    def instances(self, type: Type) -> list[Instance]:
        """Return the instances of productions that return a ground type."""
        found = self._instances.get(type)
        if found is None:
            found = self._instances[type] = [
                instance
                for production in self.grammar.library.candidates(type)
                for instance in self._instantiate(production, type)
            ]
        return found

    def _instantiate(self, production: int, type: Type) -> Iterator[Instance]:
        declared = self.grammar.library.productions[production].type
        if len(declared.parameters) > MOST_ARGUMENTS or declared.result.is_arrow:
            return
        substitution = Substitution(max(declared.variables, default=-1) + 1)
        substitution.unify(declared.result, type)
        declared = substitution.apply(declared)
        if any(_is_deep(parameter) for parameter in declared.parameters):
            return
        for images in product(self.universe, repeat=len(declared.variables)):
            if self._instances_left == 0:
                return
            self._instances_left -= 1
            if self._instances_left % BETWEEN_LOOKS == 0:
                check_time()
            chosen = dict(zip(declared.variables, images, strict=True))
            slots, holes = [], []
            known: dict[int, Type] = {}
            for parameter in declared.parameters:
                ground = parameter.replace(chosen)
                slots.append(Slot(ground.result, ground.parameters[::-1]))
                holes.append(canonical([parameter.result.replace(known)])[0])
                known |= {v: chosen[v] for v in parameter.variables}
            used = [t for slot in slots for t in (slot.type, *slot.binds)]
            if all(t in self._least_open for t in used):
                yield Instance(production, tuple(slots), tuple(holes))

    def _bound_below(self) -> None:
        """Find lower bounds of the cost of each type's terms, closed and not, as a fixpoint."""
        cheapest = {}
        for wanted in self.universe:
            nats = self._cheapest_heads(wanted, False)
            nats[-1] = self._cheapest_heads(wanted, True)[-1]
            cheapest[wanted] = list(map(self._units, nats))
        changed = True
        while changed:
            changed = False
            for wanted in self.universe:
                check_time()
                heads = cheapest[wanted]
                best_open = heads[-1]
                best_closed = heads[-1] if wanted in self.inputs else NEVER
                for instance in self.instances(wanted):
                    # The corrections for holes of polymorphic type are never negative.
                    inner_open = inner_closed = heads[instance.production]
                    for slot in instance.slots:
                        either = min(self._least_open[slot.type], self._least_closed[slot.type])
                        inner_open += either
                        inner_closed += either if slot.binds else self._least_closed[slot.type]
                    best_open = min(best_open, inner_open)
                    best_closed = min(best_closed, inner_closed)
                for table, best in (
                    (self._least_open, best_open),
                    (self._least_closed, best_closed),
                ):
                    if best < table[wanted]:
                        table[wanted] = best
                        changed = True

    def _cheapest_heads(self, wanted: Type, variable: bool) -> list[float]:
        """Return what each production costs at a type where it is cheapest, in nats.

        The variables come last; they are among the candidates if ``variable`` says so.
        """
        nats = [
            self.grammar.normaliser(row, wanted, variable) - weights
            for row, weights in enumerate(self.grammar.weights)
        ]
        found: list[float] = np.min(nats, axis=0).tolist()
        return found


def _is_sharp(grammar: Grammar, wanted: list[Type]) -> bool:
    """Say whether there is a head that costs next to nothing, at any of some types."""
    return any(
        grammar.normaliser(row, asked, True) - float(grammar.weights[row, column]) < SHARP
        for asked in dict.fromkeys(wanted)
        for row in range(len(grammar.weights))
        for column in (*grammar.library.candidates(asked), len(grammar.library))
    )


def _depth(type: Type) -> int:
    """Return how deeply a type is nested: 0 for ``int``, 1 for ``list(int)``."""
    return 1 + max(map(_depth, type.arguments)) if type.arguments else 0


def _is_deep(parameter: Type) -> bool:
    """Say whether a parameter is a function of functions, or of too many arguments."""
    inner = parameter.parameters
    return len(inner) > MOST_PARAMETERS or any(t.is_arrow for t in inner)


def _ground_parts(t: Type, depth: int) -> Iterator[Type]:
    """Yield the ground types within a type, functions aside, the innermost first."""
    if isinstance(t, TypeConstructor):
        for argument in t.arguments:
            yield from _ground_parts(argument, depth)
        functions = t.is_arrow or any(a.is_arrow for a in t.arguments)
        if not (functions or t.variables) and _depth(t) <= depth:
            yield t


def _universe(types: list[Type], depth: int) -> tuple[Type, ...]:
    """Return the ground types over the constructors of ``types``, nested up to ``depth`` deep."""
    shapes: dict[str, int] = {}
    pending = list(types)
    while pending:
        found_type = pending.pop()
        if isinstance(found_type, TypeConstructor):
            if not found_type.is_arrow:
                shapes[found_type.name] = len(found_type.arguments)
            pending += found_type.arguments
    found: dict[Type, None] = {TypeConstructor(n): None for n in sorted(shapes) if not shapes[n]}
    for asked in types:
        found |= dict.fromkeys(_ground_parts(asked, depth))
    for _ in range(depth):
        for name in sorted(shapes):
            if shapes[name]:
                for arguments in product(tuple(found), repeat=shapes[name]):
                    made = TypeConstructor(name, arguments)
                    if _depth(made) <= depth:
                        found[made] = None
                    if len(found) >= MOST_TYPES:
                        return tuple(found)
    return tuple(found)
