"""Solving tasks with a language as it is, without learning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from html import escape
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..display.progress import Progress, as_progress
from ..domains import as_domain
from ..dsl import (
    Domain,
    Frontier,
    Grammar,
    Interpreter,
    Library,
    Task,
    Term,
    Weights,
    counted,
    holds_out,
)
from ..enumerate import SearchResult, find_search
from ..enumerate.native import with_timeout
from ..executors import make_executor, prepare
from ..run.config import Config, InvalidOption
from .task_check import as_tasks, warn_of_tasks

if TYPE_CHECKING:
    from ..recognition import RecognitionModel

__all__ = ["Solution", "solve", "solve_all"]


@dataclass(frozen=True)
class Solution:
    """What came of searching one task.

    Attributes:
        task: the task.
        frontier: the programs found, best first; empty if none was.
        library: the library that they are written in.
        seconds: until the best program was found; all that was searched if none was.
        candidates: programs considered by then.
        held_out_correct: whether the best program is right on the held-out examples; None if
            there are none.
    """

    task: Task
    frontier: Frontier
    library: Library
    seconds: float
    candidates: int
    held_out_correct: bool | None

    @property
    def solved(self) -> bool:
        """Whether a program was found that the reference interpreter confirmed on all examples."""
        return bool(self.frontier.entries)

    @property
    def program(self) -> Term | None:
        """The best program, or None."""
        return self.frontier.best.program if self.frontier.best else None

    def as_dict(self) -> dict[str, Any]:
        """Return the result line of this task, as JSON can hold it."""
        best = self.frontier.best
        return {
            "task": self.task.name,
            "solved": self.solved,
            "program": None if best is None else self.library.show(best.program),
            "seconds": round(self.seconds, 6),
            "candidates": self.candidates,
            "log_prior": best and best.log_prior,
            "log_likelihood": best and best.log_likelihood,
            "description_length": best and best.description_length,
            "held_out_correct": self.held_out_correct,
        }

    def __repr__(self) -> str:
        if self.program is None:
            return f"{self.task.name}: not solved in {self.seconds:.2f} s"
        return f"{self.task.name}: {self.library.show(self.program)}"

    def _repr_html_(self) -> str:
        if not self.solved:
            return f"<p>{escape(repr(self))}</p>"
        return self.frontier.html(self.library.show)


def solve(
    domain: Domain | str | ModuleType,
    task: Task,
    *,
    grammar: Grammar | Library | None = None,
    recognition: RecognitionModel | None = None,
    config: Config | None = None,
    progress: Progress | bool | None = None,
    **options: Any,
) -> Solution:
    """Search for programs that solve one task.

    Args:
        domain: the language, and what solving means; or how to name it, such as ``"list"``, or the
            module that holds it.
        task: the task.
        grammar: a library with weights, such as a run's, or one without, for uniform weights; the
            domain's own if None.
        recognition: a model that guides searches in this library, such as the run's.
        config: the options; ``options`` change single ones, such as ``timeout`` (see
            :class:`~reverie.run.config.Config`).
        progress: who to tell while it works; True shows it on standard error, None tells nobody.

    Raises:
        InvalidTask: if the domain cannot work on the task.
        InvalidOption: for an option that does not exist or is out of range.
        RecognitionError: if the model is of another library.
    """
    found = solve_all(
        domain,
        [task],
        grammar=grammar,
        recognition=recognition,
        config=config,
        progress=progress,
        **options,
    )
    return next(iter(found))


def solve_all(
    domain: Domain | str | ModuleType,
    tasks: Iterable[Task] | str | Path,
    *,
    grammar: Grammar | Library | None = None,
    recognition: RecognitionModel | None = None,
    config: Config | None = None,
    progress: Progress | bool | None = None,
    **options: Any,
) -> Iterator[Solution]:
    """Search each task, and yield what comes of each as soon as it is known, in any order.

    The tasks and options are checked before the first search; see :func:`solve`. ``progress`` is
    told while it works; True is what suits a terminal.
    """
    config = Config.make(config, **options)
    find_search(config.search)
    told = as_progress(progress)
    domain = config.adapt(as_domain(domain))
    adopted = domain.adopt(as_tasks(tasks))
    warn_of_tasks(domain, adopted)
    grammar = _as_grammar(grammar, domain)
    if not (recognition is None or callable(getattr(recognition, "guides", None))):
        raise InvalidOption(
            "recognition must be a model that was trained, such as a run's, or None; got "
            f"{recognition!r:.60}"
        )
    guides = None if recognition is None else recognition.guides(adopted, grammar)
    return _solve_all(domain, adopted, grammar, guides, config, told)


def _as_grammar(given: Any, domain: Domain) -> Grammar:
    if given is None:
        return Grammar.uniform(domain.library)
    if isinstance(given, Library):
        return Grammar.uniform(given)
    if isinstance(given, Grammar):
        return given
    raise InvalidOption(
        f"grammar must be a Grammar or a Library, such as those of a run, or None; got "
        f"{given!r:.60}"
    )


def _solve_all(
    domain: Domain,
    tasks: list[Task],
    grammar: Grammar,
    guides: Mapping[str, Weights] | None,
    config: Config,
    told: Progress,
) -> Iterator[Solution]:
    budget = config.search_budget()
    interpreter = Interpreter(grammar.library, domain.limits)
    solved = 0
    with closing(make_executor(domain, config)) as executor:
        prepare(executor, grammar, told)
        told.start("solving", len(tasks))
        for task, found in executor.search(grammar, tasks, budget, config.search, guides):
            solution = solution_of(domain, task, found, interpreter)
            solved += solution.solved
            told.step(repr(solution))
            yield solution
    told.finish(f"{solved} of {counted(len(tasks), 'task')} solved")


def solution_of(
    domain: Domain, task: Task, found: SearchResult, interpreter: Interpreter
) -> Solution:
    """Return what a search found as a person wants it, held-out examples looked at."""
    best = found.frontier.best
    right = None
    if best is not None:
        held = with_timeout(interpreter, holds_out, False)
        right = held(domain.likelihood, task, best.program, interpreter)
    return Solution(
        task,
        found.frontier,
        interpreter.library,
        best.seconds if best else found.seconds,
        best.candidates if best else found.candidates,
        right,
    )
