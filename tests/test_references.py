"""Cross references in docstrings lead somewhere."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from test_architecture import BELOW, ROOT, modules

import reverie as rv

ROLE = re.compile(r":(mod|class|func|meth|data|attr|exc):`~?([^`]+)`")


def members(name: str, body: list[ast.stmt]) -> Iterator[str]:
    """Give the full name of all that is defined in the body of a module or class."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield f"{name}.{node.name}"
            if isinstance(node, ast.ClassDef):
                yield from members(f"{name}.{node.name}", node.body)
            elif node.name == "__init__":
                # What it keeps: self.name = ...
                yield from (
                    f"{name}.{place.attr}"
                    for place in ast.walk(node)
                    if isinstance(place, ast.Attribute) and isinstance(place.ctx, ast.Store)
                )
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (
                f"{name}.{place.id}"
                for target in targets
                for place in ast.walk(target)
                if isinstance(place, ast.Name)
            )
        elif isinstance(node, ast.If | ast.Try | ast.With):
            yield from members(name, [*node.body, *getattr(node, "orelse", [])])


@cache
def sources() -> dict[str, ast.Module]:
    """Return each module of ours, parsed, by its full name."""
    found = {}
    for room in BELOW:
        for path, package in modules(room):
            name = package if path.name == "__init__.py" else f"{package}.{path.stem}"
            found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


@cache
def defined() -> set[str]:
    """Return the full names of all modules, and of what they define or offer."""
    names = set(sources())
    for name, tree in sources().items():
        names.update(members(name, tree.body))
    names.update(f"reverie.{name}" for name in rv.__all__)
    stubs = (path.with_suffix(".pyi") for room in BELOW for path, _ in modules(room))
    for stub in filter(Path.is_file, stubs):
        package = ".".join(["reverie", *stub.parent.relative_to(ROOT).parts])
        package = package.replace("reverie.src.reverie", "reverie")
        for node in ast.walk(ast.parse(stub.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                names.update(f"{package}.{alias.name}" for alias in node.names)
                # A member of what is offered is one of where it is defined.
                for alias in node.names:
                    origin = f"{package}.{node.module}.{alias.name}" if node.module else ""
                    names.update(
                        f"{package}.{alias.name}{member.removeprefix(origin)}"
                        for member in list(names)
                        if origin and member.startswith(f"{origin}.")
                    )
    return names


@cache
def endings(module: str = "") -> set[str]:
    """Return the ends of the full names of what a module defines or imports, or of all names."""
    names = [name for name in defined() if not module or name.startswith(f"{module}.")]
    if module:
        names += [
            f"{module}.{alias.asname or alias.name}"
            for node in ast.walk(sources()[module])
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        ]
    return {
        ".".join(parts[i:])
        for parts in (name.split(".") for name in names)
        for i in range(len(parts))
    }


def leads_somewhere(target: str, module: str) -> bool:
    """Tell whether a role's target is defined: as Sphinx would look for it, or imported."""
    target = target.split("<")[-1].rstrip(">").removesuffix("()")
    if target.startswith("."):
        return target[1:] in endings()
    if target in defined() or target in endings(module):
        return True
    # A member of a class that is imported.
    head, _, member = target.partition(".")
    return bool(member) and head in endings(module) and target in endings()


def test_references_lead_somewhere() -> None:
    stale = []
    for module, tree in sources().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                stale += [
                    f"{module}: {role[0]}"
                    for role in ROLE.finditer(node.value)
                    if not leads_somewhere(role[2], module)
                ]
    assert stale == []


def test_a_stale_reference_is_noticed() -> None:
    assert leads_somewhere("Grammar.log_prior", "reverie.dsl.model.grammar")
    assert leads_somewhere(".Grammar.log_prior", "reverie.recognition.model")
    assert leads_somewhere("reverie.dsl.Grammar", "reverie.recognition.model")
    assert not leads_somewhere("Grammar.log_posterior", "reverie.dsl.model.grammar")
    assert not leads_somewhere("Grammar.log_prior", "reverie.enumerate.tokens")
