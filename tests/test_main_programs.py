"""Workers for primitives and classes that are made in the main program, whatever that is."""

import subprocess
import sys
from pathlib import Path

import pytest

LANGUAGE = """
import reverie as rv

class Point:
    def __init__(self, x):
        self.x = x

    def __eq__(self, other):
        return isinstance(other, Point) and other.x == self.x

    __hash__ = None

def twice(x):
    return 2 * x

@rv.primitive
def double(x: int) -> int:
    return twice(x)

@rv.primitive
def point(x: int) -> Point:
    return Point(x)

domain = rv.Domain("mine", [double, point])
tasks = [
    rv.Task("fourfold", "int -> int", [((1,), 4), ((3,), 12)]),
    rv.Task("point", "int -> point", [((3,), Point(6)), ((4,), Point(8))]),
]
"""
SEARCH = """
for solution in rv.solve_all(domain, tasks, workers=2, budget=2000):
    print(solution, type(solution.task.examples[0].output).__name__)
"""
FOUND = {
    "fourfold: (lambda (double (double $0))) int",
    "point: (lambda (point (double $0))) Point",
}


def run(arguments: list[str], text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        check=False,
        input=text,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_primitives_from_standard_input_travel_to_workers() -> None:
    done = run([], LANGUAGE + SEARCH)
    assert set(done.stdout.splitlines()) == FOUND, done.stderr


def test_primitives_of_a_script_travel_to_workers(tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    guarded = 'if __name__ == "__main__":' + SEARCH.replace("\n", "\n    ")
    script.write_text(LANGUAGE + guarded)
    done = run([str(script)])
    assert set(done.stdout.splitlines()) == FOUND, done.stderr


def test_a_script_without_the_guard_gets_one_message(tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    script.write_text(LANGUAGE + SEARCH)
    done = run([str(script)])
    assert done.returncode == 1
    assert done.stderr.count("Traceback") == 1
    assert "imports mine.py first" in done.stderr
    assert 'put what starts searches under `if __name__ == "__main__":`' in done.stderr


def test_a_notebook_has_workers() -> None:
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    cells = [nbformat.v4.new_code_cell(source) for source in (LANGUAGE, SEARCH)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    texts = [output["text"] for output in cells[1]["outputs"] if output.get("name") == "stdout"]
    assert set("".join(texts).splitlines()) == FOUND


def test_what_cannot_travel_is_named() -> None:
    code = """
import threading
import reverie as rv

lock = threading.Lock()

@rv.primitive
def locked(x: int) -> int:
    with lock:
        return x

domain = rv.Domain("mine", [locked])
try:
    rv.solve(domain, rv.Task("t", "int -> int", [((1,), 1)]), workers=2, budget=10)
except rv.ReverieError as error:
    print(error)
"""
    done = run([], code)
    assert "primitive locked refers to what cannot be copied" in done.stdout, done.stderr
