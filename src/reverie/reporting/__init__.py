"""The report of a run: one HTML file that needs nothing else, for any browser, without a network.

The page is a Jinja template with everything escaped, its charts are drawn by matplotlib, and a
policy in its head allows its own script and style and forbids the rest. Charts are matplotlib's SVG
rather than plotly's, whose script is 4.8 MB in each file: one has 10 kB, stays sharp on paper, and
is seen with scripts off.
"""

from __future__ import annotations

import hashlib
import time
from base64 import b64encode
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

from ..display.library_plot import library_svg
from ..domains import BUILTIN, as_domain, load_domain
from ..dsl import Domain, ReverieError, write_whole
from ..open_run import folder_of, read_state
from ..run.run import Run
from ..store.store import Store
from .charts import charts_of
from .facts import facts_of
from .pictures import add_pictures, is_curve

__all__ = ["report", "report_html"]

_MARK = b"<!-- reverie report -->"


def report(
    folder: str | Path | Run,
    out: str | Path | None = None,
    domain: Domain | str | ModuleType | None = None,
) -> Path:
    """Write the report of a run, finished or under way, and return where it is.

    Args:
        folder: the run's folder, or the run, if it is kept in one.
        out: the file; ``report.html`` in the run's folder if None. An older report is replaced, any
            other file is left alone.
        domain: draws its tasks, if it can (see ``Domain.draw``). If None, a built-in domain is
            looked up; the code of any other is not run, and there is no picture.

    Raises:
        NotARun: if the folder holds no run that this version can read.
        ReverieError: if the file cannot be written or is something else, or the packages of the
            extra ``report`` are not installed.
    """
    if isinstance(folder, Run):
        domain = folder.domain if domain is None else domain
    folder = folder_of(folder)
    path = folder / "report.html" if out is None else Path(out)
    if path.is_dir():
        raise ReverieError(f"{path} is a folder; name a file to write")
    if out is None and path.exists() and not path.is_file():
        raise ReverieError(f"{path} is no file; name one with --out")
    if path.is_file() and path.stat().st_size and not _is_report(path):
        raise ReverieError(
            f"{path} exists already and is no report; nothing was written over. Name another file"
        )
    html = report_html(folder, None if domain is None else as_domain(domain))

    def save(part: Path) -> None:
        part.write_text(html, encoding="utf-8", errors="replace")

    write_whole(path, save)
    return path


def _is_report(path: Path) -> bool:
    with path.open("rb") as file:
        return _MARK in file.read(1000)


def report_html(folder: Path, domain: Domain | None = None) -> str:
    """Return the report of a run as the text of an HTML file; see :func:`report`."""
    with Store.reading(folder) as store:
        facts = facts_of(store)
    if domain is not None:
        _draw(facts, folder, domain)
    elif facts["source"] in BUILTIN:
        try:
            _draw(facts, folder, load_domain(facts["source"]))
        except ReverieError as error:  # of another version, say: the rest is worth seeing
            facts["pictures_note"] = f"There are no pictures: {error}"
    return _page(facts)


def _draw(facts: dict[str, Any], folder: Path, domain: Domain) -> None:
    if domain.draw is None and not any(is_curve(task["request"]) for task in facts["tasks"]):
        return
    own = domain.make_tasks(int(facts["config"].get("seed", 0)))
    with Store.reading(folder) as store:
        run = read_state(store, domain, own).result(domain)
    add_pictures(facts, run)


def _page(facts: dict[str, Any]) -> str:
    try:
        import jinja2
    except ImportError:
        raise ReverieError(
            "reports are made with jinja2, which is not installed: pip install 'reverie[report]'"
        ) from None
    here = files(__package__)
    script = here.joinpath("page.js").read_text(encoding="utf-8")
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"duration": _duration, "given": _given}
    page = environment.from_string(here.joinpath("page.html").read_text(encoding="utf-8"))
    text: str = page.render(
        facts=facts,
        solved=sum(task["solved"] for task in facts["tasks"]),
        seen=time.strftime("%Y-%m-%d %H:%M"),
        charts=charts_of(facts),
        library=library_svg(facts["abstractions"], link="abstraction"),
        style=here.joinpath("page.css").read_text(encoding="utf-8"),
        script=script,
        script_hash=f"sha256-{digest}",
        data={"tasks": facts["tasks"], "abstractions": facts["abstractions"]},
    )
    return text


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"


def _given(value: Any) -> str:
    if value is None or value == "":
        return "-"
    return f"{value:.2f}" if isinstance(value, float) else str(value)
