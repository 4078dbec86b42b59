import gc
import json
from collections.abc import Callable
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from reverie.dsl.calculus.syntax import parse_type
from reverie.dsl.language.library import Library
from reverie.dsl.model.grammar import ROOT, Grammar
from reverie.enumerate.automaton import compiled_grammar
from reverie.enumerate.automaton.automaton import structure_of
from reverie.enumerate.automaton.compiled_grammar import CompiledGrammar, TablesTooLarge
from reverie.enumerate.time_limits import TimeIsUp, time_limit
from reverie.enumerate.topdown.enumerator import TopDown, programs

LIST_TO_LIST = parse_type("list(int) -> list(int)")
LIST_TO_INT = parse_type("list(int) -> int")


@pytest.mark.parametrize("language", ["common", "base"])
@pytest.mark.parametrize("request_", ["LL", "LI"])
def test_programs_and_costs_are_dreamcoders(
    data: Path, languages: dict[str, Library], language: str, request_: str
) -> None:
    bound = {"common": "10.5", "base": "12"}[language]
    name = f"enum_uniform_{language}_{request_}_lt{bound}.json"
    rows = json.loads((data / "golden" / name).read_text())
    library = languages[language]
    wanted = {library.parse(text): cost for cost, text in rows}
    request = LIST_TO_LIST if request_ == "LL" else LIST_TO_INT
    found = dict(programs(Grammar.uniform(library), request, 0.0, float(bound)))
    assert found.keys() == wanted.keys()
    assert max(abs(found[p] - wanted[p]) for p in wanted) < 1e-9


def bigram_of(message: dict, library: Library) -> Grammar:  # type: ignore[type-arg]
    """Read DreamCoder's JSON form of a contextual grammar."""
    names = [p.name for p in library.productions]
    grammar = Grammar.uniform(library, bigram=True)
    weights = np.zeros_like(grammar.weights)

    def fill(row: int, part: dict) -> None:  # type: ignore[type-arg]
        weights[row, -1] = part["logVariable"]
        for entry in part["productions"]:
            weights[row, names.index(entry["expression"])] = entry["logProbability"]

    fill(grammar.row(ROOT), message["noParent"])
    fill(grammar.row(len(library)), message["variableParent"])
    for entry in message["productions"]:
        parent = names.index(entry["program"])
        for argument, part in enumerate(entry["arguments"]):
            fill(grammar.row(parent, argument), part)
    return Grammar(library, weights)


def test_bigram_priors_are_dreamcoders(data: Path, languages: dict[str, Library]) -> None:
    library = languages["common"]
    message = json.loads((data / "golden" / "contextual_request_common_LI.json").read_text())
    golden = json.loads((data / "golden" / "contextual_logpriors_common_LI.json").read_text())
    grammar = bigram_of(message["DSL"], library)
    wanted = {library.parse(p["program"]): p["logPrior"] for p in golden["programs"]}
    assert len(wanted) == 35
    found = dict(programs(grammar, LIST_TO_INT, 0.0, 15.75))
    assert len(found) == 6072
    for program, log_prior in wanted.items():
        assert abs(grammar.log_prior(program, LIST_TO_INT) - log_prior) < 1e-9
        assert abs(found[program] + log_prior) < 1e-9


def test_bounds_may_grow_in_any_steps(languages: dict[str, Library]) -> None:
    grammar = Grammar.uniform(languages["common"])
    stepwise = TopDown(CompiledGrammar(grammar, LIST_TO_LIST))
    for upper in (2.0, 7.5, 9.0, 14.0, 13.0):
        stepwise.window(0.0, upper)
        at_once = TopDown(CompiledGrammar(grammar, LIST_TO_LIST))
        at_once.window(0.0, upper)
        assert stepwise.count() == at_once.count()


def test_new_weights_build_no_new_structure(languages: dict[str, Library]) -> None:
    library = languages["common"]
    grammar = Grammar.uniform(library)
    CompiledGrammar(grammar, LIST_TO_LIST).up_to(12.0)
    structure = structure_of(library, bigram=False, most_states=1000)
    size = len(structure)
    again = CompiledGrammar(Grammar(library, grammar.weights + 1.0), LIST_TO_LIST)
    again.up_to(12.0)
    assert again.structure is structure
    assert len(structure) == size


def test_what_other_guides_led_to_does_not_pile_up(
    languages: dict[str, Library], monkeypatch: pytest.MonkeyPatch
) -> None:
    library = languages["common"]
    with monkeypatch.context() as patch:
        patch.setattr(compiled_grammar, "KEPT_BIGRAM", 0)  # forget what other requests led to
        first = CompiledGrammar(Grammar.uniform(library, bigram=True), LIST_TO_LIST)
    first.up_to(12.0)
    again = CompiledGrammar(Grammar.uniform(library, bigram=True), LIST_TO_LIST)
    assert again.structure is first.structure
    monkeypatch.setattr(compiled_grammar, "KEPT_BIGRAM", len(first.structure) - 1)
    fresh = CompiledGrammar(Grammar.uniform(library, bigram=True), LIST_TO_LIST)
    assert len(fresh.structure) < len(first.structure)
    fresh.up_to(12.0)
    assert len(fresh.structure) == len(first.structure)


def test_structures_die_with_their_library(make_library: Callable[..., Library]) -> None:
    from weakref import ref

    library = make_library({"0": "int", "+": "int -> int -> int"})
    CompiledGrammar(Grammar.uniform(library), LIST_TO_INT).up_to(4.0)
    alive = ref(library)
    del library
    gc.collect()
    assert alive() is None


def test_too_many_states_are_refused(languages: dict[str, Library]) -> None:
    compiled_grammar = CompiledGrammar(
        Grammar.uniform(languages["common"]), LIST_TO_LIST, max_states=100
    )
    with pytest.raises(TablesTooLarge, match="more than 100 kinds of holes"):
        compiled_grammar.up_to(25.0)
    fresh = CompiledGrammar(Grammar.uniform(languages["common"]), LIST_TO_LIST)
    search = TopDown(fresh)
    search.window(0.0, 12.0)
    assert search.count() == 672


def test_full_structures_are_begun_afresh(make_library: Callable[..., Library]) -> None:
    library = make_library({"0": "int", "nil": "list(t0)", "car": "list(t0) -> t0"})
    grammar = Grammar.uniform(library)
    first = CompiledGrammar(grammar, LIST_TO_INT, max_states=20)
    first.up_to(10.0)
    assert len(first.structure) > 10
    second = CompiledGrammar(grammar, LIST_TO_INT, max_states=20)
    assert second.structure is not first.structure
    assert second.up_to(10.0).rules.tolist() == first.up_to(10.0).rules.tolist()


@pytest.mark.parametrize("inner", ["pair(t0, t0)", "list(t0)"])
def test_types_without_end_are_refused(make_library: Callable[..., Library], inner: str) -> None:
    library = make_library({"0": "int", "join": f"{inner} -> t0", "make": f"t0 -> {inner}"})
    grammar = Grammar(library, np.array([[-20.0, 20.0, -20.0, -20.0]]))
    with pytest.raises(TablesTooLarge, match="types of holes grow"):
        CompiledGrammar(grammar, LIST_TO_INT).up_to(30.0)


def test_what_nothing_can_make_an_argument_of_is_not_built(
    make_library: Callable[..., Library],
) -> None:
    """The one head that fits a grid costs nothing, and takes a function: scopes without end."""
    library = make_library(
        {"1": "int", "+": "int -> int -> int", "use": "(int -> t0) -> grid -> t0"}
    )
    grammar = Grammar.uniform(library)
    found = dict(programs(grammar, parse_type("int -> int"), 0.0, 4.5))
    assert found[library.parse("(lambda (+ $0 $0))")] == pytest.approx(3 * np.log(4))
    asked = dict(programs(grammar, parse_type("grid -> int"), 0.0, 4.5))
    assert library.parse("(lambda (use (lambda $0) $0))") in asked


def test_scopes_without_end_are_refused(make_library: Callable[..., Library]) -> None:
    library = make_library({"0": "int", "use": "(int -> int) -> int"})
    grammar = Grammar(library, np.array([[-20.0, 20.0, -20.0]]))
    with pytest.raises(TablesTooLarge, match="more than 256 variables"):
        CompiledGrammar(grammar, parse_type("int")).up_to(50.0)


def test_tables_end_with_the_time_and_go_on_later(make_library: Callable[..., Library]) -> None:
    library = make_library({"0": "int", "nil": "list(t0)", "car": "list(t0) -> t0"})
    tables = CompiledGrammar(Grammar.uniform(library), LIST_TO_INT)
    looks = count()
    with pytest.raises(TimeIsUp), time_limit(lambda _: next(looks) >= 3):
        tables.up_to(12.0)
    whole = CompiledGrammar(Grammar.uniform(library), LIST_TO_INT).up_to(12.0)
    assert tables.up_to(12.0).rules.tolist() == whole.rules.tolist()
    with pytest.raises(TablesTooLarge, match="tables of more than 5 entries"):
        CompiledGrammar(Grammar.uniform(library), LIST_TO_INT).up_to(12.0, most=5)


def test_only_the_innermost_state_continues(make_library: Callable[..., Library]) -> None:
    """A turtle's program never jumps to the continuation of an outer loop."""
    types = {"go": "turtle -> turtle", "twice": "(turtle -> turtle) -> turtle -> turtle"}
    library = make_library(types, continuation="turtle")
    request = parse_type("turtle -> turtle")
    grammar = Grammar.uniform(library)
    found = dict(programs(grammar, request, 0.0, 4.5))
    assert library.parse("(lambda (twice (lambda $0) $0))") in found
    assert library.parse("(lambda (twice (lambda $1) $0))") not in found
    for program, cost in found.items():
        assert abs(grammar.log_prior(program, request) + cost) < 1e-9


def test_unheard_of_types_have_variables_only(make_library: Callable[..., Library]) -> None:
    library = make_library({"0": "int"})
    request = parse_type("tower -> (int -> tower) -> tower")
    found = [str(p) for p, _ in programs(Grammar.uniform(library), request, 0.0, 3.0)]
    assert sorted(found) == ["(lambda (lambda $1))", "(lambda (lambda ($0 0)))"]
