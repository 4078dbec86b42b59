"""A turtle on a grid: values of the language's own, compared by the picture that they drew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import reverie as rv
from reverie.dsl import Equality

Point = tuple[int, int]
Picture = frozenset[frozenset[Point]]
HEADINGS = ((1, 0), (0, 1), (-1, 0), (0, -1))


@dataclass(frozen=True)
class Turtle:
    """Where a turtle is, where it looks, and the unit edges that it drew."""

    place: Point = (0, 0)
    heading: int = 0
    picture: Picture = frozenset()

    def ahead(self) -> Point:
        dx, dy = HEADINGS[self.heading]
        return self.place[0] + dx, self.place[1] + dy


@rv.primitive
def forward(steps: int, turtle: Turtle) -> Turtle:
    """Walk and draw."""
    for _ in range(steps):
        edge = frozenset({turtle.place, turtle.ahead()})
        turtle = replace(turtle, place=turtle.ahead(), picture=turtle.picture | {edge})
    return turtle


@rv.primitive
def hop(steps: int, turtle: Turtle) -> Turtle:
    """Walk without drawing."""
    for _ in range(steps):
        turtle = replace(turtle, place=turtle.ahead())
    return turtle


@rv.primitive
def turn(quarters: int, turtle: Turtle) -> Turtle:
    """Turn left."""
    return replace(turtle, heading=(turtle.heading + quarters) % 4)


@rv.primitive
def repeat(times: int, move: Callable[[Turtle], Turtle], turtle: Turtle) -> Turtle:
    """Make a move several times."""
    for _ in range(times):
        turtle = move(turtle)
    return turtle


def trace(*corners: Point) -> Picture:
    """Return the unit edges along a line of corners, drawn without a turtle."""
    edges = set()
    for (x, y), (end_x, end_y) in pairwise(corners):
        while (x, y) != (end_x, end_y):
            step_x = (end_x > x) - (end_x < x)
            step_y = (end_y > y) - (end_y < y)
            edges.add(frozenset({(x, y), (x + step_x, y + step_y)}))
            x, y = x + step_x, y + step_y
    return frozenset(edges)


def square(x: int, y: int, side: int = 1) -> Picture:
    return trace((x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y))


PICTURES = {
    "line 1": trace((0, 0), (1, 0)),
    "line 3": trace((0, 0), (3, 0)),
    "gap": trace((2, 0), (3, 0)),
    "corner": trace((0, 0), (2, 0), (2, 2)),
    "square 1": square(0, 0),
    "square 2": square(0, 0, 2),
    "square 3": square(0, 0, 3),
    "dashes": trace((1, 0), (2, 0)) | trace((3, 0), (4, 0)) | trace((5, 0), (6, 0)),
    "stairs": trace((0, 0), (1, 0), (1, 1), (2, 1), (2, 2), (3, 2), (3, 3)),
    "row of squares": square(0, 0) | square(2, 0) | square(4, 0),
    "window": square(0, 0) | square(-1, 0) | square(-1, -1) | square(0, -1),
}

UNIT_SQUARE = "(repeat 4 (lambda (turn 1 (forward 1 $0))) $0)"
SOLUTIONS = {
    "line 1": "(lambda (forward 1 $0))",
    "line 3": "(lambda (forward 3 $0))",
    "gap": "(lambda (forward 1 (hop 2 $0)))",
    "corner": "(lambda (forward 2 (turn 1 (forward 2 $0))))",
    "square 1": f"(lambda {UNIT_SQUARE})",
    "square 2": "(lambda (repeat 4 (lambda (turn 1 (forward 2 $0))) $0))",
    "square 3": "(lambda (repeat 4 (lambda (turn 1 (forward 3 $0))) $0))",
    "dashes": "(lambda (repeat 3 (lambda (forward 1 (hop 1 $0))) $0))",
    "stairs": "(lambda (repeat 3 (lambda (turn 3 (forward 1 (turn 1 (forward 1 $0))))) $0))",
    "row of squares": f"(lambda (repeat 3 (lambda (hop 2 {UNIT_SQUARE})) $0))",
    "window": f"(lambda (repeat 4 (lambda (turn 1 {UNIT_SQUARE})) $0))",
}


def draw(task: rv.Task, program: Callable[[Turtle], Any] | None) -> str | None:
    """Draw a picture as SVG: what a task asks for, or what a program draws."""
    picture = task.examples[0].output
    if program is not None:
        turtle = program(*task.examples[0].inputs)
        if not isinstance(turtle, Turtle):
            return None
        picture = turtle.picture
    points = [point for edge in picture for point in edge] or [(0, 0)]
    left, low = (min(axis) - 1 for axis in zip(*points, strict=True))
    right, high = (max(axis) + 1 for axis in zip(*points, strict=True))
    lines = "".join(
        f'<path d="M{x1} {-y1}L{x2} {-y2}" stroke="black" stroke-width="0.1"/>'
        for (x1, y1), (x2, y2) in map(sorted, picture)
    )
    box = f"{left} {-high} {right - left} {high - low}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">{lines}</svg>'


domain = rv.Domain(
    "turtle",
    [forward, hop, turn, repeat, *(rv.constant(str(n), "int", n) for n in (1, 2, 3, 4))],
    [
        rv.Task(name, "turtle -> turtle", [((Turtle(),), picture)])
        for name, picture in PICTURES.items()
    ],
    likelihood=Equality(observe=lambda turtle: turtle.picture),
    continuation="turtle",
    doc="Drawing on a grid.",
    draw=draw,
)
