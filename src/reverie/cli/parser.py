"""The ``reverie`` command: what it takes; :mod:`reverie.cli.commands` does the work.

Nothing heavy is imported before a command is known, so that ``--help`` answers at once.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import os
import re
import sys
import threading
from collections.abc import Sequence
from typing import Any, NoReturn

from .. import __version__
from .benchmark_names import BENCHMARKS

__all__ = ["main"]

SEARCHES = ("auto", "bottom-up", "top-down")
FORMATS = ("json", "python", "sympy", "latex", "dreamcoder", "stitch", "dot", "graphml")
"""Named here too, since to import them takes longer than a help may take; tests compare."""

EPILOG = """\
DOMAIN is a built-in name (see `reverie domains`), a file path/to/file.py or path/to/file.dsl, or
package.module:object. A .py file and what a .dsl file names are code, and are run.

exit status: 0 done; 1 ran, and did not reach what was asked for; 2 bad use or bad input
"""


class _Parser(argparse.ArgumentParser):
    """A parser that says what may have been meant by a command or a flag that there is not."""

    def error(self, message: str) -> NoReturn:
        from ..dsl import suggest

        given = re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)", message, re.DOTALL)
        unknown = re.search(r"unrecognized arguments: (.*)", message, re.DOTALL)
        if given and self._subparsers is not None:
            known = re.findall(r"[\w-]+", given[2])
            message = f"there is no command {given[1]!r}{suggest(given[1], known)}"
        elif unknown:
            flags = [word for word in unknown[1].split() if word.startswith("-")]
            if flags:
                flag = flags[0].partition("=")[0]
                known = [f for f in self._option_string_actions if f.startswith("--")]
                message = f"there is no option {flag}{suggest(flag, known, most=40)}"
            else:
                message = f"there is nothing that {unknown[1]!r} could be"
        self.exit(2, f"{self.prog}: {message}; `{self.prog} --help` says more\n")

    def parse_args(self, *given: Any, **named: Any) -> Any:
        options, rest = self.parse_known_args(*given, **named)
        if rest:
            # The command's own parser knows which flags there are.
            asked: argparse.ArgumentParser = getattr(options, "parser", self)
            asked.error(f"unrecognized arguments: {' '.join(rest)}")
        return options


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    common = _Parser(add_help=False)
    group = common.add_argument_group("output")
    group.add_argument("--json", action="store_true", help="print the result as JSON, nothing else")
    group.add_argument("-q", "--quiet", action="store_true", help="no progress")
    group.add_argument("-v", "--verbose", action="store_true", help="progress as lines, with more")
    group.add_argument("--debug", action="store_true", help="show tracebacks")

    parser = _Parser(
        prog="reverie",
        description="Learn to write programs, and the library to write them in, from examples.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"reverie {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def command(name: str, help: str) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = commands.add_parser(
            name,
            parents=[common],
            help=help,
            description=help[0].upper() + help[1:] + ".",
            epilog=EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        made.set_defaults(parser=made)
        return made

    run = command("run", "learn a library by rounds of wake and sleep")
    run.add_argument("domain", metavar="DOMAIN")
    run.add_argument("--tasks", metavar="FILE", help="tasks to solve (default: the domain's own)")
    run.add_argument(
        "--watch",
        action="store_true",
        help="go on for ever with what is dropped into the folder that --tasks names, and append "
        "answers to answers.jsonl there",
    )
    run.add_argument("--iterations", type=int, metavar="N", help="rounds (default: 3)")
    _search_options(run)
    run.add_argument(
        "--out", metavar="DIR", help="a new folder for the run (default: runs/DOMAIN-DATE-TIME)"
    )
    run.add_argument(
        "--batch", type=int, metavar="N", help="tasks that a round searches (default: all)"
    )
    run.add_argument(
        "--curriculum",
        metavar="NAME",
        help="which tasks come first: unsolved, given or random (default: unsolved)",
    )
    run.add_argument(
        "--wake-timeout",
        type=float,
        metavar="S",
        help="seconds after which a round's searching ends, done or not (default: no bound)",
    )
    run.add_argument("--no-compression", action="store_true", help="learn no abstractions")
    run.add_argument(
        "--no-recognition",
        action="store_true",
        help="train no recognition model, and search without its guidance",
    )
    run.add_argument(
        "--max-arity", type=int, metavar="N", help="arguments of abstractions, at most (default: 3)"
    )
    _log_options(run)

    resume = command("resume", "go on with a run that was interrupted, or for more rounds")
    resume.add_argument("folder", metavar="DIR")
    resume.add_argument(
        "--iterations",
        type=int,
        metavar="N",
        help="rounds in all (default: as many as it was begun for)",
    )
    _executor_options(resume)
    _domain_option(resume, "searches go on in")
    _log_options(resume)

    solve = command("solve", "solve tasks from a file with a language as it is")
    solve.add_argument("domain", metavar="DOMAIN")
    solve.add_argument("--tasks", metavar="FILE", required=True, help="the tasks")
    solve.add_argument(
        "--library",
        metavar="FILE|DIR",
        help="abstractions from a run's folder, a .dsl file, or a .json file of Reverie, "
        "DreamCoder or Stitch",
    )
    _search_options(solve)
    solve.add_argument(
        "--out", metavar="FILE.jsonl", help="write a line for each task as soon as it is known"
    )

    compress = command("compress", "find abstractions that shorten a file of programs")
    compress.add_argument("file", metavar="FILE", help="a JSON array of programs, or frontiers")
    compress.add_argument(
        "--max-arity",
        type=int,
        default=2,
        metavar="N",
        help="arguments of abstractions, at most (default: 2)",
    )
    compress.add_argument(
        "--iterations", type=int, default=3, metavar="N", help="abstractions to find (default: 3)"
    )
    compress.add_argument(
        "--charge-library",
        action="store_true",
        help="the library that costs least with the programs, not the best abstraction each time",
    )
    compress.add_argument(
        "--beam",
        type=int,
        default=1,
        metavar="N",
        help="look for it among the extensions of N libraries; implies --charge-library above 1 "
        "(default: 1)",
    )
    compress.add_argument(
        "--look-ahead",
        type=int,
        default=1,
        metavar="N",
        help="compare N sequences of good steps, and take the one that is best in the end "
        "(default: 1)",
    )
    compress.add_argument(
        "--timeout",
        type=float,
        metavar="S",
        help="take the best found in S seconds, and say so (default: no bound)",
    )
    compress.add_argument(
        "--threads", type=int, default=1, metavar="N", help="that search (default: 1)"
    )
    compress.add_argument(
        "--candidates",
        type=int,
        default=0,
        metavar="N",
        help="list the N best first abstractions (default: none)",
    )
    compress.add_argument(
        "--held-out", metavar="FILE", help="programs to try what was found on; not learned from"
    )
    compress.add_argument(
        "--equations",
        metavar="FILE",
        help="programs may become others that these make equal; lines `name: left => right`",
    )
    compress.add_argument("--out", metavar="FILE.json", help="write the result there")
    compress.add_argument("--plot", metavar="FILE.svg", help="draw which abstraction uses which")

    rewrite = command("rewrite", "rewrite a file of programs with abstractions found before")
    rewrite.add_argument("file", metavar="FILE", help="a JSON array of programs, or frontiers")
    rewrite.add_argument(
        "--abstractions",
        metavar="FILE",
        required=True,
        help="what `reverie compress --out` wrote, or a JSON array of {name, body, arity}",
    )
    rewrite.add_argument("--out", metavar="FILE.json", help="write the result there")

    show = command("show", "show a run, an export, a language, tasks, solutions or a compression")
    show.add_argument("path", metavar="DIR|FILE")

    report = command("report", "write a run's report, one HTML file that opens anywhere")
    report.add_argument("dir", metavar="DIR", help="the folder of a run, finished or under way")
    report.add_argument(
        "--out", metavar="FILE.html", help="the file (default: report.html in the run's folder)"
    )
    _domain_option(report, "draws the tasks")

    export = command("export", "write what a run learned in the form of another tool")
    export.add_argument("dir", metavar="DIR", help="the folder of a run, finished or under way")
    export.add_argument(
        "--format",
        required=True,
        metavar="FORMAT",
        help=f"{_listed(FORMATS)}",
    )
    export.add_argument("--out", metavar="FILE", help="a new file (default: standard output)")
    _domain_option(export, "says what its primitives are")

    domains = command("domains", "list the built-in domains, or describe one")
    domains.add_argument("domain", metavar="DOMAIN", nargs="?")

    check = command("check", "check a language and its tasks before using it")
    check.add_argument("domain", metavar="FILE.py|FILE.dsl|MODULE:OBJECT")

    bench = command("bench", "measure on this machine what the documentation claims")
    bench.add_argument(
        "names", metavar="NAME", nargs="*", help=f"which: {', '.join(BENCHMARKS)} (default: all)"
    )
    return parser


def _log_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("logs")
    group.add_argument(
        "--log-csv", metavar="FILE", help="append searches, measurements and phases to a CSV file"
    )
    group.add_argument("--tensorboard", metavar="DIR", help="write numbers for TensorBoard there")


def _domain_option(parser: argparse.ArgumentParser, use: str) -> None:
    parser.add_argument(
        "--domain",
        metavar="DOMAIN",
        help=f"the run's domain, which {use}; needed where it is code of your own, which is run "
        "only if you name it",
    )


def _executor_options(parser: argparse._ActionsContainer) -> None:
    parser.add_argument(
        "--workers", type=int, metavar="N", help="tasks searched at once (default: all cores)"
    )
    parser.add_argument(
        "--executor",
        metavar="NAME",
        help="where searches run: serial, processes or ray (default: processes if there is more "
        "than one worker)",
    )
    parser.add_argument(
        "--address", metavar="HOST:PORT", help="of a running Ray cluster (default: one of its own)"
    )


def _search_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("search")
    group.add_argument(
        "--timeout",
        type=float,
        metavar="S",
        help="seconds of search for each task and round, on one core (default: 1)",
    )
    group.add_argument(
        "--budget",
        type=int,
        metavar="N",
        help="programs considered for each task and round, instead of a timeout: with it the same "
        "seed gives the same output again, which seconds do not",
    )
    _executor_options(group)
    group.add_argument("--seed", type=int, metavar="N", help="for all that is random (default: 0)")
    group.add_argument(
        "--search",
        metavar="NAME",
        help=f"which search to use: {_listed(SEARCHES)} (default: auto)",
    )
    group.add_argument(
        "--ranking",
        metavar="NAME",
        help="which of the programs that solve a task comes first: posterior, the most probable; "
        "or uses-inputs, less 4 nats for each input that it ignores (default: the domain's own, "
        "uses-inputs for the built-in ones)",
    )
    group.add_argument(
        "--limit",
        metavar="NAME=N,...",
        action="append",
        help="limits on evaluations in place of the domain's: integer=N, the largest integer, "
        "length=N, the longest list or text, fuel=N, calls in all, depth=N, calls in one another",
    )
    group.add_argument(
        "--memory", type=float, metavar="GB", help="memory that one search may use (default: 2)"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line on ``argv`` and return its exit status."""
    _open_closed_streams()
    options = build_parser().parse_args(argv)
    options.argv = sys.argv[1:] if argv is None else list(argv)
    try:
        return _run(options)
    except KeyboardInterrupt as stop:
        sys.stderr.write(f"\ninterrupted{''.join(f'; {how}' for how in stop.args)}\n")
        return 130


def _open_closed_streams() -> None:
    """Let what is said to a stream that the caller closed go nowhere.

    Python has ``None`` in its place, which nothing can be written to; and its number would go to
    the next file that is opened, so that a library's complaints would get into a run.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            null = os.open(os.devnull, os.O_RDWR)
            if null != number:
                os.dup2(null, number)
                os.close(null)
            setattr(sys, name, os.fdopen(number, "r" if number == 0 else "w", closefd=False))


def _run(options: argparse.Namespace) -> int:
    # Importing compiles what was never compiled on this machine, which must not look like a hang.
    patience = threading.Timer(2.0, sys.stderr.write, ["loading (the first time, compiling) ...\n"])
    patience.daemon = True
    if not (options.quiet or options.json):
        patience.start()
    from ..precompile import COMPRESSING, LEARNING, SEARCHING, compile_kernels

    needed = {
        **dict.fromkeys(("run", "resume"), LEARNING),
        **dict.fromkeys(("compress", "rewrite"), COMPRESSING),
        **dict.fromkeys(("show", "report", "export", "domains"), ()),
    }
    compile_kernels(needed.get(options.command, SEARCHING))
    from ..dsl import ReverieError
    from ..run.text_tables import without_controls
    from .commands import COMMANDS

    if logging.lastResort is not None:  # what is logged goes to standard error, too
        logging.lastResort.setFormatter(_Plain())
    options.results = sys.stdout
    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal may lack a character of a result
        sys.stdout.reconfigure(errors="backslashreplace")
    patience.cancel()

    try:
        # What a domain's own code prints must not get among the results.
        with contextlib.redirect_stdout(sys.stderr):
            status: int = COMMANDS[options.command](options)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read standard output has gone; closing it here would complain again at exit.
        sys.stderr.close()
        return 1
    except (ReverieError, OSError, UnicodeError) as error:
        if options.debug:
            raise
        message = without_controls(_message(error))
        sys.stderr.write(f"reverie {options.command}: {message}\n")
        return 2
    except SystemExit as stop:
        sys.stderr.write(
            f"reverie {options.command}: the domain's own code called exit({stop.code!r}); "
            "it may raise exceptions instead\n"
        )
        return 2
    except Exception as error:
        if options.debug:
            raise
        message = without_controls(f"{type(error).__name__}: {error}")
        sys.stderr.write(
            f"reverie {options.command}: {message}\nThis is a defect, of "
            "Reverie or of the domain's own code: --debug shows where it comes from\n"
        )
        return 2
    return status


class _Plain(logging.Formatter):
    """Formats what is logged without what would command a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        from ..run.text_tables import without_controls

        return without_controls(super().format(record))


def _message(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error)
