"""The list primitives mean what was published, errors included."""

import copy
import itertools
import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.domains import list as lists
from reverie.domains.list import functions
from reverie.dsl.calculus.syntax import parse_type
from reverie.dsl.language.library import Primitive
from reverie.dsl.model.domain import Domain
from reverie.dsl.model.interpreter import Failure, Interpreter

DOMAINS = {d.name: d for d in (lists.base, lists.common, lists.rich, lists.origami)}

PUBLISHED = {
    "list-base": "0 1 2 3 4 5 * + - gt? eq? is-prime is-square empty cons car cdr empty? if",
    "list": "map unfold range index fold length if + - empty cons car cdr empty? 0 1 * mod gt? "
    "eq? is-prime is-square",
    "list-rich": "0 1 2 3 4 5 empty singleton range ++ mapi reducei true not and or sort + * "
    "negate mod eq? gt? is-prime is-square sum reverse all any index filter slice",
    "origami": "empty cons car cdr empty? fix1 gt? if eq? + - 0 1",
}

TYPES = {
    "+": "int -> int -> int",
    "gt?": "int -> int -> bool",
    "is-prime": "int -> bool",
    "empty": "list(t0)",
    "cons": "t0 -> list(t0) -> list(t0)",
    "car": "list(t0) -> t0",
    "cdr": "list(t0) -> list(t0)",
    "empty?": "list(t0) -> bool",
    "if": "bool -> t0 -> t0 -> t0",
    "map": "(t0 -> t1) -> list(t0) -> list(t1)",
    "unfold": "t0 -> (t0 -> bool) -> (t0 -> t1) -> (t0 -> t0) -> list(t1)",
    "range": "int -> list(int)",
    "index": "int -> list(t0) -> t0",
    "fold": "list(t0) -> t1 -> (t0 -> t1 -> t1) -> t1",
    "length": "list(t0) -> int",
    "mapi": "(int -> t0 -> t1) -> list(t0) -> list(t1)",
    "reducei": "(int -> t1 -> t0 -> t1) -> t1 -> list(t0) -> t1",
    "all": "(t0 -> bool) -> list(t0) -> bool",
    "filter": "(t0 -> bool) -> list(t0) -> list(t0)",
    "slice": "int -> int -> list(t0) -> list(t0)",
    "fix1": "t0 -> ((t0 -> t1) -> t0 -> t1) -> t1",
}


def run(domain: Domain, text: str, *inputs: Any) -> Any:
    return Interpreter(domain.library).evaluate(domain.library.parse(text), inputs)


@pytest.mark.parametrize(
    ("name", "size"), [("list-base", 19), ("list", 22), ("list-rich", 32), ("origami", 13)]
)
def test_a_set_is_as_published(name: str, size: int) -> None:
    domain = DOMAINS[name]
    assert [p.name for p in domain.primitives] == PUBLISHED[name].split()
    assert len(domain.primitives) == size
    for primitive in domain.primitives:
        if primitive.name in TYPES:
            assert primitive.type is parse_type(TYPES[primitive.name])
        assert domain.library.primitive(primitive.name) is primitive
        assert primitive.doc or not primitive.type.is_arrow


def test_the_package_offers_the_common_set() -> None:
    assert lists.domain is lists.common
    assert lists.primitives == lists.common.primitives


@pytest.mark.parametrize(
    ("domain", "text", "inputs", "value"),
    [
        ("list", "(lambda (map (lambda (+ $0 1)) $0))", ([1, 2],), [2, 3]),
        (
            "list",
            "(lambda (fold $0 empty (lambda (lambda (cons $1 $0)))))",
            ([1, 2, 3],),
            [1, 2, 3],
        ),
        ("list", "(lambda (fold $0 0 (lambda (lambda (- $1 $0)))))", ([5, 3, 1],), 3),
        (
            "list",
            "(lambda (unfold $0 (lambda (eq? $0 0)) (lambda $0) (lambda (- $0 1))))",
            (3,),
            [3, 2, 1],
        ),
        ("list", "(lambda (range $0))", (4,), [0, 1, 2, 3]),
        ("list", "(lambda (range $0))", (-2,), []),
        ("list", "(lambda (length (range $0)))", (99,), 99),
        ("list", "(lambda (index 1 $0))", ([7, 8],), 8),
        ("list", "(lambda (mod $0 (+ 1 (+ 1 1))))", (-1,), 2),
        ("list", "(lambda (if (empty? $0) 0 (car $0)))", ([],), 0),
        ("list", "(lambda (if (empty? $0) 0 (car $0)))", ([4],), 4),
        ("list-rich", "(lambda (mapi (lambda (lambda (* $1 $0))) $0))", ([5, 6, 7],), [0, 6, 14]),
        (
            "list-rich",
            "(lambda (reducei (lambda (lambda (lambda (+ $2 (+ (negate $1) $0))))) 0 $0))",
            ([5, 6],),
            2,
        ),
        ("list-rich", "(lambda (all (lambda (gt? $0 1)) $0))", ([2, 3],), True),
        ("list-rich", "(lambda (any (lambda (gt? $0 2)) $0))", ([2, 2],), False),
        ("list-rich", "(lambda (filter is-prime $0))", ([1, 2, 3, 4],), [2, 3]),
        ("list-rich", "(lambda (slice 1 3 $0))", ([1, 2, 3, 4],), [2, 3]),
        ("list-rich", "(lambda (slice 1 3 $0))", ([1],), []),
        ("list-rich", "(lambda (++ (reverse $0) (singleton (sum $0))))", ([1, 2],), [2, 1, 3]),
        ("list-rich", "(lambda (sort $0))", ([3, 1, 2],), [1, 2, 3]),
        ("list-rich", "(lambda (and (not $0) (or $0 true)))", (False,), True),
        (
            "origami",
            "(lambda (fix1 $0 (lambda (lambda (if (empty? $0) 0 (+ 1 ($1 (cdr $0))))))))",
            ([5, 5, 5],),
            3,
        ),
    ],
)
def test_a_program_has_its_value(
    domain: str, text: str, inputs: tuple[Any, ...], value: Any
) -> None:
    assert run(DOMAINS[domain], text, *inputs) == value


@pytest.mark.parametrize(
    ("domain", "text", "inputs"),
    [
        ("list", "(lambda (car $0))", ([],)),
        ("list", "(lambda (cdr $0))", ([],)),
        ("list", "(lambda (index 1 $0))", ([7],)),
        ("list", "(lambda (index (- 0 1) $0))", ([7],)),
        ("list", "(lambda (range $0))", (100,)),
        ("list", "(lambda (mod $0 0))", (3,)),
        ("list", "(lambda (unfold $0 (lambda (eq? 0 1)) (lambda $0) (lambda $0)))", (3,)),
        ("list-rich", "(lambda (slice (negate 1) 3 $0))", ([1, 2],)),
        ("origami", "(lambda (fix1 $0 (lambda (lambda ($1 $0)))))", (1,)),
    ],
)
def test_a_program_without_a_value_fails(domain: str, text: str, inputs: tuple[Any, ...]) -> None:
    assert isinstance(run(DOMAINS[domain], text, *inputs), Failure)


def test_fix1_allows_twenty_nested_calls() -> None:
    length = "(lambda (fix1 $0 (lambda (lambda (if (empty? $0) 0 (+ 1 ($1 (cdr $0))))))))"
    assert run(lists.origami, length, [0] * 19) == 19
    assert isinstance(run(lists.origami, length, [0] * 20), Failure)


def test_unfold_takes_fifty_steps() -> None:
    countdown = "(lambda (unfold $0 (lambda (eq? $0 0)) (lambda $0) (lambda (- $0 1))))"
    assert len(run(lists.common, countdown, 49)) == 49
    assert isinstance(run(lists.common, countdown, 50), Failure)


@given(st.integers(-10, 5000))
def test_primes_and_squares(x: int) -> None:
    assert functions.is_prime(x) == (x > 1 and all(x % d for d in range(2, x)))
    assert functions.is_square(x) == any(d * d == x for d in range(max(x, 0) + 1))


def test_squares_are_exact_at_the_largest_integers() -> None:
    root = math.isqrt(2**31 - 1)
    assert functions.is_square(root**2)
    assert not functions.is_square(root**2 - 1)
    assert not functions.is_square(2**31 - 1)


SAMPLES: dict[str, list[Any]] = {
    "int": [-1, 0, 2],
    "bool": [True, False],
    "t0": [3],
    "t1": [4],
    "list(int)": [[], [2, 1]],
    "list(t0)": [[], [2, 1]],
}


@pytest.mark.parametrize(
    "primitive", {id(p): p for d in DOMAINS.values() for p in d.primitives}.values(), ids=str
)
def test_no_primitive_changes_its_arguments(primitive: Primitive) -> None:
    choices = [SAMPLES.get(str(t), [lambda *given: given[-1]]) for t in primitive.type.parameters]
    if primitive.lazy or not choices:
        return
    for arguments in itertools.product(*choices):
        given_ = copy.deepcopy(arguments)
        with suppress(IndexError, ValueError, ZeroDivisionError, RecursionError):
            primitive(*given_)
        assert [a for a in given_ if not callable(a)] == [a for a in arguments if not callable(a)]
