"""The commands that tell of a domain: ``domains`` and ``check``."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from ..domains import builtin, load_domain
from ..dsl import Domain, counted
from ..language_check import check_domain
from ..run.text_tables import table
from .output import say

__all__ = ["check", "domains"]


def domains(options: Namespace) -> int:
    """List the built-in domains, or describe one."""
    if options.domain is None:
        rows = [
            {"name": name, "primitives": len(d.primitives), "doc": d.doc}
            for name, d in builtin().items()
        ]
        text = table(
            [[r["name"], r["primitives"], r["doc"]] for r in rows], ["name", "primitives", "about"]
        )
        say(options, rows, text)
        return 0
    domain = load_domain(options.domain)
    say(options, _description(domain), _description_text(domain))
    return 0


def _description(domain: Domain) -> dict[str, Any]:
    return {
        "name": domain.name,
        "doc": domain.doc,
        "primitives": [
            {"name": p.name, "type": str(p.type), "doc": p.doc} for p in domain.primitives
        ],
        "tasks": [{"name": t.name, "request": str(t.request)} for t in domain.make_tasks()],
    }


def _description_text(domain: Domain) -> str:
    tasks = domain.make_tasks()
    primitives = table([[p.name, p.type, p.doc] for p in domain.primitives])
    names = table([[t.name, t.request] for t in tasks])
    return (
        f"{domain.name}: {domain.doc}\n\n{counted(len(domain.primitives), 'primitive')}:\n"
        f"{primitives}\n\n"
        f"{counted(len(tasks), 'task')} of its own" + (f":\n{names}" if tasks else "")
    )


def check(options: Namespace) -> int:
    """Check a language and its tasks."""
    domain = load_domain(options.domain)
    report = check_domain(domain)
    rows = [[p["name"], p["type"], p["runs"], p["note"]] for p in report["primitives"]]
    text = table(rows, ["name", "type", "runs", "note"])
    slow = [p for p in report["primitives"] if not p["native"] and p["runs"]]
    if slow:
        text += "\n\nin Python, which is slower:\n"
        text += table([[f"  {p['name']}", p["reason"]] for p in slow])
    faults = report["faults"]
    tried, missed = len(rows) - len(report["not_tried"]), len(report["not_tried"])
    if missed:
        text += f"\n\n{missed} of {counted(len(rows), 'primitive')} could not be tried"
    if faults:
        text += "\n\n" + "\n".join(f"fault: {f}" for f in faults)
    elif not missed:
        text += "\n\nno faults found"
    elif tried:
        text += f"; no faults found in the other {tried}"
    say(options, report, text)
    return 1 if faults else 0
