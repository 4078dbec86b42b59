"""The commands that work on a run: ``run``, with ``--watch``, and ``resume``."""

from __future__ import annotations

import shlex
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ..display.dashboard import view_of_run
from ..display.logs import CsvLog, TensorBoardLog
from ..domains import BUILTIN, load_domain
from ..dsl import Domain
from ..run.config import Config, InvalidOption
from ..run.events import Callback
from ..run.run import Run, record_of_run
from ..run.text_tables import record_text, without_controls
from ..store.seal import is_sealed
from ..store.store import FILE, Store
from .options import as_flag, config_of, tasks_of
from .output import say

__all__ = ["resume", "run"]


def run(options: Namespace) -> int:
    """Learn a library."""
    from ..loop.learner import learn

    config = config_of(options)
    if options.watch:
        return _watch(options, config)
    domain = load_domain(options.domain)
    tasks = None if options.tasks is None else tasks_of(options.tasks, domain)
    stamp = time.strftime("%Y%m%d-%H%M%S")
    out = Path(options.out or f"runs/{domain.name}-{stamp}")
    with _learning(options, out) as callbacks:
        result = learn(
            domain, tasks=tasks, out=out, config=config, callbacks=callbacks, source=options.domain
        )
    _say_run(options, result, out)
    return 0


def _watch(options: Namespace, config: Config) -> int:
    from ..loop.inbox_watch import watch

    if options.tasks is None:
        raise InvalidOption("--watch needs --tasks FOLDER, the folder to watch")
    out = Path(options.out or Path(options.tasks) / "run")
    with _learning(options, out) as callbacks:
        watch(options.domain, options.tasks, out=out, config=config, callbacks=callbacks)
    return 0


def resume(options: Namespace) -> int:
    """Go on with a run."""
    from ..loop.learner import CHANGEABLE, resume

    changed = {name: getattr(options, name) for name in CHANGEABLE}
    out = Path(options.folder)
    domain = _domain_to_resume(options, out)
    if options.address is None and options.executor is None and domain is not None:
        with Store.reading(out) as store:
            meta = store.meta()
        address = meta["config"].get("address")
        if (
            address
            and not is_sealed(out, meta)
            and agreed(
                f"the run in {out} was not begun here by you; search on the Ray cluster {address}?"
            )
        ):
            changed["address"] = str(address)
    try:
        with _learning(options, out) as callbacks:
            given = {k: v for k, v in changed.items() if v is not None}
            result = resume(out, domain, callbacks=callbacks, **given)
    except InvalidOption as error:
        raise as_flag(error) from None
    _say_run(options, result, out)
    return 0


def _domain_to_resume(options: Namespace, out: Path) -> Domain | None:
    """Return the domain that a person named, or agrees to; None leaves it to the run."""
    if options.domain is not None:
        return load_domain(options.domain)
    with Store.reading(out) as store:
        meta = store.meta()
    source = meta.get("source")
    if source is None:
        return None
    if source in BUILTIN:
        return load_domain(source)
    question = f"the run in {out} was not begun here by you; run the code of {source}?"
    return load_domain(source) if not is_sealed(out, meta) and agreed(question) else None


def agreed(question: str) -> bool:
    """Ask whoever sits at the terminal; where nobody does, nothing is agreed to."""
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    sys.stderr.write(without_controls(f"{question} [y/N] "))
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


@contextmanager
def _learning(options: Namespace, out: Path) -> Iterator[list[Callback]]:
    """Show and log how a run goes; where it is interrupted, say how to go on."""
    with ExitStack() as stack:
        logs: list[CsvLog | TensorBoardLog] = []
        if options.log_csv is not None:
            logs.append(CsvLog(options.log_csv))
        if options.tensorboard is not None:
            logs.append(TensorBoardLog(options.tensorboard))
        view = view_of_run(
            quiet=options.quiet,
            verbose=options.verbose,
            as_json=options.json,
            endless=getattr(options, "watch", False),
        )
        for callback in (*logs, view):
            stack.callback(callback.close)
        try:
            yield [view, *logs]
        except KeyboardInterrupt:
            raise KeyboardInterrupt(_going_on(options, out)) from None


def _going_on(options: Namespace, out: Path) -> str:
    """Say which command goes on with a run that was interrupted."""
    again = shlex.join(["reverie", *options.argv])
    if getattr(options, "watch", False):
        return f"`{again}` goes on where it was stopped"
    if not (out / FILE).exists():
        return f"nothing was begun; `{again}` begins anew"
    return f"`reverie resume {shlex.quote(str(out))}` goes on from the last finished task"


def _say_run(options: Namespace, result: Run, out: Path) -> None:
    record = {**record_of_run(result), "out": str(out)}
    say(options, record, f"{record_text(record)}\n\nthe run is in {out}")
