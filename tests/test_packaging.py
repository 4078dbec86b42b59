"""What reaches a user: one import name, whole, from wherever and however it is imported."""

import ast
import multiprocessing
import os
import pkgutil
import subprocess
import sys
import zipfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ["benchmarks", "compression", "domains", "dsl", "enumerate", "recognition"]
FACADE = ROOT / "src" / "reverie"


def python(*arguments: str, cwd: Path, path: Path) -> subprocess.CompletedProcess[str]:
    """Run a fresh interpreter in ``cwd`` that finds packages in ``path`` first."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel; without isolation, so that no network is needed."""
    out = tmp_path_factory.mktemp("dist")
    build = ["-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    done = python(*build, cwd=out, path=out)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = out.glob("*.whl")
    return path


def sources(folder: Path) -> set[str]:
    """List the files below ``folder``, caches left out and links not followed."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and path.parent.name != "__pycache__"
    }


def test_wheel_holds_the_tree_and_nothing_else(wheel: Path) -> None:
    tree = {f"reverie/{path}" for path in sources(FACADE) if path not in ROOMS}
    tree |= {f"reverie/{room}/{path}" for room in ROOMS for path in sources(ROOT / room)}
    packed = zipfile.ZipFile(wheel).namelist()
    assert {name for name in packed if ".dist-info/" not in name} == tree
    assert len(packed) == len(set(packed))


def test_wheel_has_one_top_level_package(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"reverie"}


def test_wheel_imports_from_a_foreign_folder(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    assert_imports_from(site, site, tmp_path)


def test_checkout_imports_from_a_foreign_folder(tmp_path: Path) -> None:
    assert_imports_from(ROOT / "src", ROOT, tmp_path)


def assert_imports_from(path: Path, home: Path, cwd: Path) -> None:
    """Check that every package imports, with ``path`` on the path, and from ``home``."""
    imports = ", ".join(f"reverie.{room}" for room in ROOMS)
    shown = ", ".join(f"reverie.{room}.__file__" for room in ROOMS)
    done = python("-c", f"import {imports}; print({shown}, sep='\\n')", cwd=cwd, path=path)
    assert done.returncode == 0, done.stderr
    files = [Path(line).resolve() for line in done.stdout.splitlines()]
    assert all(file.is_relative_to(home) for file in files), files
    assert [file.parent.name for file in files] == ROOMS


@pytest.mark.parametrize("room", ROOMS)
def test_spawned_worker_imports(room: str) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as workers:
        name = workers.submit(pkgutil.resolve_name, f"reverie.{room}:__name__").result(timeout=120)
    assert name == f"reverie.{room}"


def test_facade_leaves_the_builtin_enumerate_alone() -> None:
    """Importing ``reverie.enumerate`` binds that name in the facade, over the builtin."""
    tree = ast.parse((FACADE / "__init__.py").read_text(encoding="utf-8"))
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert not [call for call in calls if isinstance(call, ast.Name) and call.id == "enumerate"]


@pytest.mark.skipif(
    sys.version_info < (3, 14), reason="before 3.14 the standard library has no `compression`"
)
def test_standard_compression_imports_with_the_checkout_first(tmp_path: Path) -> None:
    imports = "import bz2, compression.zstd, gzip, lzma, tarfile, zipfile"
    done = python("-c", imports, cwd=tmp_path, path=ROOT)
    assert done.returncode == 0, done.stderr


def test_help_imports_neither_torch_nor_numba(tmp_path: Path) -> None:
    done = python("-X", "importtime", "-m", "reverie", "--help", cwd=tmp_path, path=ROOT / "src")
    assert done.returncode == 0, done.stderr
    assert "usage: reverie" in done.stdout
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "reverie.cli.parser" in imported
    assert not imported & {"torch", "numba"}
