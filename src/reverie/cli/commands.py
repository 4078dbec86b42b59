"""What each command of the ``reverie`` command line does: one table, and the short ones."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable
from contextlib import ExitStack, redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO

from ..display.progress import for_terminal
from ..domains import BUILTIN, load_domain
from ..dsl import Domain, ReverieError, UnknownName
from ..open_run import load, load_grammar, load_model
from ..store.store import Store
from .benchmark_names import BENCHMARKS
from .compression_commands import compress, rewrite
from .domain_commands import check, domains
from .learning_commands import resume, run
from .options import config_of, tasks_of
from .output import new_file, result_file, say
from .show import show_path, solutions_text

__all__ = ["COMMANDS"]


def solve(options: Namespace) -> int:
    """Solve tasks from a file."""
    from ..loop.solver import solve_all

    config = config_of(options)
    domain = load_domain(options.domain)
    tasks = tasks_of(options.tasks, domain)
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
            out = stack.enter_context(new_file(Path(options.out)))
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
    say(options, lines, solutions_text(lines))
    return 0


def show(options: Namespace) -> int:
    """Show a run or a file."""
    data, text = show_path(Path(options.path))
    say(options, data, text)
    return 0


def report(options: Namespace) -> int:
    """Write a run's report."""
    from ..reporting import report as write_report

    domain = None if options.domain is None else load_domain(options.domain)
    path = write_report(options.dir, options.out, domain)
    size = path.stat().st_size
    say(options, {"out": str(path), "bytes": size}, f"the report is in {path}, {size / 1e3:.0f} kB")
    return 0


def export(options: Namespace) -> int:
    """Write what a run learned in the form of another tool."""
    from ..exporting import export as text_of

    run = load(options.dir, _domain_of_run(options))
    with ExitStack() as stack:
        out = result_file(options.out, stack)
        text = text_of(run, options.format)
        if out:
            out.write(text)
    if options.out is None:
        say(options, {"format": options.format, "text": text}, text.removesuffix("\n"))
    else:
        told = {"format": options.format, "out": options.out}
        say(options, told, f"the export is in {options.out}")
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
