"""The tiny languages: each of their tasks is solved by a program written by hand."""

import math
import runpy
from pathlib import Path
from typing import Any

import pytest

from reverie.domains.registry import load_domain
from reverie.dsl.model.domain import Domain
from reverie.dsl.model.interpreter import Interpreter
from reverie.dsl.model.likelihood import holds_out

FOLDER = Path(__file__).parents[1] / "languages"
LANGUAGES = {
    name: runpy.run_path(str(FOLDER / f"{name}.py")) for name in ("turtle", "curves", "strings")
}


def cases() -> list[Any]:
    return [
        pytest.param(language["domain"], name, text, id=f"{key}: {name}")
        for key, language in LANGUAGES.items()
        for name, text in language["SOLUTIONS"].items()
    ]


@pytest.mark.parametrize(("domain", "name", "text"), cases())
def test_a_program_solves_the_task(domain: Domain, name: str, text: str) -> None:
    (task,) = [t for t in domain.make_tasks() if t.name == name]
    interpreter = Interpreter(domain.library, domain.limits)
    program = domain.library.parse(text)
    domain.library.check(program, task.request)

    score = domain.likelihood.scorer(task, task.examples, interpreter)
    log_likelihood, filled = score(program)

    assert math.isfinite(log_likelihood)
    assert log_likelihood <= 0
    assert holds_out(domain.likelihood, task, filled, interpreter) in (True, None)
    # What was found is a program like any other: judged again, it gets what it got.
    assert score(filled) == (log_likelihood, filled)
    assert score(domain.library.parse(str(filled))) == (log_likelihood, filled)


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_a_program_solves_no_other_task(language: dict[str, Any]) -> None:
    domain: Domain = language["domain"]
    program = domain.library.parse(language["SOLUTIONS"][domain.make_tasks()[0].name])
    for task in domain.make_tasks()[1:]:
        interpreter = Interpreter(domain.library)
        judged, _ = domain.likelihood.scorer(task, task.examples, interpreter)(program)
        assert judged == -math.inf, task


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_language_is_found_by_its_path(name: str) -> None:
    domain = load_domain(str(FOLDER / f"{name}.py"))
    assert domain.name == name
    assert {t.name for t in domain.make_tasks()} == LANGUAGES[name]["SOLUTIONS"].keys()
