"""Pictures of tasks: what each asks for, and what its best program makes of it.

A domain draws its own (``Domain.draw``); functions from a real number to a real number are drawn as
points and a curve. A picture enters the page as the source of an image, where no script of its own
could run.
"""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..dsl import Domain, Failure, Interpreter, ReverieError, Task
from ..run.run import Run
from .drawing import image

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["add_pictures", "is_curve"]

MOST = 400
"""How many tasks get pictures, so that a report of thousands stays small."""


def add_pictures(facts: dict[str, Any], run: Run) -> None:
    """Give the tasks of ``facts`` their ``pictures``, each with ``source`` and ``words``.

    Raises:
        ReverieError: if the domain's own drawing fails, with the task that it failed on.
    """
    interpreter = Interpreter(run.library, run.domain.limits)
    shown = 0
    for fact in facts["tasks"]:
        frontier = run.frontiers.get(fact["task"])
        if frontier is None:
            continue  # it was added since
        if shown == MOST:
            facts["pictures_note"] = f"The first {MOST} tasks that can be drawn are."
            break
        best = frontier.best
        program = None if best is None else interpreter.function(best.program)
        pictures = _pictures(run.domain, frontier.task, program)
        if pictures:
            fact["pictures"] = pictures
            shown += 1


def _pictures(domain: Domain, task: Task, run: Callable[..., Any] | None) -> list[dict[str, str]]:
    if domain.draw is None:
        curve = _curve(task, run)
        return [] if curve is None else [curve]
    made = []
    wanted = [(None, "what the task asks for")]
    drawn = [] if run is None else [(run, "what its best program makes")]
    for program, words in [*wanted, *drawn]:
        try:
            svg = domain.draw(task, program)
        except Exception as error:
            raise ReverieError(
                f"domain {domain.name!r} cannot draw task {task.name!r}: "
                f"{type(error).__name__}: {error}"
            ) from error
        if svg is not None:
            made.append(_image(svg, words))
    return made


def _image(svg: str, words: str) -> dict[str, str]:
    source = b64encode(svg.encode("utf-8", "replace")).decode()
    return {"source": f"data:image/svg+xml;base64,{source}", "words": words}


def is_curve(request: str) -> bool:
    """Whether a task of this type is drawn as a curve."""
    return request == "real -> real"


def _curve(task: Task, run: Callable[..., Any] | None) -> dict[str, str] | None:
    """Draw a task from a real number to a real number: its points, and the program's curve."""
    if not is_curve(str(task.request)) or not task.examples:
        return None
    xs = [example.inputs[0] for example in task.examples]
    ys = [example.output for example in task.examples]
    least, most = min(xs), max(xs)
    grid = [least + (most - least) * i / 120 for i in range(121)]
    line = [math.nan if isinstance(y := run(x), Failure) else float(y) for x in grid] if run else []
    words = f"{len(xs)} points{', and the curve of the best program' if run else ''}"

    def plot(axes: Axes) -> None:
        axes.plot(xs, ys, "o", color="#0b62a8", markersize=4)
        if run:
            axes.plot(grid, line, color="#c25b00")
            low, high = min(ys), max(ys)
            margin = 0.2 * (high - low) or 1.0
            axes.set_ylim(low - margin, high + margin)

    return _image(image(plot), words)
