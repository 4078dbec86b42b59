"""Compression modulo equations: of all programs equal to the given ones, those that share most.

All programs go into one e-graph, where the equations are applied. Then two steps take turns: find
a library for the programs chosen so far, and choose for each program the equal one that is
cheapest to write with that library (as in babble; Cao et al., POPL 2023). The best library of all
rounds is the result. A program is only replaced after its derivation has been replayed.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from reverie.dsl import Application, Lambda, Symbol, Term, Variable

from ...dsl import Equation, Rewrite, replay, respelt
from ..corpus.corpus import Corpus
from ..corpus.costs import Costs
from ..corpus.pattern import NamedPattern
from ..corpus_errors import CompressionError
from .egraph import EGraph, substituted

__all__ = ["Equal", "EqualPrograms", "equal_programs", "improved"]

ROUNDS = 6  # of applying the equations
ENTRIES = 8  # terms in the e-graph, for each different subterm of the programs
LEAST_ENTRIES, MOST_ENTRIES = 2_000, 60_000
MATCHES = 20_000  # of one abstraction

SKEW = 1e-7  # too little to make a dearer program win

_Way = tuple[Term | None, tuple[int, ...], dict[Symbol, int] | None]


@dataclass(frozen=True)
class Equal:
    """A program, and how it comes from the one that was given.

    Attributes:
        program: the program, its leaves as symbols.
        steps: the derivation, from the program that was given.
    """

    program: Term
    steps: tuple[Rewrite, ...]


class EqualPrograms:
    """Programs, and all that were found equal to them.

    Args:
        corpus: the programs; each leaf is what its name says.
        equations: what may be used.
        costs: what counts.

    Raises:
        CompressionError: if a program nests too deeply for this.
    """

    def __init__(self, corpus: Corpus, equations: Sequence[Equation], costs: Costs) -> None:
        names = corpus.names
        self.given = replace(corpus, leaves={name: Symbol(name) for name in names}).terms()
        self._costs = costs
        leaves = [Symbol(name) for name in sorted(names)]
        self._ranks: dict[Term | None, int] = {leaf: i for i, leaf in enumerate(leaves)}
        self._equations = {e.name: e for e in respelt(equations, names)}
        try:
            graph = EGraph(0)
            self._roots = [graph.add(term) for term in self.given]
            graph.limit = max(LEAST_ENTRIES, min(MOST_ENTRIES, ENTRIES * len(graph)))
            graph.saturate(list(self._equations.values()), ROUNDS)
        except RecursionError:
            raise CompressionError(
                "the programs nest too deeply to be compressed modulo equations"
            ) from None
        self._graph = graph

    def cheapest(self, library: Sequence[NamedPattern] = (), skew: float = 0.0) -> list[Term]:
        """Return for each program the equal one that costs least when written with a library.

        Args:
            library: the abstractions.
            skew: among equally cheap programs, prefer those whose large arguments come last
                (above 0) or first (below), so that what may be swapped comes in one order.
        """
        graph, costs = self._graph, self._costs
        ways: list[tuple[int, float, tuple[int, ...], _Way]] = []
        for number in graph.classes():
            for leaf, children in graph.nodes(number):
                own = self._own(leaf, children) + skew * self._ranks.get(leaf, 0)
                ways.append((number, own, children, (leaf, children, None)))
        for abstraction, body in zip(library, _expanded(library), strict=True):
            own = costs.symbol + costs.apply * abstraction.arity
            found = 0
            for number in graph.classes():
                for bound in graph.matches(body, number):
                    found += 1
                    children = tuple(bound.values())
                    ways.append((number, own, children, (body, children, bound)))
                if found > MATCHES:
                    break
        best: dict[int, tuple[float, _Way]] = {}
        users: dict[int, list[int]] = {}
        for index, (_, _, children, _) in enumerate(ways):
            for child in children:
                users.setdefault(child, []).append(index)
        # A class is written with cheaper ones only, as each way costs something of its own.
        todo = dict.fromkeys(range(len(ways)))
        while todo:
            again: dict[int, None] = {}
            for index in todo:
                number, own_cost, children, way = ways[index]
                if any(c not in best for c in children):
                    continue
                cost = own_cost + sum(best[c][0] for c in children)
                if len(children) == 2 and way[0] is None:
                    cost += skew * best[children[0]][0]
                if number not in best or cost < best[number][0] - 1e-9 * max(1.0, best[number][0]):
                    best[number] = (cost, way)
                    again.update(dict.fromkeys(users.get(number, ())))
            todo = again
        built: dict[int, Term] = {}

        def build(number: int) -> Term:
            if number not in built:
                leaf, children, bound = best[number][1]
                if bound is not None and leaf is not None:
                    terms = {name: build(c) for name, c in bound.items()}
                    built[number] = substituted(leaf, terms)
                elif leaf is not None:
                    built[number] = leaf
                elif len(children) == 1:
                    built[number] = Lambda(build(children[0]))
                else:
                    built[number] = Application(build(children[0]), build(children[1]))
            return built[number]

        return [build(graph.find(root)) for root in self._roots]

    def derived(self, terms: Sequence[Term]) -> list[Equal]:
        """Return programs with their derivations, each replayed.

        Raises:
            CompressionError: if a program is not equal to the one that was given.
        """
        found = []
        for given, root, term in zip(self.given, self._roots, terms, strict=True):
            entry = self._graph.add(term)
            self._graph.rebuild()
            if self._graph.find(entry) != self._graph.find(root):
                raise CompressionError(f"{term} was not found equal to {given}")
            steps = tuple(self._graph.explain(root, entry))
            if replay(given, steps, self._equations) is not term:
                raise CompressionError(f"the derivation of {term} does not end there")
            found.append(Equal(term, steps))
        return found

    def _own(self, leaf: Term | None, children: tuple[int, ...]) -> float:
        if leaf is None:
            return self._costs.lam if len(children) == 1 else self._costs.apply
        if isinstance(leaf, Variable):
            return self._costs.variable
        return self._costs.symbols.get(str(leaf), self._costs.symbol)


def equal_programs(
    corpus: Corpus,
    equations: Sequence[Equation],
    costs: Costs,
    learn: Callable[[Corpus], tuple[float, list[NamedPattern]]],
) -> tuple[Corpus, list[tuple[Rewrite, ...]]]:
    """Return equal programs that compress best, and the derivation of each.

    Args:
        corpus: the programs that were given; they are returned if no others are better.
        equations: what may be used.
        costs: what counts.
        learn: finds a library, and says what it and the rewritten programs cost.
    """
    equal = EqualPrograms(corpus, equations, costs)
    tasks, weights = corpus.tasks.tolist(), corpus.weights.tolist()

    def learned(terms: list[Term]) -> tuple[float, list[NamedPattern]]:
        return learn(Corpus.from_terms(terms, tasks, weights))

    terms = improved(equal, learned)
    if terms is None:
        return corpus, [() for _ in range(len(corpus))]
    steps = [program.steps for program in equal.derived(terms)]
    return Corpus.from_terms(terms, tasks, weights), steps


def improved(
    equal: EqualPrograms,
    learn: Callable[[list[Term]], tuple[float, list[NamedPattern]]],
    rounds: int = 5,
) -> list[Term] | None:
    """Return the programs whose library and rewritten corpus cost least, or None for those given.

    Args:
        equal: what may replace the programs.
        learn: finds a library, and says what it and the rewritten programs cost.
        rounds: how often to choose again after a library was found.
    """
    least, library = learn(equal.given)
    best: list[Term] | None = None
    seen = {tuple(equal.given)}
    for start, skew in itertools.product((library, []), (0.0, SKEW, -SKEW)):
        learned = start
        for _ in range(rounds):
            terms = equal.cheapest(learned, skew)
            if tuple(terms) in seen:
                break
            seen.add(tuple(terms))
            total, learned = learn(terms)
            if total < least:
                least, best = total, terms
    return best


def _expanded(library: Sequence[NamedPattern]) -> list[Term]:
    """Return the bodies, each written without the abstractions before it."""
    known: dict[str, tuple[int, Term]] = {}
    found = []
    for abstraction in library:
        expanded = _inlined(abstraction.pattern.open_term(), known)
        known[abstraction.name] = (abstraction.arity, expanded)
        found.append(expanded)
    return found


def _inlined(term: Term, known: Mapping[str, tuple[int, Term]]) -> Term:
    if isinstance(term, Lambda):
        return Lambda(_inlined(term.body, known))
    arguments: list[Term] = []
    head = term
    while isinstance(head, Application):
        arguments.append(_inlined(head.argument, known))
        head = head.function
    arguments.reverse()
    if isinstance(head, Symbol) and head.name in known:
        arity, body = known[head.name]
        if len(arguments) >= arity:
            names = [Symbol(f"#{i}") for i in range(arity)]
            head = substituted(body, dict(zip(names, arguments[:arity], strict=True)))
            arguments = arguments[arity:]
    elif isinstance(head, Lambda):
        head = _inlined(head, known)
    for argument in arguments:
        head = Application(head, argument)
    return head
