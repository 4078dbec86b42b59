"""What each command of the ``reverie`` command line does."""

from __future__ import annotations

import io
import json
import shlex
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO

from ..display.dashboard import view_of_run
from ..display.logs import CsvLog, TensorBoardLog
from ..display.progress import for_terminal
from ..domains import BUILTIN, builtin, load_domain
from ..domains.task_files import read_tasks
from ..dsl import (
    Domain,
    InvalidTask,
    ReverieError,
    Task,
    UnknownName,
    counted,
    suggest,
    write_whole,
)
from ..executors import available_cores
from ..language_check import check_domain
from ..open_run import load, load_grammar, load_model
from ..run.config import LIMITS, Config, InvalidOption
from ..run.events import Callback
from ..run.run import Run, record_of_run
from ..run.text_tables import json_text, record_text, table, without_controls
from ..store.seal import is_sealed
from ..store.store import FILE, Store
from .benchmark_names import BENCHMARKS
from .show import compression_text, rewriting_text, show_path, solutions_text

__all__ = ["COMMANDS"]


def _config(options: Namespace) -> Config:
    given: dict[str, Any] = {
        name: getattr(options, name, None)
        for name in (
            "iterations", "batch", "curriculum", "timeout", "budget", "wake_timeout", "seed",
            "search", "max_arity", "memory", "executor", "address", "ranking",
        )
    }  # fmt: skip
    given["workers"] = options.workers if options.workers is not None else available_cores()
    given = {name: value for name, value in given.items() if value is not None}
    if getattr(options, "no_compression", False):
        given["compression"] = False
    if getattr(options, "no_recognition", False):
        given["recognition"] = False
    if limits := _limits(getattr(options, "limit", None) or ()):
        given["limits"] = limits
    try:
        return Config.make(**given)
    except InvalidOption as error:
        raise _as_flag(error) from None


def _limits(given: Sequence[str]) -> dict[str, int]:
    """Read what ``--limit`` was given: names and numbers."""
    found: dict[str, int] = {}
    for part in ",".join(given).split(","):
        name, _, number = part.strip().partition("=")
        if not part.strip():
            continue
        if name not in LIMITS:
            raise InvalidOption(
                f"--limit {part.strip()!r}: there is no limit {name!r}{suggest(name, LIMITS)}; it "
                "is written such as integer=1000000000000,length=5000"
            )
        try:
            found[name] = int(number)
        except ValueError:
            raise InvalidOption(
                f"--limit {part.strip()!r}: {number!r} is no whole number; it is written such as "
                f"{name}=5000"
            ) from None
    return found


def _as_flag(error: InvalidOption) -> InvalidOption:
    """Return the same fault in the words of the command line."""
    name, _, rest = str(error).partition(" ")
    return InvalidOption(f"--{name.replace('_', '-')} {rest}")


def _say(options: Namespace, data: Any, text: str) -> None:
    shown = json_text(data) if options.json else without_controls(text)
    print(shown, file=options.results)


def run(options: Namespace) -> int:
    """Learn a library."""
    from ..loop.learner import learn

    config = _config(options)
    if options.watch:
        return _watch(options, config)
    domain = load_domain(options.domain)
    tasks = None if options.tasks is None else _tasks(options.tasks, domain)
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
            and _agreed(
                f"the run in {out} was not begun here by you; search on the Ray cluster {address}?"
            )
        ):
            changed["address"] = str(address)
    try:
        with _learning(options, out) as callbacks:
            given = {k: v for k, v in changed.items() if v is not None}
            result = resume(out, domain, callbacks=callbacks, **given)
    except InvalidOption as error:
        raise _as_flag(error) from None
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
    return load_domain(source) if not is_sealed(out, meta) and _agreed(question) else None


def _agreed(question: str) -> bool:
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
    _say(options, record, f"{record_text(record)}\n\nthe run is in {out}")


def solve(options: Namespace) -> int:
    """Solve tasks from a file."""
    from ..loop.solver import solve_all

    config = _config(options)
    domain = load_domain(options.domain)
    tasks = _tasks(options.tasks, domain)
    grammar = model = None
    if options.library is not None:
        grammar = load_grammar(Path(options.library), domain)
        model = load_model(Path(options.library), domain, grammar)
    told = for_terminal(quiet=options.quiet or options.json, verbose=options.verbose)
    lines: list[dict[str, Any]] = []
    with ExitStack() as stack:
        stack.callback(told.close)
        out: TextIO | None = None
        if options.out is not None:
            out = stack.enter_context(_new_file(Path(options.out)))
        try:
            for solution in solve_all(
                domain, tasks, grammar=grammar, recognition=model, config=config, progress=told
            ):
                lines.append(solution.as_dict())
                if out:
                    out.write(json.dumps(lines[-1], ensure_ascii=False) + "\n")
                    out.flush()
        except KeyboardInterrupt:
            kept = f", whose answers are in {options.out}" if out else ""
            raise KeyboardInterrupt(f"{len(lines)} of {len(tasks)} tasks were done{kept}") from None
    _say(options, lines, solutions_text(lines))
    return 0


def _tasks(path: str, domain: Domain) -> list[Task]:
    tasks = read_tasks(Path(path))
    try:
        return domain.adopt(tasks)
    except InvalidTask as error:
        raise InvalidTask(f"{path}: {error}") from None


def _new_file(path: Path) -> TextIO:
    """Open a file to write, which must not hold anything yet."""
    if path.is_dir():
        raise ReverieError(f"{path} is a folder; name a file to write")
    if path.exists() and path.stat().st_size:
        raise ReverieError(f"{path} exists already; nothing was written over. Name another file")
    try:
        return path.open("w", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise ReverieError(f"cannot write to {path}: {error.strerror}") from None


def compress(options: Namespace) -> int:
    """Find abstractions in a file of programs."""
    from ..compression import compress_file

    for name in ("max_arity", "iterations", "look_ahead", "beam", "threads", "candidates"):
        least = 0 if name in ("max_arity", "candidates") else 1
        if getattr(options, name) < least:
            flag = "--" + name.replace("_", "-")
            raise InvalidOption(f"{flag} must be {least} or more; got {getattr(options, name)}")
    if options.timeout is not None and not options.timeout > 0:
        raise InvalidOption(f"--timeout must be more than 0 seconds; got {options.timeout}")
    title = "rounds with equal programs" if options.equations else "abstractions"
    total = options.iterations
    if options.equations:
        total = 31  # at most: the programs given, and six times five rounds
    elif options.charge_library or options.beam > 1:
        title, total = "libraries looked at", 0
    elif options.look_ahead > 1:
        total *= 2
    with ExitStack() as stack:
        out = _result_file(options.out, stack)
        picture = _result_file(options.plot, stack)
        told = for_terminal(quiet=options.quiet or options.json, verbose=options.verbose)
        stack.callback(told.close)
        told.start(title, total)
        result = compress_file(
            Path(options.file),
            max_arity=options.max_arity,
            iterations=options.iterations,
            equations=options.equations,
            held_out=options.held_out,
            candidates=options.candidates,
            look_ahead=options.look_ahead,
            beam=options.beam,
            charge_library=options.charge_library,
            timeout=options.timeout,
            threads=options.threads,
            progress=lambda _, least: told.step(f"least cost so far {least:.0f}"),
        )
        summary = f"{result['num_abstractions']} found"
        if options.equations:
            summary += f", {sum(map(bool, result['derivations']))} programs replaced"
        told.finish(summary + (", stopped early" if result["stopped_early"] else ""))
        if out:
            json.dump(result, out, indent=1, ensure_ascii=False)
        if picture:
            from ..display.library_plot import library_svg

            picture.write(library_svg(result["abstractions"]))
    _say(options, result, compression_text(result))
    return 0


def rewrite(options: Namespace) -> int:
    """Rewrite a file of programs with abstractions found before."""
    from ..compression import rewrite_file

    with ExitStack() as stack:
        out = _result_file(options.out, stack)
        result = rewrite_file(Path(options.file), Path(options.abstractions))
        if out:
            json.dump(result, out, indent=1, ensure_ascii=False)
    _say(options, result, rewriting_text(result))
    return 0


def _result_file(name: str | None, stack: ExitStack) -> TextIO | None:
    """Check, before the work, that a file for results can be written; it is written whole after it.

    Where the work fails, nothing is written.
    """
    if name is None:
        return None
    path = Path(name)
    if not path.exists():
        _check_folder(path)
    elif path.is_file() or path.is_dir():
        _new_file(path).close()
    text = io.StringIO()

    def save(part: Path) -> None:
        part.write_text(text.getvalue(), encoding="utf-8", errors="backslashreplace")

    def finish(kind: type[BaseException] | None, *rest: object) -> None:
        if kind is None:
            write_whole(path, save)

    stack.push(finish)
    return text


def _check_folder(path: Path) -> None:
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise ReverieError(f"cannot write to {path}: {error.strerror}") from None


def show(options: Namespace) -> int:
    """Show a run or a file."""
    data, text = show_path(Path(options.path))
    _say(options, data, text)
    return 0


def report(options: Namespace) -> int:
    """Write a run's report."""
    from ..reporting import report as write_report

    domain = None if options.domain is None else load_domain(options.domain)
    path = write_report(options.dir, options.out, domain)
    size = path.stat().st_size
    _say(
        options, {"out": str(path), "bytes": size}, f"the report is in {path}, {size / 1e3:.0f} kB"
    )
    return 0


def export(options: Namespace) -> int:
    """Write what a run learned in the form of another tool."""
    from ..exporting import export as text_of

    run = load(options.dir, _domain_of_run(options))
    with ExitStack() as stack:
        out = _result_file(options.out, stack)
        text = text_of(run, options.format)
        if out:
            out.write(text)
    if options.out is None:
        _say(options, {"format": options.format, "text": text}, text.removesuffix("\n"))
    else:
        told = {"format": options.format, "out": options.out}
        _say(options, told, f"the export is in {options.out}")
    return 0


def _domain_of_run(options: Namespace) -> Domain:
    """Return the domain of a run: as named by a person, or built in; no other code is run."""
    if options.domain is not None:
        return load_domain(options.domain)
    with Store.reading(Path(options.dir)) as store:
        source = store.meta().get("source")
    if source not in BUILTIN:
        raise ReverieError(
            f"the run in {options.dir} is of a domain of your own, {source or 'not named in it'}: "
            "name it with --domain, and its code is run"
        )
    return load_domain(source)


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
        _say(options, rows, text)
        return 0
    domain = load_domain(options.domain)
    _say(options, _description(domain), _description_text(domain))
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
    _say(options, report, text)
    return 1 if faults else 0


def bench(options: Namespace) -> int:
    """Run benchmarks; each prints its own table."""
    for name in options.names:
        if name not in BENCHMARKS:
            raise UnknownName("benchmark", name, BENCHMARKS)
    for name in options.names or BENCHMARKS:
        with redirect_stdout(options.results):
            print(f"{name}:")
            import_module(f"reverie.benchmarks.{name}").main()
            print()
    return 0


COMMANDS: dict[str, Callable[[Namespace], int]] = {
    "run": run,
    "resume": resume,
    "solve": solve,
    "compress": compress,
    "rewrite": rewrite,
    "show": show,
    "report": report,
    "export": export,
    "domains": domains,
    "check": check,
    "bench": bench,
}
