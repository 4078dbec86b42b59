"""What makes other compressors panic or end the process, and corpora of unusual size.

Each of the numbered cases ends stitch_core 0.1.29 or makes it wrong; here it is answered rightly,
or with one clear error.
"""

import subprocess
import sys
import time

import pytest

from reverie.compression import CompressionError, compress, read_corpus
from reverie.compression.corpus.corpus import Corpus
from reverie.compression.search.abstraction_search import (
    SearchConfig,
    candidates,
)


def test_1_nested_matches_inside_a_repeated_argument() -> None:
    result = compress(["(g (g a a) (g a a))", "(g b b)", "(g c c)"])
    assert result.rewritten == ["(fn_0 (fn_0 a))", "(fn_0 b)", "(fn_0 c)"]
    assert result.json["final_cost"] == 704


def test_2_the_bare_argument_does_not_rewrite_into_itself() -> None:
    # Stitch: utility_by_rewrite=True. Here every utility is the rewritten cost, always.
    assert compress(["(f a a)", "(f b b)"], iterations=5).rewritten == ["(fn_0 a)", "(fn_0 b)"]


def test_3_weights_above_one() -> None:
    result = compress(["(f a a)", "(f b b)", "(f c c)", "(f d d)"], weights=[1, 1, 5, 5])
    assert result.json["abstractions"][0]["utility"] == 12 * 101 - 102


def test_4_eta_long_first_order_programs_still_share() -> None:
    result = compress(["(f (g a) b)", "(f (g c) b)"], eta_long=True)
    assert [a.body for a in result.abstractions] == ["(f (g #0) b)"]
    lambdas = compress(["(m (lam (f $0 a)))", "(n (lam (f $0 a)))"], eta_long=True)
    assert all(not a.body.startswith("(lam") for a in lambdas.abstractions)


def test_5_a_name_that_is_taken() -> None:
    result = compress(["(fn_0 a b c)", "(fn_0 d b c)", "(fn_0 e b c)"])
    (found,) = result.abstractions
    assert found.name == "fn_1"
    assert "fn_1" not in found.body


def test_6_frontiers_as_dreamcoder_writes_them() -> None:
    programs = [{"programs": [{"program": f"(lambda (f (g $0) {x}))"}]} for x in "abc"]
    given = read_corpus({"DSL": {"productions": []}, "frontiers": programs})
    result = compress(given.programs, tasks=given.tasks)
    assert result.rewritten == [f"(fn_0 {x})" for x in "abc"]
    assert result.json["abstractions"][0]["dreamcoder"].startswith("#(lambda ")


def test_7_options_are_values_and_errors_are_sentences() -> None:
    result = compress(
        ["(f a b)", "(f c b)", "(f d b)"], structure_penalty=1.5, cost_prim={"f": 7, "a b": 3}
    )
    assert result.json["original_cost"] == 3 * (2 + 7 + 200)
    for arguments in (
        {"programs": []},
        {"programs": ["(f a)"], "structure_penalty": -1.0},
        {"programs": ["(f a)"], "max_arity": -2},
    ):
        with pytest.raises(CompressionError) as caught:
            compress(**arguments)  # type: ignore[arg-type]
        assert "usage" not in str(caught.value).lower()


def test_8_several_candidates_are_given_where_several_are_asked_for() -> None:
    corpus = Corpus.read(["(f (g a) (h b))", "(f (g c) (h d))", "(f (g e) (h b))"])
    assert len(candidates(corpus, SearchConfig(count=5)).candidates) == 5


def test_the_process_goes_on_after_all_of_it() -> None:
    code = """
from reverie.compression import CompressionError, compress
for programs in ([], [""], ["("], ["(f"], [")"], ["(f $0)", "(f $1)"], ["\\ud800"], ["a" * 10**6],
                 ["(" * 10**5], ["$99999999"], ["(lam" + " (lam" * 40000 + " a" + ")" * 40001]):
    try:
        compress(programs, 2, 3)
    except CompressionError as error:
        assert str(error)
print("alive")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stdout == "alive\n", done.stderr[-2000:]


def test_a_chain_of_depth_3000_and_a_corpus_of_4000_programs() -> None:
    began = time.monotonic()
    deep = ["(f " * 3000 + leaf + ")" * 3000 for leaf in "ab"]
    result = compress(deep, 3, 2)
    assert result.json["final_cost"] < result.json["original_cost"] / 10
    many = [f"(f (g a{i % 50} b) (h {i % 7}))" for i in range(4000)]
    result = compress(many, 3, 2)
    assert result.json["abstractions"][0]["num_uses"] == 4000
    assert time.monotonic() - began < 60
