"""A domain is found by name, file or module, and where it is not, the message says why."""

import multiprocessing
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from reverie.domains import list as lists
from reverie.domains.registry import BUILTIN, DomainNotFound, builtin, load_domain
from reverie.dsl.model.domain import Domain
from reverie.dsl.support.errors import ReverieError

HEAD = """
from reverie.dsl.model.domain import Domain
from reverie.dsl.language.library import constant
from reverie import primitive

@primitive
def double(x: int) -> int:
    return 2 * x
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if (getattr(sys.modules[name], "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


def test_the_built_in_domains() -> None:
    found = builtin()
    assert found.keys() == BUILTIN.keys() >= {"list", "list-base", "list-rich", "origami"}
    assert found["list"] is found["list-common"] is lists.common
    assert all(domain.make_tasks() for domain in found.values())


def test_names_are_known_without_an_import() -> None:
    code = (
        "import sys, reverie.domains.registry as r; r.BUILTIN; "
        "assert not {'scipy', 'torch', 'numba', 'reverie.domains.list'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_a_file(folder: Path) -> None:
    (folder / "mine_a.py").write_text(HEAD + "anything = Domain('mine', [double])\n")
    domain = load_domain("mine_a.py")
    assert domain.name == "mine"
    assert load_domain(str(folder / "mine_a.py")).name == "mine"
    # Its values are found again under the module's name, as pickling a value requires.
    assert domain.primitives[0].value.__module__ == "mine_a"
    assert sys.modules["mine_a"].__file__ == str(folder / "mine_a.py")


def test_a_file_named_like_another_module(folder: Path) -> None:
    (folder / "json.py").write_text(HEAD + "domain = Domain('mine', [double])\n")
    before = sys.modules["json"]
    assert load_domain("json.py").name == "mine"
    assert sys.modules["json"] is before


STATE = """
class State:
    pass
state = State()
"""


@pytest.mark.parametrize("name", ["fresh.py", "json.py", "not-a-name.py"])
def test_what_a_file_makes_is_known_to_other_processes(folder: Path, name: str) -> None:
    (folder / name).write_text(STATE + HEAD + "domain = Domain('mine', [double])\n")
    domain = load_domain(name)
    module = sys.modules[domain.primitives[0].value.__module__]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        assert pool.submit(repr, module.state).result().startswith("<")


def test_a_file_may_import_its_neighbours(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "neighbour.py").write_text("number = 7\n")
    text = "from neighbour import number\n" + HEAD + "domain = Domain(f'mine{number}', [double])\n"
    (folder / "sub" / "has_neighbour.py").write_text(text)
    assert load_domain("sub/has_neighbour.py").name == "mine7"


def test_a_file_of_primitives_is_a_language(folder: Path) -> None:
    (folder / "doubling.py").write_text(f'"""Doubles."""\n{HEAD}one = constant("1", "int", 1)\n')
    domain = load_domain("doubling.py")
    assert domain.name == "doubling"
    assert [p.name for p in domain.primitives] == ["double", "1"]
    assert domain.doc == "Doubles."


def test_one_of_several_domains(folder: Path) -> None:
    text = HEAD + "a = Domain('a', [double])\nb = Domain('b', [double])\n"
    (folder / "several.py").write_text(text)
    with pytest.raises(DomainNotFound, match=r"has 2 domains, a, b; .* several.py:a"):
        load_domain("several.py")
    assert load_domain("several.py:b").name == "b"
    (folder / "several.py").write_text(text + "domain = a\n")
    assert load_domain("several.py").name == "a"


def test_a_module(folder: Path) -> None:
    assert load_domain("reverie.domains.list:rich") is lists.rich
    (folder / "package_x").mkdir()
    (folder / "package_x" / "mine.py").write_text(HEAD + "here = Domain('mine', [double])\n")
    assert load_domain("package_x.mine:here").name == "mine"


def test_a_language_file(folder: Path) -> None:
    (folder / "small_functions.py").write_text("def double(x):\n    return 2 * x\n")
    (folder / "small.dsl").write_text(
        "primitive double : int -> int from small_functions:double\n"
        "primitive 1 : int = 1\n"
        "abstraction four : int -> int = (lambda (double (double $0)))\n"
    )
    domain = load_domain("small.dsl")
    assert isinstance(domain, Domain)
    assert domain.name == "small"
    assert list(domain.library.abstractions) == ["four"]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("lisst", "unknown domain 'lisst'; did you mean 'list'"),
        ("no/such/thing", "a domain is a built-in name, path/to/file.py"),
        ("absent.py", "absent.py: no such file"),
        ("emtpy.py", "emtpy.py: no such file; did you mean 'empty.py'"),
        ("absent.dsl", "absent.dsl: no such file"),
        ("empty.py", "has neither a Domain nor primitives"),
        ("raises.py", "raises.py, line 3: ValueError: oh no"),
        ("below.py", "below.py, line 2: ModuleNotFoundError: No module named 'nowhere'"),
        ("syntax.py", "syntax.py, line 2: SyntaxError: "),
        ("leaves.py", "leaves.py, line 1: SystemExit: 3"),
        ("latin.py", "latin.py: not UTF-8"),
        ("empty.py:x", "empty.py has no 'x'"),
        ("nowhere.at_all:x", "no module nowhere.at_all"),
        ("below:x", "module below: ModuleNotFoundError: No module named 'nowhere'"),
        ("raises:x", "module raises: ValueError: oh no"),
        ("reverie.domains.list:rihc", "has no 'rihc'; did you mean 'rich'"),
        ("reverie.domains.list:primitives", "primitives in module reverie.domains.list is not a"),
        ("reverie.domains.list:", "unknown domain"),
    ],
)
def test_a_fault_is_named(folder: Path, text: str, part: str) -> None:
    (folder / "empty.py").write_text("x_1 = 1\n")
    (folder / "raises.py").write_text("def f():\n    pass\nraise ValueError('oh no')\n")
    (folder / "below.py").write_text("pass\nimport nowhere\n")
    (folder / "syntax.py").write_text("x = 1\nx = = 2\n")
    (folder / "leaves.py").write_text("raise SystemExit(3)\n")
    (folder / "latin.py").write_bytes(b"# \xe9\n")
    with pytest.raises(DomainNotFound) as caught:
        load_domain(text)
    assert part in str(caught.value)


def test_a_fault_in_a_language_file_has_its_place(folder: Path) -> None:
    (folder / "broken.dsl").write_text("primitive 1 : int = 1\nprimitive 2 int = 2\n")
    with pytest.raises(ReverieError, match="line 2"):
        load_domain("broken.dsl")
