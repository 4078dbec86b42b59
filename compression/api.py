"""Compressing a corpus of program texts: the interface that Stitch's users know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..dsl import Equation, Rewrite
from .corpus.corpus import Corpus
from .corpus.costs import Costs, node_costs
from .corpus.description_length import description_length
from .corpus.pattern import NamedPattern
from .corpus_errors import CompressionError
from .corpus_files import read_corpus
from .equations.saturation import equal_programs
from .library.beam import best_sequence
from .library.greedy import GreedyStep, Progress, greedy
from .library.rewriting import apply_abstraction
from .search.abstraction_search import Candidate, SearchConfig, candidates
from .search.deadline import Deadline

__all__ = [
    "CompressionResult",
    "compress",
    "library_cost",
    "propose",
    "rewrite",
]


@dataclass(frozen=True)
class CompressionResult:
    """What :func:`compress` found.

    Attributes:
        abstractions: what was learned, each after those it uses.
        rewritten: the programs, rewritten with them; beta-equal to the originals, up to equations
            where these were given.
        json: the whole result as plain data, with Stitch's field names.
    """

    abstractions: list[NamedPattern]
    rewritten: list[str]
    json: dict[str, Any]

    def __repr__(self) -> str:
        before, after = self.json["original_cost"], self.json["final_cost"]
        ratio = self.json["compression_ratio"]
        rows = [f"{len(self.rewritten)} programs, {before} -> {after} ({ratio:.2f}x)"]
        rows += [f"  {a.name} = {a.body}" for a in self.abstractions]
        return "\n".join(rows)


def compress(
    programs: Sequence[str] | Mapping[str, Any],
    iterations: int = 1,
    max_arity: int = 2,
    *,
    tasks: Sequence[object] | None = None,
    weights: Sequence[float] | None = None,
    structure_penalty: float = 1.0,
    allow_single_task: bool = False,
    cost_app: int = 1,
    cost_lam: int = 1,
    cost_var: int = 100,
    cost_ivar: int = 100,
    cost_prim_default: int = 100,
    cost_prim: Mapping[str, int] | None = None,
    abstraction_prefix: str = "fn_",
    previous_abstractions: int = 0,
    eta_long: bool = False,
    budget: int | None = None,
    timeout: float | None = None,
    threads: int = 1,
    look_ahead: int = 1,
    beam: int = 1,
    charge_library: bool = False,
    equations: Sequence[Equation] | None = None,
    held_out: Sequence[str] | None = None,
    progress: Progress | None = None,
    silent: bool = True,
) -> CompressionResult:
    """Learn abstractions that shorten a corpus, and rewrite it with them.

    Args:
        programs: texts such as ``(lam (f $0 (g a)))``; also ``lambda`` and inline ``#(...)``. Or
            what a file of programs holds, as read from JSON: ``{"programs", "tasks", "weights"}``,
            or DreamCoder's ``{"DSL", "frontiers", ...}``.
        iterations: how many abstractions to learn at most.
        max_arity: how many arguments each may take.
        tasks: the task of each program. Of a task only the cheapest program counts, and an
            abstraction must be of use in two tasks. Without it each program is a task.
        weights: how much each program counts.
        structure_penalty: how much the body of an abstraction counts against it.
        allow_single_task: allow abstractions that are of use in one task only.
        cost_app, cost_lam, cost_var, cost_ivar, cost_prim_default, cost_prim: what an application,
            a lambda, a variable, an argument in a body, a symbol, and particular symbols cost.
        abstraction_prefix: names are this and a number; names in use are skipped.
        previous_abstractions: the number to begin with.
        eta_long: the programs are in eta-long form, and stay so: no abstraction begins with a
            lambda or stands for a function with arguments missing.
        budget: patterns to look at per abstraction; the best so far is taken when it is spent.
        timeout: after so many seconds the best so far is returned; ``json["stopped_early"]`` and
            the ``gap`` of the last abstraction say so. Loading compiled code counts too.
        threads: how many threads search. Worth it on large corpora and with a beam.
        look_ahead: above 1, steps after the first need not be the best ones: so many sequences of
            good steps are compared, and the one with the cheapest corpus at the end is taken.
        beam: above 1, look for the best library with a beam of this width, the library charged.
        charge_library: look for the library that is cheapest together with the rewritten programs,
            instead of taking the best abstraction at each step. Its bodies are rewritten too, and
            abstractions exchanged as long as it pays. Many times slower; ``beam`` says how many.
        equations: programs may be replaced by others that these make equal, where they compress
            better. ``json["derivations"]`` says how. See :func:`.read_equations`.
        held_out: other programs, to be rewritten with what is found; ``json["held_out"]`` says how
            much shorter they become.
        progress: called with the number of steps, libraries or rounds that there were, and the
            least cost so far; the library counts where it is charged.
        silent: taken for Stitch's sake; nothing is ever printed.

    Returns:
        The abstractions, the rewritten programs, and all figures as JSON.

    Raises:
        CorpusError: if a program cannot be read.
        CompressionError: if an option is out of range.

    >>> result = compress(["(f (g a a) 1)", "(f 2 (g b b))", "(lam (g $0 $0))"])
    >>> result.abstractions
    [NamedPattern(name='fn_0', body='(g #0 #0)', arity=1)]
    >>> result.rewritten
    ['(f (fn_0 a) 1)', '(f 2 (fn_0 b))', '(lam (fn_0 $0))']
    """
    costs = Costs(cost_app, cost_lam, cost_prim_default, cost_var, cost_ivar, dict(cost_prim or {}))
    if type(iterations) is not int or iterations < 0:
        raise CompressionError(f"iterations must be a whole number from 0; got {iterations!r}")
    if type(beam) is not int or beam < 1:
        raise CompressionError(f"beam must be a whole number from 1; got {beam!r}")
    if type(look_ahead) is not int or look_ahead < 1:
        raise CompressionError(f"look_ahead must be a whole number from 1; got {look_ahead!r}")
    seconds: Any = timeout
    if seconds is not None and not (isinstance(seconds, (int, float)) and seconds > 0):
        raise CompressionError(f"timeout must be None or more than 0 seconds; got {timeout!r}")
    if not isinstance(programs, (list, tuple)):
        data: Any = programs
        if isinstance(data, Iterable) and not isinstance(data, (str, bytes, Mapping)):
            data = list(data)
        given = read_corpus(data)
        programs = given.programs
        tasks = given.tasks if tasks is None else tasks
        weights = given.weights if weights is None else weights
    corpus = Corpus.read(programs, tasks, weights)
    others = None if held_out is None else Corpus.read(held_out)
    naming = (abstraction_prefix, previous_abstractions)
    with Deadline(timeout) as stop:
        config = SearchConfig(
            max_arity=max_arity,
            costs=costs,
            structure_penalty=structure_penalty,
            allow_single_task=allow_single_task,
            eta_long=eta_long,
            budget=budget,
            threads=threads,
            stop=stop,
        )

        def learned(corpus: Corpus, progress: Progress | None) -> list[GreedyStep]:
            if beam > 1 or charge_library:
                return best_sequence(corpus, config, iterations, beam, *naming, progress)
            return greedy(
                corpus, config, iterations, *naming, look_ahead=look_ahead, progress=progress
            )

        derivations: list[tuple[Rewrite, ...]] | None = None
        original = corpus.cost(costs)
        if equations is None:
            steps = learned(corpus, progress)
        else:
            totals: list[float] = []

            def learn(chosen: Corpus) -> tuple[float, list[NamedPattern]]:
                steps = learned(chosen, None)
                found = [step.abstraction for step in steps]
                totals.append((steps[-1].cost if steps else original) + library_cost(found, costs))
                if progress is not None:
                    progress(len(totals), min(totals))
                return totals[-1], found

            corpus, derivations = equal_programs(corpus, equations, costs, learn)
            steps = learned(corpus, None)
        json = _result(list(programs), corpus, original, steps, costs)
        json["stopped_early"] = stop.over.is_set()
    if derivations is not None:
        json["derivations"] = [[step.json() for step in steps] for steps in derivations]
    abstractions = [step.abstraction for step in steps]
    if held_out is not None and others is not None:
        json["held_out"] = _on_others(list(held_out), others, abstractions, costs, json)
    return CompressionResult(abstractions, json["rewritten"], json)


def propose(
    programs: Sequence[str],
    count: int = 10,
    max_arity: int = 2,
    *,
    tasks: Sequence[object] | None = None,
    weights: Sequence[float] | None = None,
    structure_penalty: float = 1.0,
    allow_single_task: bool = False,
    eta_long: bool = False,
    costs: Costs | None = None,
) -> list[Candidate]:
    """Return the abstractions that would shorten a corpus most as the next one, best first.

    Args:
        programs, tasks, weights, max_arity: as for :func:`compress`.
        count: how many.
        structure_penalty, allow_single_task, eta_long: as for :func:`compress`.
        costs: what terms cost; Stitch's counting if None.

    >>> [c.body for c in propose([f"(f (g {x}) b)" for x in "acde"], 3)]
    ['(f (g #0) b)', '(f #0 b)', '(f (g #0))']
    """
    config = SearchConfig(
        max_arity=max_arity,
        costs=costs or Costs(),
        structure_penalty=structure_penalty,
        allow_single_task=allow_single_task,
        eta_long=eta_long,
        count=count,
    )
    return candidates(Corpus.read(programs, tasks, weights), config).candidates


def _result(
    programs: list[str], corpus: Corpus, original: float, steps: Sequence[GreedyStep], costs: Costs
) -> dict[str, Any]:
    """Return the figures of a compression, with Stitch's field names."""
    found: list[dict[str, Any]] = []
    inlined: dict[str, str] = {}
    previous = original
    for step in steps:
        name = step.abstraction.name
        inlined[name] = step.abstraction.dreamcoder_text(inlined)
        found.append(
            {
                "name": name,
                "body": step.abstraction.body,
                "arity": step.abstraction.arity,
                "utility": _plain(step.utility),
                "final_cost": _plain(step.cost),
                "compression_ratio": _ratio(previous, step.cost),
                "cumulative_compression_ratio": _ratio(original, step.cost),
                "num_uses": step.uses,
                "dreamcoder": inlined[name],
                "gap": _plain(step.gap),
            }
        )
        previous = step.cost
    final = steps[-1].corpus if steps else corpus
    final_cost = final.cost(costs)
    rewritten = final.texts()
    library = library_cost([step.abstraction for step in steps], costs)
    bodies = [step.abstraction.body for step in steps]
    return {
        "original_cost": _plain(original),
        "final_cost": _plain(final_cost),
        "compression_ratio": _ratio(original, final_cost),
        "library_cost": _plain(library),
        "compression_ratio_with_library": _ratio(original, final_cost + library),
        "num_abstractions": len(steps),
        "description_length": {
            "before": description_length(programs),
            "after": description_length(rewritten, bodies),
        },
        "abstractions": found,
        "original": programs,
        "rewritten": rewritten,
    }


def _on_others(
    programs: list[str],
    corpus: Corpus,
    abstractions: Sequence[NamedPattern],
    costs: Costs,
    learned: Mapping[str, Any],
) -> dict[str, Any]:
    """Return what a library does to programs that it was not learned from."""
    before = corpus.cost(costs)
    for abstraction in abstractions:
        if abstraction.name in corpus.names:
            raise CompressionError(
                f"{abstraction.name} already means something in the held-out programs: choose "
                "another abstraction_prefix"
            )
        corpus = apply_abstraction(corpus, abstraction, costs)
    after, rewritten = corpus.cost(costs), corpus.texts()
    bodies = [abstraction.body for abstraction in abstractions]
    return {
        "original_cost": _plain(before),
        "final_cost": _plain(after),
        "compression_ratio": _ratio(before, after),
        "description_length": {
            "before": description_length(programs, given=learned["original"]),
            "after": description_length(rewritten, given=[*bodies, *learned["rewritten"]]),
        },
        "rewritten": rewritten,
    }


def rewrite(
    programs: Sequence[str],
    abstractions: Sequence[NamedPattern],
    *,
    tasks: Sequence[object] | None = None,
    cost_app: int = 1,
    cost_lam: int = 1,
    cost_var: int = 100,
    cost_prim_default: int = 100,
    cost_prim: Mapping[str, int] | None = None,
) -> CompressionResult:
    """Rewrite programs with given abstractions, in the order given, wherever that is cheaper.

    Raises:
        CorpusError: if a program cannot be read.
        CompressionError: if an abstraction's name already means something in the programs.

    >>> rewrite(["(f (g a) (g a))"], [NamedPattern.read("two", "(f #0 #0)", 1)]).rewritten
    ['(two (g a))']
    """
    costs = Costs(cost_app, cost_lam, cost_prim_default, cost_var, 100, dict(cost_prim or {}))
    corpus = Corpus.read(programs, tasks)
    original = corpus.cost(costs)
    for abstraction in abstractions:
        if abstraction.name in corpus.names:
            raise CompressionError(
                f"{abstraction.name} already means something in the programs: rename one of them"
            )
        corpus = apply_abstraction(corpus, abstraction, costs)
    final = corpus.cost(costs)
    rewritten = corpus.texts()
    json = {
        "original_cost": _plain(original),
        "final_cost": _plain(final),
        "compression_ratio": _ratio(original, final),
        "original": list(programs),
        "rewritten": rewritten,
    }
    return CompressionResult(list(abstractions), rewritten, json)


def library_cost(abstractions: Sequence[NamedPattern], costs: Costs) -> float:
    """Return what the bodies cost, their arguments included."""
    patterns = [abstraction.pattern for abstraction in abstractions]
    each = [node_costs(p.nodes, list(p.names), costs)[p.root] for p in patterns]
    return float(sum(each))


def _plain(value: float) -> int | float:
    """Return whole numbers as ``int``, so that they print as Stitch's do."""
    return int(value) if float(value).is_integer() else float(value)


def _ratio(before: float, after: float) -> float:
    return before / after if after else 1.0
