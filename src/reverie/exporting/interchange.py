"""Runs and libraries in the formats of other systems, and in one of our own: both ways.

- ``json``: ours, versioned: library, weights, tasks, programs, rounds.
- ``dreamcoder``: what DreamCoder's compressor reads and replies, ``{"DSL", "frontiers"}`` (Ellis et
  al., PLDI 2021).
- ``stitch``: the fields of Stitch's results (Bowers et al., POPL 2023); arguments are ``#0``, ...

Definitions are read as programs of a domain, and nothing of a file is run.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..compression import Pattern, read_abstractions
from ..compression.corpus import Corpus, Costs
from ..dsl import (
    Abstraction,
    Column,
    Domain,
    Grammar,
    Lambda,
    Library,
    ReverieError,
    Symbol,
    Term,
    Variable,
    apply,
    beta_normal,
    fresh_name,
    grammar_by_name,
    inline,
    map_leaves,
    parse_type,
    read_json,
    read_text,
    type_to_json,
)
from ..run.run import Run, record_of_run
from ..store.store import as_stored

__all__ = ["FORMAT", "read_grammar", "record_of_export", "to_dreamcoder", "to_json", "to_stitch"]

FORMAT, VERSION = "reverie-run", 1


# ---- our own -------------------------------------------------------------------------------------


def to_json(run: Run) -> str:
    """Return a run in our own format, which :func:`read_grammar` reads."""
    library, uses = run.library, run.uses()
    data = {
        "format": FORMAT,
        "version": VERSION,
        "domain": run.domain.name,
        "library": {
            "primitives": [{"name": p.name, "type": str(p.type)} for p in library.primitives],
            "abstractions": [
                {
                    "name": name,
                    "type": str(library.type_of(abstraction)),
                    "body": library.show(abstraction.body),
                    "definition": str(abstraction),
                    "saving": run.savings.get(name),
                    "uses": uses[name],
                }
                for name, abstraction in library.abstractions.items()
            ],
            "weights": run.grammar.weights.tolist(),
        },
        "history": record_of_run(run)["history"],
        "tasks": [
            {
                **as_stored(frontier.task),
                "programs": [
                    {
                        "program": library.show(entry.program),
                        "log_prior": _finite(entry.log_prior),
                        "log_likelihood": _finite(entry.log_likelihood),
                        "posterior": probability,
                        "penalty": entry.penalty,
                        "seconds": entry.seconds,
                        "candidates": entry.candidates,
                        "search": entry.search,
                    }
                    for entry, probability in frontier.posterior()
                ],
            }
            for frontier in run.frontiers.values()
        ],
    }
    return _dumped(data)


def record_of_export(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what :func:`to_json` wrote as ``reverie show`` shows a run (see ``record_of_run``)."""
    best = [
        (task["name"], task["programs"][0] if task["programs"] else None) for task in data["tasks"]
    ]
    return {
        "domain": data["domain"],
        "history": data["history"],
        "abstractions": data["library"]["abstractions"],
        "tasks": [
            {
                "task": name,
                "solved": found is not None,
                "program": found and found["program"],
                "description_length": found and -(found["log_prior"] + found["log_likelihood"]),
            }
            for name, found in best
        ],
    }


def _finite(x: float) -> float | None:
    return x if np.isfinite(x) else None


def _dumped(data: Any) -> str:
    # What JSON cannot hold, a value of a domain's own say, is written as Python shows it.
    return json.dumps(data, indent=1, ensure_ascii=False, default=repr) + "\n"


# ---- DreamCoder ----------------------------------------------------------------------------------


def to_dreamcoder(run: Run) -> str:
    """Return library, weights and solved frontiers as DreamCoder's compressor takes them."""
    grammar = run.grammar
    weights = grammar.weights[0]
    data = {
        "DSL": {
            "logVariable": float(weights[-1]),
            "productions": [
                {
                    "expression": str(production.term),
                    "logProbability": float(weights[i]),
                    "type": type_to_json(production.type),
                }
                for i, production in enumerate(run.library.productions)
            ],
        },
        "frontiers": [
            {
                "name": name,
                "request": type_to_json(frontier.task.request),
                "programs": [
                    {"program": str(entry.program), "logLikelihood": _finite(entry.log_likelihood)}
                    for entry in frontier.entries
                ],
            }
            for name, frontier in run.frontiers.items()
            if frontier.entries
        ],
    }
    return _dumped(data)


# ---- Stitch --------------------------------------------------------------------------------------


def to_stitch(run: Run) -> str:
    """Return the library, and the best program of each solved task, with Stitch's field names.

    Arguments are in the order in which a definition uses them, the last first, as Stitch will have
    it.
    """
    best = {name: f.best.program for name, f in run.frontiers.items() if f.best}
    uses = run.uses()
    named: dict[Term, Term] = {}  # what stands for each abstraction in programs and definitions
    found = []
    for name, abstraction in run.library.abstractions.items():
        plain = Pattern.of_abstraction(Abstraction(_replaced(abstraction.body, named)))
        places = plain.order_of_use(last_first=True)
        named[abstraction] = _by_use(name, places)
        ordered = plain.reordered([places[i] for i in range(plain.arity)])
        found.append((name, abstraction, ordered))
    original = [str(beta_normal(inline(program))) for program in best.values()]
    rewritten = [str(_replaced(program, named)) for program in best.values()]
    before, after = (int(Corpus.read(texts).cost(Costs())) for texts in (original, rewritten))
    data = {
        "original_cost": before,
        "final_cost": after,
        "compression_ratio": before / after if after else 1.0,
        "num_abstractions": len(found),
        "abstractions": [
            {
                "name": name,
                "body": str(pattern.open_term()),
                "arity": pattern.arity,
                "num_uses": uses[name],
                "dreamcoder": str(abstraction),
            }
            for name, abstraction, pattern in found
        ],
        "tasks": list(best),
        "original": original,
        "rewritten": rewritten,
    }
    return _dumped(data)


def _replaced(term: Term, named: Mapping[Term, Term]) -> Term:
    return beta_normal(map_leaves(term, lambda leaf, _: named.get(leaf, leaf)))


def _by_use(name: str, places: Mapping[int, int]) -> Term:
    """Return what takes arguments in the library's order and gives them in that of their use."""
    if all(old == new for old, new in places.items()):
        return Symbol(name)
    arity = len(places)
    last = {new: Variable(arity - 1 - old) for old, new in places.items()}
    term = apply(Symbol(name), *(last[new] for new in range(arity)))
    for _ in range(arity):
        term = Lambda(term)
    return term


# ---- reading -------------------------------------------------------------------------------------


def read_grammar(path: Path, domain: Domain) -> Grammar:
    """Return the library in a JSON file of any of the three formats, with weights if it has them.

    Raises:
        ReverieError: if the file is in none, or the domain lacks what a definition uses.
    """
    try:
        data = read_json(read_text(path, "utf-8-sig"), finite=False)
    except OSError as error:
        raise ReverieError(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise ReverieError(f"{path} is not JSON: {error}") from None
    try:
        if isinstance(data, Mapping) and data.get("format") == FORMAT:
            return _own(data, domain)
        if isinstance(data, Mapping) and "DSL" in data:
            return _dreamcoder(data["DSL"], domain)
        found = data.get("abstractions") if isinstance(data, Mapping) else data
        if isinstance(found, list) and all("body" in item for item in found):
            return Grammar.uniform(_stitch(path, domain))
    except ReverieError as error:
        raise ReverieError(
            f"the library in {path} does not fit domain {domain.name!r}: {error}"
        ) from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ReverieError(f"{path} is damaged: {type(error).__name__}: {error}") from None
    raise ReverieError(
        f"{path} holds no library: it is neither what `reverie export` writes as json, dreamcoder "
        "or stitch, nor what `reverie compress --out` does"
    )


def _check_distinct(names: Iterable[str]) -> None:
    """Raise ReverieError if a name is there twice: one of the two would be lost without a word."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ReverieError(f"{name:.60} is defined twice; keep one of the definitions")
        seen.add(name)


def _own(data: Mapping[str, Any], domain: Domain) -> Grammar:
    if data["version"] != VERSION:
        raise ReverieError(
            f"it is of version {data['version']}, and this version of Reverie reads {VERSION}; use "
            "the version that wrote it, or a later one"
        )
    found = data["library"]
    _check_distinct(a["name"] for a in found["abstractions"])
    named = {a["name"]: a["definition"] for a in found["abstractions"]}
    library = _library(domain, named)
    columns = []
    for production in (*found["primitives"], *found["abstractions"]):
        name = production["name"]
        known = name in named or name in domain.library
        term = domain.library.parse(named.get(name, name)) if known else None
        columns.append(Column(name, len(parse_type(production["type"]).parameters), term))
    return grammar_by_name(library, found["weights"], columns, "the file")


def _dreamcoder(data: Mapping[str, Any], domain: Domain) -> Grammar:
    if "productions" not in data:
        raise ReverieError('its "DSL" has no "productions", as a unigram grammar has them')
    _check_distinct(p["expression"] for p in data["productions"])
    weights = {p["expression"]: float(p["logProbability"]) for p in data["productions"]}
    definitions: dict[str, str] = {}
    taken = {p.name for p in domain.library.primitives}
    for text in weights:
        if text.startswith("#"):
            definitions[fresh_name(taken | definitions.keys())] = text
    library = _library(domain, definitions)
    columns = [Column(text, 0, domain.library.parse(text)) for text in weights]
    row = [*weights.values(), float(data["logVariable"])]
    return grammar_by_name(library, [row], columns, "the file")


def _stitch(path: Path, domain: Domain) -> Library:
    known: dict[str, Term] = {}
    for abstraction in read_abstractions(path):
        found = abstraction.pattern.definition(known)
        known[abstraction.name] = domain.library.resolve(found)
    named = {name: term for name, term in known.items() if isinstance(term, Abstraction)}
    return domain.library.with_abstractions({**domain.library.abstractions, **named})


def _library(domain: Domain, definitions: Mapping[str, str]) -> Library:
    named = domain.library.abstractions
    for name, text in definitions.items():
        term = domain.library.parse(text)
        if not isinstance(term, Abstraction):
            raise ReverieError(f"the definition of {name} is no abstraction #(...): {text:.60}")
        named[name] = term
    return domain.library.with_abstractions(named)
