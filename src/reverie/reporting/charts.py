"""The charts of a run, each with a description that says in words what it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .drawing import FAINT, FIRST, SECOND, THIRD, draw

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["charts_of"]


def charts_of(facts: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the charts of a run (see :func:`~reverie.reporting.facts.facts_of`), those that say
    something.
    """
    made = [
        _solved_over_time(facts),
        _solved_by_round(facts),
        _description_length(facts),
        _effort(facts),
        _phases(facts),
        _training(facts),
        _calibration(facts),
        _lengths(facts),
    ]
    return [chart for chart in made if chart is not None]


def _solved_over_time(facts: Mapping[str, Any]) -> dict[str, str] | None:
    clocks = [task["clock"] for task in facts["tasks"] if task["clock"] is not None]
    if not clocks:
        return None
    total, scale, unit = len(facts["tasks"]), *_unit(facts["clock"])
    times = sorted(clock / scale for clock in clocks)
    half = times[(len(times) - 1) // 2]
    words = (
        f"A staircase: {len(times)} of {total} tasks solved within {facts['clock'] / scale:.3g} "
        f"{unit}; half of these by {half:.3g} {unit}. Dotted lines end a round's search."
    )

    def plot(axes: Axes) -> None:
        x = [0.0, *times, max(times[-1], facts["clock"] / scale)]
        axes.step(x, [*range(len(times) + 1), len(times)], where="post", color=FIRST)
        for end in facts["ends"][:-1]:
            axes.axvline(end / scale, color=FAINT, linewidth=0.8, linestyle=":")
        axes.set(xlabel=f"{unit} of work", ylabel="tasks solved", ylim=(0, None), xlim=(0, None))
        axes.grid(visible=False, axis="x")  # the dotted lines are the rounds' ends

    return draw("over-time", "Solved over time", words, plot)


def _solved_by_round(facts: Mapping[str, Any]) -> dict[str, str] | None:
    rounds = [r for r in facts["rounds"] if "known" in r]
    if not rounds:
        return None
    numbers = [r["round"] for r in rounds]
    words = " ".join(
        f"Round {r['round']}: {r['solved']} solved by its own search, {r['known']} known so far."
        for r in rounds
    )

    def plot(axes: Axes) -> None:
        axes.bar(numbers, [r["solved"] for r in rounds], 0.6, color=FIRST, label="by this search")
        axes.plot(numbers, [r["known"] for r in rounds], "o-", color=SECOND, label="known so far")
        axes.axhline(len(facts["tasks"]), color=FAINT, linestyle="--", label="all tasks")
        _whole(axes)
        axes.set(xlabel="round", ylabel="tasks", ylim=(0, None))
        _legend(axes)

    return draw("by-round", "Solved by round", words, plot)


def _description_length(facts: Mapping[str, Any]) -> dict[str, str] | None:
    rounds = [r for r in facts["rounds"] if r.get("description_length") and r.get("known")]
    if not rounds:
        return None
    nats = [(r["round"], r["description_length"] / r["known"]) for r in rounds]
    top = 1.1 * max(mean for _, mean in nats)
    words = "Nats for the best program of a known task, data included, on average: " + ", ".join(
        f"{mean:.2f} after round {number} ({r['description_length']:.0f} in all for {r['known']})"
        for (number, mean), r in zip(nats, rounds, strict=True)
    )

    def plot(axes: Axes) -> None:
        axes.plot(*zip(*nats, strict=True), "o-", color=FIRST)
        _whole(axes)
        axes.set(xlabel="round", ylabel="nats for a known task", ylim=(0, top))

    return draw("description-length", "Description length", f"{words}.", plot)


def _effort(facts: Mapping[str, Any]) -> dict[str, str] | None:
    """How much search the solutions took: what more of it would bring."""
    seconds = sorted(t["seconds"] for t in facts["tasks"] if t["seconds"])
    if len(seconds) < 3:
        return None
    share = [100 * (i + 1) / len(facts["tasks"]) for i in range(len(seconds))]
    words = (
        f"Percent of all tasks against the seconds of search that their best programs took, on a "
        f"logarithmic axis: half of the solved within {_quantile(seconds, 0.5):.2g} s, nine in ten "
        f"within {_quantile(seconds, 0.9):.2g} s, all within {seconds[-1]:.2g} s."
    )

    def plot(axes: Axes) -> None:
        axes.step(seconds, share, where="post", color=FIRST)
        axes.set(xscale="log", xlabel="seconds of search for a task", ylabel="% of all tasks")
        axes.set_ylim(0, None)

    return draw("effort", "Solved by effort", words, plot)


def _phases(facts: Mapping[str, Any]) -> dict[str, str] | None:
    if not facts["phases"]:
        return None
    rounds = list(dict.fromkeys(p["iteration"] for p in facts["phases"]))
    names = list(dict.fromkeys(p["phase"] for p in facts["phases"]))
    seconds = {
        name: [
            sum(p["seconds"] for p in facts["phases"] if (p["phase"], p["iteration"]) == (name, r))
            for r in rounds
        ]
        for name in names
    }
    words = "Seconds of each phase. " + " ".join(
        f"{name}: {', '.join(f'{s:.1f}' for s in seconds[name])}." for name in names
    )

    def plot(axes: Axes) -> None:
        below = [0.0] * len(rounds)
        for name, colour in zip(names, (FIRST, SECOND, THIRD, FAINT), strict=False):
            axes.bar(rounds, seconds[name], 0.6, bottom=below, color=colour, label=name)
            below = [a + b for a, b in zip(below, seconds[name], strict=True)]
        _whole(axes)
        axes.set(xlabel="round", ylabel="seconds")
        _legend(axes)

    return draw("phases", "Time by phase", words, plot)


def _training(facts: Mapping[str, Any]) -> dict[str, str] | None:
    """How the recognition model came on: what it was trained on, and what it had not seen."""
    rows: Sequence[Mapping[str, float]] = facts["training"]
    lines = []
    for keys, label, colour in (
        (("bigram", "unigram"), "held-out dreams", FIRST),
        (("solved",), "solutions", SECOND),
        (("loss",), "loss", FAINT),
    ):
        for key in keys:
            points = [(row["round"], row[key]) for row in rows if key in row]
            if points:
                lines.append((label, colour, points))
                break
    if not lines:
        return None
    words = "Nats as the recognition model is trained, a round's training after the other: " + (
        "; ".join(f"{label} from {p[0][1]:.2f} to {p[-1][1]:.2f}" for label, _, p in lines)
    )

    def plot(axes: Axes) -> None:
        for label, colour, points in lines:
            axes.plot(*zip(*points, strict=True), ".-", color=colour, label=label)
        axes.set(xlabel="rounds of training", ylabel="nats for a program", ylim=(0, None))
        _legend(axes)

    return draw("training", "Recognition", f"{words}.", plot)


def _calibration(facts: Mapping[str, Any]) -> dict[str, str] | None:
    bins: Sequence[tuple[float, float, int]] = facts["calibration"]
    if not bins:
        return None
    words = "How often what the recognition model says of a choice in a held-out dream is so: " + (
        ", ".join(f"{said:.0%} said, {seen:.0%} seen ({n} choices)" for said, seen, n in bins)
    )

    def plot(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=FAINT, linestyle="--", label="as it should be")
        axes.plot([b[0] for b in bins], [b[1] for b in bins], "o-", color=FIRST, label="as it is")
        axes.set(xlabel="probability said", ylabel="how often it is so", xlim=(0, 1), ylim=(0, 1))
        _legend(axes)

    return draw("calibration", "Recognition: calibration", f"{words}.", plot)


def _lengths(facts: Mapping[str, Any]) -> dict[str, str] | None:
    """What the guide knows that the prior does not: the solutions' nats under both."""
    rows: Sequence[tuple[str, float, float]] = facts["lengths"]
    prior, guide = [row[1] for row in rows], [row[2] for row in rows]
    if not rows:
        return None
    shorter = sum(g < p for p, g in zip(prior, guide, strict=True))
    words = (
        f"Nats of the best program of {len(rows)} solved tasks, by the guide against by the prior: "
        f"shorter by the guide for {shorter}; on average {sum(prior) / len(rows):.2f} by the prior "
        f"and {sum(guide) / len(rows):.2f} by the guide."
    )

    def plot(axes: Axes) -> None:
        most = max(*prior, *guide)
        axes.plot([0, most], [0, most], color=FAINT, linestyle="--", label="the same")
        axes.plot(prior, guide, "o", color=FIRST, markersize=4, label="a task")
        axes.set(xlabel="nats by the prior", ylabel="nats by the guide")
        _legend(axes)

    return draw("lengths", "Recognition: solutions", words, plot)


def _legend(axes: Axes) -> None:
    """Name what is drawn, above the chart, where it hides nothing."""
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0, fontsize=9)


def _whole(axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(visible=False, axis="x")


def _unit(seconds: float) -> tuple[float, str]:
    if seconds < 180:
        return 1.0, "seconds"
    return (60.0, "minutes") if seconds < 3 * 3600 else (3600.0, "hours")


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
