"""Opening what was learned: runs and libraries."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .domains import BUILTIN, as_domain, load_domain
from .dsl import (
    Abstraction,
    Column,
    Domain,
    Entry,
    Frontier,
    Grammar,
    Library,
    ReverieError,
    Task,
    Type,
    TypeConstructor,
    as_path,
    changes,
    code_of,
    grammar_by_name,
    parse_type,
    read_language_file,
)
from .run.config import Config
from .run.judging import Judgement, judged
from .run.run import Phase, Run
from .run.state import State
from .store.seal import is_sealed
from .store.store import Store, as_stored

if TYPE_CHECKING:
    from .recognition import RecognitionModel

__all__ = [
    "domain_of",
    "folder_of",
    "judged_state",
    "load",
    "load_grammar",
    "load_model",
    "read_state",
]

logger = logging.getLogger(__name__)


def folder_of(given: Any) -> Path:
    """Return the folder of a run, given as such or as the run.

    Raises:
        ReverieError: if it is neither, or the run is in memory alone.
    """
    if not isinstance(given, Run):
        return as_path(given, "the folder of a run")
    if given.folder is None:
        raise ReverieError(
            "this run is in memory alone; to have it in a folder, say so: learn(..., out=FOLDER)"
        )
    return given.folder


def load(folder: str | Path | Run, domain: Domain | str | ModuleType | None = None) -> Run:
    """Open a run.

    Args:
        folder: the run's folder, or the run that is in it.
        domain: the domain it was made with. If None, the domain is looked up as it was named then;
            if that was a file of your own, its code is run.

    Raises:
        NotARun: if the folder holds no run that this version can read.
        ReverieError: if the domain cannot be found again, or no longer has what programs use.
    """
    with Store.reading(folder := folder_of(folder)) as store:
        domain = domain_of(store) if domain is None else as_domain(domain)
        domain = Config.make(**store.meta()["config"]).adapt(domain)
        return replace(read_state(store, domain).result(domain), folder=folder)


def domain_of(store: Store) -> Domain:
    """Return the domain of a run, as it was named when the run began.

    A built-in domain is looked up; the code of any other is run only if this person began the run,
    here.

    Raises:
        ReverieError: if the run does not name it, it cannot be found, or is not to be run.
    """
    meta = store.meta()
    if meta.get("source") is None:
        raise ReverieError(
            f"the run in {store.folder} does not say where its domain {meta['domain']!r} is: "
            "give it, as the argument after the folder"
        )
    if meta["source"] not in BUILTIN and not is_sealed(store.folder, meta):
        raise ReverieError(
            f"the run in {store.folder} was not begun here by you, and its domain is code, "
            f"{meta['source']}, which is not run unasked: read it, and if you trust it name it "
            "with --domain (in Python, as the argument after the folder)"
        )
    return load_domain(meta["source"])


def read_state(store: Store, domain: Domain, own: Iterable[Task] | None = None) -> State:
    """Return what a run knew when it was last heard of, as far as it still holds.

    Where the domain's code is not what the run was made with, known programs are run again, those
    that fail are dropped, and it is told what has changed.

    Args:
        store: the run's file.
        domain: the run's domain.
        own: the domain's own tasks, which are taken rather than read where they are the same; they
            may hold what JSON cannot. None makes them where they are needed.
    """
    return judged_state(store, domain, own)[0]


def judged_state(
    store: Store, domain: Domain, own: Iterable[Task] | None = None
) -> tuple[State, Judgement]:
    """Return what :func:`read_state` does, and what came of judging its programs again."""
    code, codes = code_of(domain), store.codes()
    changed = tuple(changes(codes[-1], code)) if codes else ()
    judge = not codes or any(known != code for known in codes)
    try:
        grammar = _grammar(store, domain)
    except ReverieError as error:
        if not changed:
            raise
        told = Judgement(changed).text
        raise ReverieError(f"{error}. Since the run was last worked on, {told}") from None
    phases = tuple(
        Phase(row.pop("iteration"), row.pop("phase"), row.pop("seconds"), row)
        for row in store.phases()
    )
    meta = store.meta()
    if own is None:
        seed = meta["config"].get("seed", 0)
        own = domain.make_tasks(seed) if judge and meta.get("own_tasks") else ()
    same = {task.name: task for task in own}
    tasks = {}
    for data in store.tasks():
        known = same.get(data["name"])
        same_data = known is not None and as_stored(known) == data
        tasks[data["name"]] = known if known and same_data else _task(data)

    def frontier(name: str, row: Mapping[str, Any]) -> Frontier:
        entries = []
        for data in row["entries"]:
            try:
                entries.append(_entry(data, grammar.library))
            except ReverieError:
                if not changed:  # it uses what is gone
                    raise
        found = Frontier(tasks[name], tuple(entries))
        if judge:
            found = judged(domain, grammar, found, rescore=bool(changed))
        if len(found.entries) < len(row["entries"]):
            dropped[name] = len(row["entries"]) - len(found.entries)
        return found

    # The wake that was interrupted chose its tasks by what was known when it began.
    under_way, spent = _under_way(store, phases)
    dropped: dict[str, int] = {}
    searched = {
        name: (frontier(name, row), row["found"] > 0)
        for name, row in store.frontiers_of(under_way, "wake").items()
    }
    searched = {name: found for name, found in searched.items() if name not in dropped}
    before = store.frontiers(before=(under_way, "wake"))
    frontiers = {
        name: frontier(name, before[name]) if name in before else Frontier(task)
        for name, task in tasks.items()
    }
    state = State(
        grammar,
        frontiers,
        savings={row["name"]: row["saving"] for row in (store.library() or ([], []))[0]},
        tried=store.tried(before=(under_way, "wake")),
        phases=phases,
        searched=searched,
        spent=spent,
        recognition=_model(store, domain, phases),
    )
    judgement = Judgement(changed, dropped)
    if judgement.text:
        logger.warning("the run in %s: %s", store.folder, judgement.text)
    return state, judgement


def _model(store: Store, domain: Domain, phases: Sequence[Phase]) -> RecognitionModel | None:
    """Return the model that the last dream sleep trained.

    One that cannot be read costs no more than its help: the next dream sleep trains another.
    """
    models = store.models()
    last = max((phase.iteration for phase in phases if phase.name == "dreaming"), default=0)
    if not models or models[-1]["iteration"] != last:
        return None
    from .recognition import RecognitionModel
    from .recognition.features import encoder_for

    try:
        path = store.model()
        assert path is not None
        library = _library(domain, models[-1]["abstractions"], str(store.folder))
        return RecognitionModel.load(path, library, domain.encoder or encoder_for)
    except ReverieError as error:
        logger.warning("going on without the run's recognition model: %s", error)
        return None


def load_model(path: Path, domain: Domain, grammar: Grammar) -> RecognitionModel | None:
    """Return the recognition model in a run's folder, if it has one for this library."""
    if not path.is_dir():
        return None
    with Store.reading(path) as store:
        phases = [Phase(p["iteration"], p["phase"], p["seconds"], p) for p in store.phases()]
        model = _model(store, domain, phases)
    if model is None or model.library.abstractions != grammar.library.abstractions:
        return None
    return model


def _under_way(store: Store, phases: Sequence[Phase]) -> tuple[int, float]:
    """Return the round whose wake is under way, 0 if none, and the seconds the phase has taken."""
    over = {(phase.iteration, phase.name) for phase in phases}
    begun = store.events("phase")
    if not begun or (begun[-1]["iteration"], begun[-1]["phase"]) in over:
        return 0, 0.0
    iteration, phase = begun[-1]["iteration"], begun[-1]["phase"]
    first = next(e for e in begun if (e["iteration"], e["phase"]) == (iteration, phase))
    spent = store.clock_of_last_row() - first["clock"]
    return (iteration if phase == "wake" else 0), spent


def load_grammar(path: str | Path, domain: Domain | str | ModuleType) -> Grammar:
    """Return a library, with weights if there are any.

    Args:
        path: the folder of a run, a language file (``.dsl``), or a ``.json`` file in Reverie's,
            DreamCoder's or Stitch's form.
        domain: says what the definitions mean.

    Raises:
        ReverieError: if there is none, or the domain lacks what an abstraction uses.
    """
    path = as_path(path, "a library")
    domain = as_domain(domain)
    if path.is_dir():
        with Store.reading(path) as store:
            return _grammar(store, domain)
    if path.suffix == ".json":
        from .exporting.interchange import read_grammar

        return read_grammar(path, domain)
    if path.suffix != ".dsl":
        raise ReverieError(
            f"{path} is neither the folder of a run nor a language file (.dsl) nor a .json file"
        )
    read = read_language_file(path)
    named = {name: str(a) for name, a in read.abstractions.items()}
    return Grammar.uniform(_library(domain, named, str(path)))


def _grammar(store: Store, domain: Domain) -> Grammar:
    learned = store.library()
    if learned is None:
        return Grammar.uniform(domain.library)
    rows, weights = learned
    place = f"the run in {store.folder}"
    library = _library(domain, {row["name"]: row["definition"] for row in rows}, place)
    if isinstance(weights, Mapping):
        terms = {production.name: production.term for production in library.productions}
        columns = [Column(name, arity, terms.get(name)) for name, arity in weights["columns"]]
        return grammar_by_name(library, weights["rows"], columns, place)
    # Written by an older version, by position alone.
    columns = [Column(p.name, p.arity, p.term) for p in library.productions]
    try:
        return grammar_by_name(library, weights, columns, place)
    except ReverieError as error:
        raise ReverieError(
            f"{place} does not fit domain {domain.name!r}, and does not say by name what its "
            f"weights belong to, as those of later versions do: {error}"
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
            f"the library of {place} does not fit domain {domain.name!r}: {error}"
        ) from None


def _task(data: Mapping[str, Any]) -> Task:
    def rows(key: str) -> list[tuple[Any, Any]]:
        return [
            (
                list(map(_as_read, example["inputs"], request.parameters)),
                _as_read(example["output"], request.result),
            )
            for example in data.get(key, [])
        ]

    request = parse_type(data["request"])

    known = {"name", "request", "examples", "held_out"}
    extra = {key: value for key, value in data.items() if key not in known}
    return Task(data["name"], request, rows("examples"), rows("held_out"), extra)


@dataclass(frozen=True)
class _LostFunction:
    """Stands for a function in a task that was made in Python, which a run cannot hold."""

    text: str

    def __call__(self, *arguments: Any) -> Any:
        raise ReverieError(f"{self.text} is of a task made in Python, and not stored with the run")

    def __repr__(self) -> str:
        return self.text


def _as_read(value: Any, type: Type) -> Any:
    """Return a stored value, with something callable where there was a function."""
    if type.is_arrow:
        return _LostFunction(str(value))
    if isinstance(type, TypeConstructor) and isinstance(value, list):
        if type.name == "list":
            return [_as_read(part, type.arguments[0]) for part in value]
        if type.name == "pair":
            return list(map(_as_read, value, type.arguments))
    return value


def _entry(data: Mapping[str, Any], library: Library) -> Entry:
    return Entry(
        library.parse(data["program"]),
        data["log_prior"],
        data["log_likelihood"],
        data["seconds"],
        data["candidates"],
        data["search"],
        data.get("penalty", 0.0),  # runs from before there were rankings have none
    )
