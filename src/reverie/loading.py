"""Opening what was learned: runs and libraries."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .domains.domain import Domain
from .domains.registry import load_domain
from .dsl.errors import ReverieError
from .dsl.frontier import Entry, Frontier
from .dsl.grammar import Grammar
from .dsl.language import read_language_file
from .dsl.library import Library
from .dsl.task import Task
from .dsl.terms import Abstraction
from .result import Iteration, Run
from .store import Store

__all__ = ["load", "load_grammar"]


def load(folder: str | Path, domain: Domain | None = None) -> Run:
    """Open a run.

    Args:
        folder: the run's folder.
        domain: the domain it was made with. If None, the domain is looked up as it was named then;
            if that was a file of your own, its code is run.

    Raises:
        NotARun: if the folder holds no run that this version can read.
        ReverieError: if the domain cannot be found again, or no longer has what programs use.
    """
    with Store.reading(Path(folder)) as store:
        meta = store.meta()
        if domain is None:
            if meta.get("source") is None:
                raise ReverieError(
                    f"the run in {folder} does not say where its domain {meta['domain']!r} is: "
                    "give it, load(folder, domain)"
                )
            domain = load_domain(meta["source"])
        grammar = _grammar(store, domain)
        frontiers = {}
        rows = store.frontiers()
        for data in store.tasks():
            task = _task(data)
            entries = rows.get(task.name, {}).get("entries", [])
            frontiers[task.name] = Frontier(
                task, tuple(_entry(entry, grammar.library) for entry in entries)
            )
        savings = {row["name"]: row["saving"] for row in (store.library() or ([], []))[0]}
        return Run(domain, grammar, frontiers, _history(store), savings)


def load_grammar(path: Path, domain: Domain) -> Grammar:
    """Return the library, with weights if there are any, from a run's folder or a language file.

    Raises:
        ReverieError: if there is neither, or the domain lacks what an abstraction uses.
    """
    if path.is_dir():
        with Store.reading(path) as store:
            return _grammar(store, domain)
    if path.suffix != ".dsl":
        raise ReverieError(f"{path} is neither the folder of a run nor a language file (.dsl)")
    read = read_language_file(path)
    named = {name: str(a) for name, a in read.abstractions.items()}
    return Grammar.uniform(_library(domain, named, str(path)))


def _grammar(store: Store, domain: Domain) -> Grammar:
    learned = store.library()
    if learned is None:
        return Grammar.uniform(domain.library)
    rows, weights = learned
    library = _library(domain, {row["name"]: row["definition"] for row in rows}, str(store.folder))
    try:
        return Grammar(library, np.array(weights))
    except ValueError as error:
        raise ReverieError(
            f"the run in {store.folder} does not fit domain {domain.name!r}: {error}"
        ) from None


def _library(domain: Domain, definitions: Mapping[str, str], place: str) -> Library:
    try:
        abstractions = {}
        for name, text in definitions.items():
            term = domain.library.parse(text)
            assert isinstance(term, Abstraction)
            abstractions[name] = term
        return domain.library.with_abstractions(abstractions)
    except ReverieError as error:
        raise ReverieError(
            f"the library in {place} does not fit domain {domain.name!r}: {error}"
        ) from None


def _task(data: Mapping[str, Any]) -> Task:
    def rows(key: str) -> list[tuple[Any, Any]]:
        return [(example["inputs"], example["output"]) for example in data.get(key, [])]

    known = {"name", "request", "examples", "held_out"}
    extra = {key: value for key, value in data.items() if key not in known}
    return Task(data["name"], data["request"], rows("examples"), rows("held_out"), extra)


def _entry(data: Mapping[str, Any], library: Library) -> Entry:
    return Entry(
        library.parse(data["program"]),
        data["log_prior"],
        data["log_likelihood"],
        data["seconds"],
        data["candidates"],
        data["search"],
    )


def _history(store: Store) -> tuple[Iteration, ...]:
    rounds: dict[int, dict[str, Any]] = {}
    for phase in store.phases():
        row = rounds.setdefault(phase["iteration"], {"seconds": 0.0})
        row["seconds"] += phase["seconds"]
        row.update({k: v for k, v in phase.items() if k != "seconds"})
    return tuple(
        Iteration(
            number,
            row["solved"],
            row["known"],
            row["tasks"],
            row.get("description_length", 0.0),
            row.get("abstractions", 0),
            row["seconds"],
        )
        for number, row in rounds.items()
    )
