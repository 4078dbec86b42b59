"""Finding a domain by what a person writes for it.

``DOMAIN`` is the name of a built-in domain, a Python file, a language file (``.dsl``) or
``package.module:object``. Reading either kind of file runs it: it is code, to be trusted like code.
"""

from __future__ import annotations

import importlib
import sys
import traceback
from pathlib import Path, PurePath
from types import ModuleType
from typing import Any

from ..dsl import (
    Domain,
    Primitive,
    ReverieError,
    read_language_file,
    read_text,
    run_file,
    search_too,
    suggest,
)

__all__ = ["BUILTIN", "DomainNotFound", "as_domain", "builtin", "load_domain", "source_of"]

BUILTIN = {
    "deepcoder": "reverie.domains.deepcoder:domain",
    "list": "reverie.domains.list:common",
    "list-base": "reverie.domains.list:base",
    "list-common": "reverie.domains.list:common",
    "list-rich": "reverie.domains.list:rich",
    "origami": "reverie.domains.list:origami",
}
"""Where each built-in domain lies; nothing is imported to know their names."""

FORMS = "a built-in name, path/to/file.py, path/to/file.dsl or package.module:object"


class DomainNotFound(ReverieError):
    """What was given for a domain leads to none; the message says why and what would."""


def builtin() -> dict[str, Domain]:
    """Return the built-in domains by name."""
    return {name: load_domain(name) for name in BUILTIN}


def load_domain(text: str) -> Domain:
    """Return the domain that ``text`` stands for: one of the forms that this module names.

    A Python file should hold one :class:`Domain`; of several the one called ``domain`` is taken,
    or the one named after a colon (``file.py:name``). A file that holds primitives and no domain
    is a language: it becomes a domain named after the file, without tasks of its own.

    Raises:
        DomainNotFound: if there is no such domain, file, module or object, or it is something else.
        ReverieError: if a language file has a fault.
    """
    if text in BUILTIN:
        text = BUILTIN[text]
    place, _, name = text.partition(".py:")
    if name:
        return _named(_run(Path(f"{place}.py")), name, f"{place}.py")
    if text.endswith(".py"):
        return _only(_run(Path(text)), text)
    if text.endswith(".dsl"):
        return _language(Path(text))
    module, _, name = text.partition(":")
    if name and "/" not in module:
        return _named(_import(module), name, f"module {module}")
    raise DomainNotFound(f"unknown domain {text!r}{suggest(text, BUILTIN)}; a domain is {FORMS}")


def as_domain(given: Any) -> Domain:
    """Return the domain that is meant by a domain, what :func:`load_domain` takes, or a module.

    A module, such as ``reverie.domains.list``, stands for the domain in it.

    Raises:
        DomainNotFound: if it is none of these, or there is no such domain.
    """
    if isinstance(given, Domain):
        return given
    if isinstance(given, (str, PurePath)):
        return load_domain(str(given))
    if isinstance(given, ModuleType):
        return _only(given, f"module {given.__name__}")
    raise DomainNotFound(
        f"{given!r:.60} is no domain; give a Domain, a module that holds one, or a text: {FORMS}"
    )


def source_of(given: Any) -> str | None:
    """Return how what :func:`as_domain` takes can be named again; None if that is not known."""
    if isinstance(given, (str, PurePath)):
        return str(given)
    domain = as_domain(given)
    for name, place in BUILTIN.items():
        module, _, attribute = place.partition(":")
        if getattr(sys.modules.get(module), attribute, None) is domain:
            return name
    return None


def _named(module: ModuleType, name: str, place: str) -> Domain:
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            here = [n for n, v in vars(module).items() if isinstance(v, Domain)]
            raise DomainNotFound(f"{place} has no {name!r}{suggest(name, here)}")
        found = getattr(found, part)
    if not isinstance(found, Domain):
        raise DomainNotFound(
            f"{name} in {place} is not a Domain but of type {type(found).__name__}; make one with "
            "Domain(name, primitives)"
        )
    return found


def _only(module: ModuleType, path: str) -> Domain:
    """Return the domain of a file that was not asked for by name."""
    values = vars(module)
    if isinstance(values.get("domain"), Domain):
        return _named(module, "domain", path)
    domains = {id(v): n for n, v in values.items() if isinstance(v, Domain)}
    names = sorted(domains.values())
    if len(names) == 1:
        return _named(module, names[0], path)
    if names:
        raise DomainNotFound(
            f"{path} has {len(names)} domains, {', '.join(names)}; call one of them domain, or "
            f"name one: {path}:{names[0]}"
        )
    if primitives := list({id(v): v for v in values.values() if isinstance(v, Primitive)}.values()):
        doc = (module.__doc__ or "").split("\n")[0]
        try:
            return Domain(Path(path).stem, primitives, doc=doc)
        except ReverieError as error:
            raise DomainNotFound(f"{path}: {error}") from None
    raise DomainNotFound(
        f"{path} has neither a Domain nor primitives; write domain = Domain(name, primitives), or "
        "decorate functions with @primitive"
    )


def _language(path: Path) -> Domain:
    _text(path)  # says more where there is no such file
    search_too(path.resolve().parent)
    library = read_language_file(path)
    return Domain(
        library.name if library.name != "language" else path.stem,
        library.primitives,
        continuation=library.continuation,
        doc=f"The language of {path.name}.",
        abstractions=library.abstractions,
    )


# ---- code from elsewhere -------------------------------------------------------------------------


def _import(name: str) -> ModuleType:
    search_too(Path.cwd())  # a person names modules as they see them from where they are
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise _raised(f"module {name}", error) from error
        raise DomainNotFound(
            f"no module {name}: {error}; run where it can be imported, or give the path of its file"
        ) from None
    except (Exception, SystemExit) as error:
        raise _raised(f"module {name}", error) from error


def _run(path: Path) -> ModuleType:
    _text(path)  # says more where there is no such file
    try:
        return run_file(path)
    except (Exception, SystemExit) as error:
        raise _raised(str(path), error, path.resolve()) from error


def _text(path: Path) -> str:
    try:
        return read_text(path)
    except FileNotFoundError:
        beside = [p.name for p in path.parent.glob("*") if p.suffix == path.suffix]
        hint = suggest(path.name, beside) if beside else ""
        raise DomainNotFound(f"{path}: no such file{hint}") from None
    except UnicodeDecodeError:
        raise DomainNotFound(f"{path}: not UTF-8 text") from None
    except OSError as error:
        raise DomainNotFound(f"{path}: cannot be read: {error.strerror}") from None


def _raised(place: str, error: BaseException, file: Path | None = None) -> DomainNotFound:
    """Return an error that says what the code raised, and on which line of it."""
    if isinstance(error, SyntaxError):
        frames = [(error.filename, error.lineno)]
        shown = error.msg
    else:
        frames = [(f.filename, f.lineno) for f in traceback.extract_tb(error.__traceback__)]
        shown = str(error)
    lines = [line for name, line in frames if file is None or name == str(file)]
    where = f", line {lines[-1]}" if lines and file is not None else ""
    if isinstance(error, ReverieError):  # says what to do by itself
        return DomainNotFound(f"{place}{where}: {shown}")
    message = f"{place}{where}: {type(error).__name__}: {shown}"
    return DomainNotFound(f"{message}; the file must run without error")
