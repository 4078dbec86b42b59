"""The commands that work on files of programs: ``compress`` and ``rewrite``."""

from __future__ import annotations

import json
from argparse import Namespace
from contextlib import ExitStack
from pathlib import Path

from ..display.progress import for_terminal
from ..run.config import InvalidOption
from .output import result_file, say
from .show import compression_text, rewriting_text

__all__ = ["compress", "rewrite"]


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
        out = result_file(options.out, stack)
        picture = result_file(options.plot, stack)
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
    say(options, result, compression_text(result))
    return 0


def rewrite(options: Namespace) -> int:
    """Rewrite a file of programs with abstractions found before."""
    from ..compression import rewrite_file

    with ExitStack() as stack:
        out = result_file(options.out, stack)
        result = rewrite_file(Path(options.file), Path(options.abstractions))
        if out:
            json.dump(result, out, indent=1, ensure_ascii=False)
    say(options, result, rewriting_text(result))
    return 0
