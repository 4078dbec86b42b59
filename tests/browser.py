"""A real browser for the tests: Chromium without a window, asked what it sees.

A page of ours holds the page under test in a frame of a given width, runs a script against it, and
leaves what the script returns where ``--dump-dom`` finds it.
"""

from __future__ import annotations

import functools
import html
import http.server
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-extensions")

_FRAME = """<!DOCTYPE html><html><body style="margin:0"><pre id="answer">nothing</pre>
<iframe id="frame" src="{page}" style="border:0;width:{width}px;height:2000px"></iframe><script>
const frame = document.getElementById("frame");
frame.addEventListener("load", () => {{
  const answer = document.getElementById("answer");
  try {{
    const view = frame.contentWindow, page = frame.contentDocument;
    answer.textContent = JSON.stringify((() => {{ {script} }})());
  }} catch (error) {{ answer.textContent = JSON.stringify("failed: " + error); }}
}});
</script></body></html>"""


class _Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None: ...


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine: a page from a file may not look into another."""
    handler = functools.partial(_Silent, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def browser() -> str:
    """Return the browser's path, or skip the test where there is none."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    pytest.skip(f"needs a browser: none of {', '.join(NAMES)} is installed")


def ask(page: Path, script: str, *, width: int = 1200, dark: bool = False) -> Any:
    """Return what ``script`` says of a page that is ``width`` pixels wide.

    The script is the body of a function; ``page`` is the document, ``view`` its window.
    """
    path = browser()
    frame = page.with_name(f"{page.stem}-frame.html")
    frame.write_text(_FRAME.format(page=page.name, width=width, script=script), encoding="utf-8")
    scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
    with served(page.parent) as address:
        done = subprocess.run(
            [path, *FLAGS, scheme, "--virtual-time-budget=10000", "--dump-dom",
             f"{address}/{frame.name}"],
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
    found = re.search(r'<pre id="answer">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr[-2000:]
    return json.loads(html.unescape(found[1]))
