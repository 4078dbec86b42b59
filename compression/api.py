"""Compressing a corpus of program texts: the interface that Stitch's users know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .abstractions import Abstraction, dreamcoder_text
from .corpus import Corpus
from .costs import Costs, node_costs
from .description import description_length
from .equations import Equation, Rewrite, read_equations
from .errors import CompressionError, CorpusError
from .formats import read_abstractions, read_file
from .greedy import Step, greedy
from .modulo import equal_programs
from .reading import read_texts
from .rewriting import apply_abstraction
from .search import SearchConfig
from .sequence import Progress, best_sequence

__all__ = ["CompressionResult", "compress", "compress_file", "rewrite", "rewrite_file"]


@dataclass(frozen=True)
class CompressionResult:
    """What :func:`compress` found.

    Attributes:
        abstractions: what was learned, each after those it uses.
        rewritten: the programs, rewritten with them; beta-equal to the originals, up to equations
            where these were given.
        json: the whole result as plain data, with Stitch's field names.
    """

    abstractions: list[Abstraction]
    rewritten: list[str]
    json: dict[str, Any]

    def __repr__(self) -> str:
        before, after = self.json["original_cost"], self.json["final_cost"]
        ratio = self.json["compression_ratio"]
        rows = [f"{len(self.rewritten)} programs, {before} -> {after} ({ratio:.2f}x)"]
        rows += [f"  {a.name} = {a.body}" for a in self.abstractions]
        return "\n".join(rows)


def compress(
    programs: Sequence[str],
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
    budget: int | None = None,
    beam: int = 1,
    charge_library: bool = False,
    equations: Sequence[Equation] | None = None,
    progress: Progress | None = None,
) -> CompressionResult:
    """Learn abstractions that shorten a corpus, and rewrite it with them.

    Args:
        programs: texts such as ``(lam (f $0 (g a)))``; also ``lambda`` and inline ``#(...)``.
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
        budget: patterns to look at per abstraction; the best so far is taken when it is spent.
        beam: above 1, look for the best library with a beam of this width, the library charged.
        charge_library: look for the library that is cheapest together with the rewritten programs,
            instead of taking the best abstraction at each step. Its bodies are rewritten too, and
            abstractions exchanged as long as it pays. Many times slower; ``beam`` says how many.
        equations: programs may be replaced by others that these make equal, where they compress
            better. ``json["derivations"]`` says how. See :func:`read_equations`.
        progress: called during that search with the number of libraries that were looked at and
            the least total cost so far.

    Returns:
        The abstractions, the rewritten programs, and all figures as JSON.

    Raises:
        CorpusError: if a program cannot be read.
        CompressionError: if an option is out of range.

    >>> result = compress(["(f (g a a) 1)", "(f 2 (g b b))", "(lam (g $0 $0))"])
    >>> result.abstractions
    [Abstraction(name='fn_0', body='(g #0 #0)', arity=1)]
    >>> result.rewritten
    ['(f (fn_0 a) 1)', '(f 2 (fn_0 b))', '(lam (fn_0 $0))']
    """
    costs = Costs(cost_app, cost_lam, cost_prim_default, cost_var, cost_ivar, dict(cost_prim or {}))
    if type(iterations) is not int or iterations < 0:
        raise CompressionError(f"iterations must be a whole number from 0; got {iterations!r}")
    if type(beam) is not int or beam < 1:
        raise CompressionError(f"beam must be a whole number from 1; got {beam!r}")
    config = SearchConfig(
        max_arity=max_arity,
        costs=costs,
        structure_penalty=structure_penalty,
        allow_single_task=allow_single_task,
        budget=budget,
    )
    corpus = Corpus.read(programs, tasks, weights)
    original = corpus.cost(costs)
    derivations: list[tuple[Rewrite, ...]] | None = None
    if equations is not None:

        def learn(texts: list[str]) -> tuple[float, list[Abstraction]]:
            found = compress(
                texts,
                iterations,
                max_arity,
                tasks=tasks,
                weights=weights,
                structure_penalty=structure_penalty,
                allow_single_task=allow_single_task,
                cost_app=cost_app,
                cost_lam=cost_lam,
                cost_var=cost_var,
                cost_ivar=cost_ivar,
                cost_prim_default=cost_prim_default,
                cost_prim=cost_prim,
                budget=budget,
                beam=beam,
                charge_library=charge_library,
                progress=progress,
            )
            return found.json["final_cost"] + found.json["library_cost"], found.abstractions

        chosen, derivations = equal_programs(programs, equations, costs, learn)
        corpus = Corpus.read(chosen, tasks, weights)
    bits = description_length(list(programs))
    abstractions: list[Abstraction] = []
    found: list[dict[str, Any]] = []
    inlined: dict[str, str] = {}
    previous = original
    naming = (abstraction_prefix, previous_abstractions)
    steps: list[Step]
    if beam > 1 or charge_library:
        steps = best_sequence(corpus, config, iterations, beam, *naming, progress)
    else:
        steps = greedy(corpus, config, iterations, *naming)
    for step in steps:
        corpus = step.corpus
        abstractions.append(step.abstraction)
        name = step.abstraction.name
        inlined[name] = dreamcoder_text(step.abstraction, inlined)
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
    rewritten = corpus.texts()
    library = _library_cost(abstractions, costs)
    json: dict[str, Any] = {
        "original_cost": _plain(original),
        "final_cost": _plain(previous),
        "compression_ratio": _ratio(original, previous),
        "library_cost": _plain(library),
        "compression_ratio_with_library": _ratio(original, previous + library),
        "num_abstractions": len(abstractions),
        "description_length": {
            "before": bits,
            "after": description_length(rewritten, [a.body for a in abstractions]),
        },
        "abstractions": found,
        "original": list(programs),
        "rewritten": rewritten,
    }
    if derivations is not None:
        json["derivations"] = [[step.json() for step in steps] for steps in derivations]
    return CompressionResult(abstractions, rewritten, json)


def rewrite(
    programs: Sequence[str],
    abstractions: Sequence[Abstraction],
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

    >>> rewrite(["(f (g a) (g a))"], [Abstraction("two", "(f #0 #0)", 1)]).rewritten
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


def compress_file(
    path: str | Path,
    max_arity: int = 2,
    iterations: int = 3,
    equations: str | Path | None = None,
) -> dict[str, Any]:
    """Compress the corpus in a JSON file (see :func:`read_file`) and return the result as JSON.

    Args:
        path: the corpus.
        max_arity: how many arguments an abstraction may take.
        iterations: how many to learn at most.
        equations: the file of equations to compress modulo (see :func:`read_equations`), if any.

    Raises:
        CorpusError: if the file is no corpus.
        EquationError: if the equations cannot be read.
    """
    given = read_file(path)
    known = None if equations is None else read_equations(equations)
    try:
        return compress(
            given.programs,
            iterations,
            max_arity,
            tasks=given.tasks,
            weights=given.weights,
            equations=known,
        ).json
    except CorpusError as error:
        raise CompressionError(f"{path}: {error}") from None


def rewrite_file(path: str | Path, abstractions: str | Path) -> dict[str, Any]:
    """Rewrite the corpus in a JSON file, and return the result as JSON.

    Args:
        path: the corpus (see :func:`read_file`).
        abstractions: the file of the abstractions (see :func:`read_abstractions`).

    Raises:
        CompressionError: if one of the files is not what it should be, or an abstraction has the
            name of a symbol of the programs.
    """
    given = read_file(path)
    found = read_abstractions(abstractions)
    try:
        return rewrite(given.programs, found, tasks=given.tasks).json
    except CompressionError as error:
        raise CompressionError(f"{path}: {error}") from None


def _library_cost(abstractions: Sequence[Abstraction], costs: Costs) -> float:
    """Return what the bodies cost, their arguments included."""
    if not abstractions:
        return 0.0
    nodes, names, roots = read_texts([a.body for a in abstractions], arguments=True)
    return float(node_costs(nodes, names, costs)[roots].sum())


def _plain(value: float) -> int | float:
    """Return whole numbers as ``int``, so that they print as Stitch's do."""
    return int(value) if float(value).is_integer() else float(value)


def _ratio(before: float, after: float) -> float:
    return before / after if after else 1.0
