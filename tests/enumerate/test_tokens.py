import numpy as np
import pytest

from reverie.dsl.language.library import Library
from reverie.dsl.support.errors import ReverieError
from reverie.enumerate.tokens import LAMBDA, decode, encode


@pytest.mark.parametrize(
    "text",
    [
        "(lambda $0)",
        "0",
        "(lambda (map (lambda (+ $0 1)) (cdr $0)))",
        "(lambda (lambda (if (empty? $0) 0 ($1 (cdr $0)))))",
        "(lambda (fold $0 empty (lambda (lambda (cons $1 $0)))))",
    ],
)
def test_programs_survive_encoding(languages: dict[str, Library], text: str) -> None:
    term = languages["common"].parse(text)
    tokens = encode(term, languages["common"])
    assert tokens.dtype == np.int16
    assert decode(tokens, languages["common"]) is term


def test_tokens_are_the_preorder_walk(languages: dict[str, Library]) -> None:
    library = languages["mccarthy"]
    index = {p.name: i for i, p in enumerate(library.productions)}
    term = library.parse("(lambda (lambda (+ ($1 $0) 1)))")
    assert encode(term, library).tolist() == [
        LAMBDA,
        LAMBDA,
        index["+"],
        -1 - (1 | 1 << 8),
        -1,
        index["1"],
    ]


@pytest.mark.parametrize("text", ["(lambda (map (+ 1) $0))", "((lambda $0) 1)"])
def test_only_normal_forms_are_encoded(languages: dict[str, Library], text: str) -> None:
    with pytest.raises(ReverieError, match=r"not eta-long|not beta-normal"):
        encode(languages["common"].parse(text), languages["common"])
