"""compress() and rewrite(): the cases that go wrong elsewhere, errors, files, conversions."""

import json
import time
from pathlib import Path

import pytest

from reverie.compression import (
    CompressionError,
    CorpusError,
    NamedPattern,
    compress,
    compress_file,
    propose,
    read_corpus,
    read_file,
    rewrite,
)
from reverie.compression.corpus.corpus import Corpus
from reverie.compression.corpus.costs import Costs
from reverie.compression.corpus.description_length import description_length


def test_a_saving_inside_a_repeated_argument_counts_once() -> None:
    result = compress(["(g (g a a) (g a a))", "(g b b)", "(g c c)"])
    assert result.rewritten == ["(fn_0 (fn_0 a))", "(fn_0 b)", "(fn_0 c)"]
    assert result.json["final_cost"] == 704


def test_the_bare_argument_is_no_abstraction() -> None:
    assert compress(["(f a a)", "(f b b)"], iterations=5).rewritten == ["(fn_0 a)", "(fn_0 b)"]


def test_weights_count_in_bound_and_utility() -> None:
    result = compress(["(f a a)", "(f b b)", "(f c c)", "(f d d)"], weights=[1, 1, 5, 5])
    assert result.json["abstractions"][0]["utility"] == 12 * 101 - 102


def test_names_in_use_are_skipped() -> None:
    result = compress(["(fn_0 a b b)", "(fn_0 c b b)", "(fn_0 #(fn_1 d) b b)"])
    assert [a.name for a in result.abstractions] == ["fn_2"]
    assert compress(["(f a a)", "(f c c)"], previous_abstractions=7).abstractions[0].name == "fn_7"


def test_options_are_python_values() -> None:
    programs = ["(f a b)", "(f c b)", "(f d b)"]
    cheap = compress(programs, structure_penalty=1.5, cost_prim={"f": 1, "b": 2})
    assert cheap.json["original_cost"] == 3 * 105
    assert not cheap.abstractions
    assert compress(programs, structure_penalty=0.5).json["abstractions"][0]["utility"] == 202


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"programs": []}, "the corpus is empty"),
        ({"programs": ["(f a)"], "iterations": -1}, "iterations must be a whole number from 0"),
        ({"programs": ["(f a)"], "max_arity": -1}, "max_arity must be a whole number from 0"),
        ({"programs": ["(f a)"], "cost_app": 0}, "the cost of apply must be"),
        ({"programs": ["(f a)"], "cost_prim": {"f": 1.5}}, "the cost of f must be"),
        ({"programs": ["(f a)"], "structure_penalty": -1}, "structure_penalty must be"),
        ({"programs": ["(f a)"], "weights": [1, 2]}, "2 weights for 1 programs"),
        ({"programs": ["(f a)"], "weights": [float("nan")]}, "a weight is a number from 0"),
        ({"programs": ["(f a)"], "tasks": []}, "0 tasks for 1 programs"),
        ({"programs": ["(f a)"], "budget": -5}, "budget must be"),
        ({"programs": ["(f a)"], "beam": 0}, "beam must be"),
        ({"programs": ["(f a)"], "threads": 0}, "threads must be"),
        ({"programs": ["(f a)"], "timeout": 0}, "timeout must be"),
        ({"programs": ["(f a)"], "held_out": []}, "the corpus is empty"),
    ],
)
def test_a_wrong_option_is_one_clear_error(arguments: dict, message: str) -> None:
    with pytest.raises(CompressionError, match=message):
        compress(**arguments)


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("(f a", 1, "has no '\\)'"),
        ("(f (g b) a))", 12, "'\\)' without a '\\('|complete here"),
        ("", 1, "nothing here"),
        ("   ", 4, "nothing here"),
        ("(f ())", 5, "is nothing"),
        ("(lam)", 5, "without body"),
        ("(lam a b)", 8, "one body"),
        ("(f lam)", 4, "first word"),
        ("(f $x)", 4, "not a known form"),
        ("(f $0_1)", 4, "tags"),
        ("(lam_1 a)", 2, "tags"),
        ("(f #0)", 4, "'#i' stands for an argument"),
        ("(f #(g a)", 1, "has no"),
        ("(f #(g (a)", 4, "without its"),
        ("a b", 3, "complete here"),
        ("(λ é b)", 6, "one body"),
    ],
)
def test_an_unreadable_program_is_named_with_its_column(
    text: str, column: int, message: str
) -> None:
    with pytest.raises(CorpusError, match=message) as caught:
        compress(["(f a)", text])
    assert (caught.value.program, caught.value.column) == (1, column)


def test_all_spellings_of_lambda_and_opaque_symbols() -> None:
    texts = ["(lambda (f $0))", "(λ (f $0))", "(lam (f $0))"]
    assert compress(texts, iterations=0).rewritten == ["(lam (f $0))"] * 3
    texts = ['(f "a (b":str #(lambda (g $0)))', '(g ")\\"":str ")']
    assert compress(texts, iterations=0).rewritten == texts


def test_json_has_stitch_s_fields() -> None:
    result = compress(["(f (g a) (h a))", "(f (g b) (h b))"], iterations=3).json
    assert set(result) == {
        "original_cost",
        "final_cost",
        "compression_ratio",
        "library_cost",
        "compression_ratio_with_library",
        "num_abstractions",
        "description_length",
        "abstractions",
        "original",
        "rewritten",
        "stopped_early",
    }
    (found,) = result["abstractions"]
    assert found["dreamcoder"] == "#(lambda (f (g $0) (h $0)))"
    assert found["num_uses"] == 2
    assert found["compression_ratio"] == found["cumulative_compression_ratio"]
    assert result["description_length"]["before"] > 0
    assert json.loads(json.dumps(result)) == result


def test_inlined_definitions_are_nested() -> None:
    deep = [f"(f (g {x} {x} k) (g {y} {y} k) (g {x} {x} k))" for x, y in ["ab", "cd", "ef", "gh"]]
    result = compress(deep, iterations=2, max_arity=2)
    texts = [a["dreamcoder"] for a in result.json["abstractions"]]
    assert all("fn_" not in text for text in texts)


def test_rewrite_uses_given_abstractions_where_cheaper() -> None:
    both = NamedPattern.read("both", "(f #0 #0)", 1)
    result = rewrite(["(f (g a) (g a))", "(f a b)", "(lam (f $0 $0))"], [both])
    assert result.rewritten == ["(both (g a))", "(f a b)", "(lam (both $0))"]
    with pytest.raises(CompressionError, match="already means something"):
        rewrite(["(both a)"], [both])


@pytest.mark.parametrize(
    ("name", "body", "arity", "message"),
    [
        ("", "a", 0, "cannot name"),
        ("a b", "a", 0, "cannot name"),
        ("f", "(g #1)", 1, "must use exactly #0"),
        ("f", "(g $0)", 0, "free variables"),
        ("f", "(g", 0, "cannot be read"),
    ],
)
def test_a_wrong_abstraction_is_refused(name: str, body: str, arity: int, message: str) -> None:
    with pytest.raises(CompressionError, match=message):
        NamedPattern.read(name, body, arity)


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "corpus.json"
    path.write_text('["(f a a)", "(f b b)"]')
    assert compress_file(path, 2, 1)["rewritten"] == ["(fn_0 a)", "(fn_0 b)"]
    frontiers = [
        {"programs": [{"program": "(lambda (f $0))"}, {"program": "a"}]},
        {"programs": []},
        {"programs": [{"program": "b"}]},
    ]
    given = read_corpus({"DSL": {}, "frontiers": frontiers, "arity": 3})
    assert (given.programs, given.tasks) == (["(lambda (f $0))", "a", "b"], [0, 0, 2])
    assert given.max_arity == 3
    for text, message in [
        ("[1]", "a program is a text"),
        ("{}", "is no corpus"),
        ("[", "is not JSON"),
        ('{"frontiers": [1]}', "frontier 0 has no list"),
        ('{"frontiers": [{"programs": [3]}]}', "frontier 0 has 3 for a program"),
    ]:
        path.write_text(text)
        with pytest.raises(CorpusError, match=message):
            read_file(path)
    with pytest.raises(CorpusError, match="cannot read"):
        read_file(tmp_path / "none.json")


def test_of_a_task_the_cheapest_program_counts() -> None:
    programs = ["(f a a a a)", "(g b)", "(f c c c c)", "(g d)"]
    alone = compress(programs)
    assert alone.abstractions[0].body == "(f #0 #0 #0 #0)"
    assert not compress(programs, tasks=[0, 0, 1, 1]).abstractions
    assert not compress(["(f a a)", "(f b b)"], tasks=["x", "x"]).abstractions
    assert compress(["(f a a)", "(f b b)", "z"], tasks=[0, 1, 1]).json["original_cost"] == 402


def test_description_length_is_the_adaptive_code_s() -> None:
    # Two tokens of two kinds: KT gives 1/2 and then 1/4.
    assert description_length(["a", "b"]) == pytest.approx(3.0)
    assert description_length(["a", "a", "a"]) == pytest.approx(0.0)


@pytest.mark.parametrize(("corpus", "arity"), [("nuts-bolts", 3), ("dials", 2), ("furniture", 2)])
def test_ten_steps_equal_the_published_ones(data: Path, corpus: str, arity: int) -> None:
    expected = json.loads((data / f"compression/expected_{corpus}-a{arity}-i10.json").read_text())
    programs = read_file(data / f"compression/cogsci/{corpus}.json").programs
    result = compress(programs, iterations=10, max_arity=arity).json
    assert result["original_cost"] == expected["original_cost"]
    ours = [a["utility"] for a in result["abstractions"]]
    assert ours[0] == expected["abstractions"][0]["utility"]
    assert ours == [a["utility"] for a in expected["abstractions"]]
    assert result["final_cost"] == expected["final_cost"]


def test_every_dreamcoder_input_is_read_and_compressed(data: Path) -> None:
    files = sorted((data / "compression/dreamcoder").glob("*.json"))
    assert files
    for path in files:
        result = compress_file(path, max_arity=3, iterations=3)
        assert result["final_cost"] <= result["original_cost"]


@pytest.mark.parametrize("arity", [2, 3])
def test_a_beam_is_never_worse_where_greedy_is_within_it(data: Path, arity: int) -> None:
    programs = read_file(data / "compression/cogsci/nuts-bolts.json").programs

    def total(result: dict) -> float:
        saved = sum(a["utility"] for a in result["abstractions"])
        return result["original_cost"] - saved

    greedy = compress(programs, iterations=6, max_arity=arity).json
    wide = compress(programs, iterations=6, max_arity=arity, beam=3).json
    assert total(wide) <= total(greedy)


def test_a_timeout_ends_the_search_with_the_best_so_far(data: Path) -> None:
    programs = read_file(data / "compression/cogsci/bridge.json").programs
    for options in ({}, {"beam": 3}, {"threads": 2}):
        began = time.monotonic()
        result = compress(programs, 1000, 3, timeout=0.3, **options).json  # type: ignore[arg-type]
        assert time.monotonic() - began < 20
        assert result["stopped_early"]
        assert result["final_cost"] == Corpus.read(result["rewritten"]).cost(Costs())
    assert not compress(["(f a a)", "(f b b)"], timeout=60).json["stopped_early"]


def test_held_out_programs_are_rewritten_and_not_learned_from() -> None:
    programs = ["(f (g a a) 1)", "(f 2 (g b b))", "(lam (g $0 $0))"]
    result = compress(programs, held_out=["(h (g c c))", "d"]).json["held_out"]
    assert result["rewritten"] == ["(h (fn_0 c))", "d"]
    assert (result["original_cost"], result["final_cost"]) == (503, 402)
    seen = description_length(["(f a)"], given=["(f a)"] * 5)
    assert seen < description_length(["(f a)"])
    assert description_length(["a"], given=["b"]) == pytest.approx(2.0)
    with pytest.raises(CompressionError, match="already means something in the held-out"):
        compress(programs, held_out=["fn_0"])


def test_several_candidates_for_one_step() -> None:
    programs = ["(f (g a) (h b))", "(f (g c) (h d))", "(f (g e) (h b))"]
    found = propose(programs, 5)
    assert len(found) == 5
    first = compress(programs).json["abstractions"][0]
    assert (found[0].body, found[0].utility) == (first["body"], first["utility"])


def test_weights_and_tasks_in_a_file(tmp_path: Path) -> None:
    given = {"programs": ["(f a a)", "(f b b)"], "tasks": ["x", "y"], "weights": [1, 2.5]}
    assert read_corpus(given).tasks == [0, 1]
    path = tmp_path / "corpus.json"
    path.write_text(json.dumps(given))
    assert compress_file(path, 1, 1)["original_cost"] == 302 * 3.5
    for wrong, message in [
        ({"programs": 1}, '"programs" must be a list'),
        ({"programs": ["a"], "weights": []}, "one for each of the 1 programs; got 0"),
        ({"programs": ["a"], "weights": ["b"]}, 'program 0: "weights" must have a number'),
        ({"programs": ["a"], "weights": [-1]}, "a weight is a number from 0"),
        ({"programs": ["a"], "tasks": [[]]}, '"tasks" must have a name'),
    ]:
        path.write_text(json.dumps(wrong))
        with pytest.raises(CompressionError, match=message):
            compress_file(path)


@pytest.mark.parametrize("corpus", ["bridge", "furniture"])
def test_two_threads_find_what_one_does(data: Path, corpus: str) -> None:
    programs = read_file(data / f"compression/cogsci/{corpus}.json").programs
    one, two = (compress(programs, 3, 2, threads=n) for n in (1, 2))
    assert [a["utility"] for a in one.json["abstractions"]] == [
        a["utility"] for a in two.json["abstractions"]
    ]
    assert one.json["final_cost"] == two.json["final_cost"]


def test_eta_long_programs_stay_so() -> None:
    programs = ["(lam (map (lam (+ $0 1)) $0))", "(lam (map (lam (* $0 2)) $0))"]
    result = compress(programs, 3, 3, eta_long=True)
    assert [a.body for a in result.abstractions] == []
    more = [f"(lam (map (lam (+ (g $0) {i})) (cdr $0)))" for i in range(4)]
    found = compress(more, 1, 2, eta_long=True)
    assert found.rewritten == [f"(lam (fn_0 $0 {i}))" for i in range(4)]
