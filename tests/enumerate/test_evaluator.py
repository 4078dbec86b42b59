"""The native evaluator gives what the reference interpreter gives, whatever it is asked."""

import pickle
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba.core.bytecode import FunctionIdentity

from reverie.benchmarks.workloads.wide_language import LISTS, WIDE, make, random_programs
from reverie.dsl.calculus.syntax import parse_type
from reverie.dsl.calculus.terms import Abstraction, Term, apply
from reverie.dsl.language.decorator import primitive
from reverie.dsl.language.library import Library, Primitive, constant
from reverie.dsl.model.grammar import Grammar
from reverie.dsl.model.interpreter import Failure, Interpreter, Limits
from reverie.dsl.support.errors import ReverieError
from reverie.enumerate.native import NativeEvaluator, support
from reverie.enumerate.native.compiler import compile as compile_module
from reverie.enumerate.native.compiler import compile as native_compile
from reverie.enumerate.native.interpreter.intrinsics import INTRINSICS, opcode_of

FEW = Limits(fuel=2000)
"""Many a random program does not end, and the reference interpreter is slow to say so."""


# Each with its inputs. Failures must be failures, and values the same in every way.
CASES: list[tuple[str, tuple[Any, ...]]] = [
    ("(mod 1 0)", ()),
    ("(car empty)", ()),
    ("(lambda (index (- 0 1) $0))", ([1, 2, 3],)),
    ("(lambda (index $1 $0))", (5,)),
    ("(lambda (lambda (index $1 $0)))", (5, [1, 2])),
    ("(lambda (range $0))", (100_000,)),
    ("(lambda (range $0))", (-3,)),
    ("(lambda (* $0 $0))", (2_000_000_000,)),
    ("(lambda (* $0 (* $0 $0)))", (46_000,)),
    ("(lambda (cube $0))", (2_000_000_000,)),
    ("(lambda (sum (zip $0 $0)))", ([2_000_000_000] * 9,)),
    ("(lambda (+ $0 1))", (2**31 - 1,)),
    ("(lambda (map (lambda (map (lambda (+ $0 $1)) $1)) $0))", ([1, 2, 3],)),
    ("(lambda (fold $0 0 (lambda (lambda (+ $0 $1)))))", ([1, 2, 3],)),
    ("(lambda (fold $0 empty (lambda (lambda (cons $1 (cons $1 $0))))))", ([1, 2, 3],)),
    ("(lambda (unfold $0 (lambda (eq? $0 0)) (lambda (range $0)) (lambda (- $0 1))))", (4,)),
    ("(unfold 1 (lambda (eq? 1 0)) (lambda $0) (lambda $0))", ()),
    ("(lambda (fix1 $0 (lambda (lambda (if (eq? $0 0) 0 (+ $0 ($1 (- $0 1))))))))", (10,)),
    ("(lambda (fix1 $0 (lambda (lambda (if (eq? $0 0) 0 (+ $0 ($1 (- $0 1))))))))", (90,)),
    ("(lambda (fix1 $0 (lambda (lambda (if (eq? $0 0) 0 (+ $0 ($1 (- $0 1))))))))", (500,)),
    ("(lambda (fix1 $0 (lambda (lambda ($1 $0)))))", (1,)),
    (
        "(lambda (fix1 $0 (lambda (lambda (if (empty? $0) empty "  # noqa: ISC004
        "(cons (+ 1 (car $0)) ($1 (cdr $0))))))))",
        ([1, 2, 3],),
    ),
    ("(lambda (twice (lambda (twice (lambda (+ $0 $2)) $0)) $0))", (3,)),
    ("(lambda (map (compose (+ 1) (* $0)) (range $0)))", (4,)),
    ("(lambda (map (lambda (pair $0 (cons $0 empty))) $0))", ([1, 2],)),
    ("(lambda (map swap (zip $0 (cdr $0))))", ([1, 2, 3],)),
    ("(lambda (first (second $0)))", ((1, ([2], "x")),)),
    ("(lambda (concat (map (lambda (range $0)) $0)))", ([1, 0, 3],)),
    ("(lambda (every-other (cdr $0)))", ([1, 2, 3, 4, 5],)),
    ("(lambda (sort $0))", ([3, 1, 2],)),
    ("(lambda (sort $0))", ([37 * i % 101 - 50 for i in range(120)],)),
    ("(lambda (sort-any (zip $0 $0)))", ([3, 1, 2],)),
    ("(lambda (max $0))", ([],)),
    ("(lambda (five $0 1 1 0 $0))", (7,)),
    ("(lambda (either (gt? $0 0) (car empty)))", (1,)),
    ("(lambda (either (gt? $0 0) (car empty)))", (0,)),
    ("(lambda (same? $0 (map (lambda $0) $0)))", ([[1], [], [2, 3]],)),
    ("(lambda (lambda (same? $0 $1)))", (0.0, -0.0)),
    ("(lambda (lambda (same? $0 $1)))", ("a", "b")),
    ("(lambda (same? (cons blank empty) (cons (mark $0 blank) empty)))", (3,)),
    ("(same? (mark 1 blank) (mark 1 blank))", ()),
    ("(lambda (/. 2.5 $0))", (0.0,)),
    ("(lambda (*. $0 $0))", (1e200,)),
    ("(lambda (sqrt $0))", (2.0,)),
    ("(lambda (sqrt $0))", (-1.0,)),
    ("(lambda (floor (*. $0 2.5)))", (-3.3,)),
    ("(*. 2.5 -0.0)", ()),
    ("(lambda (map (lambda (/. (real $0) 2.5)) $0))", ([1, -2, 3],)),
    ("(next (next a))", ()),
    ("(lambda (filter vowel? $0))", (list("banane"),)),
    ("(lambda (upper (map (lambda (next $0)) $0)))", (list("abé"),)),
    ("(lambda (marks (fold $0 blank (lambda (lambda (mark $1 $0))))))", ([1, 2, 3],)),
    ("(lambda (map (lambda (mark $0 blank)) $0))", ([1, 2],)),
    ("(+. ? 2.5)", ()),
    ("(+. 0.125:real 2.5)", ()),
    ("((lambda (+ $0 $0)) (car empty))", ()),
    ("(lambda (map (+ (car $0)) empty))", ([],)),
    ("(lambda (#(lambda (lambda (+ $0 (* $1 $1)))) $0 1))", (5,)),
    ("(lambda (map #(lambda (+ $0 1)) $0))", ([1, 2],)),
    ("(lambda (map #(+ 1) $0))", ([1, 2],)),
]


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("compiled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REVERIE_CACHE", str(folder))
        yield folder


def compare(
    native: NativeEvaluator, oracle: Interpreter, program: Term, inputs: tuple[Any, ...]
) -> str:
    """Say how the two agree: value, failure, or resource where only one had enough."""
    got, wanted = native.values(program, inputs), oracle.evaluate(program, inputs)
    if isinstance(got, Failure) and isinstance(wanted, Failure):
        return "failure"
    failed = [v.reason for v in (got, wanted) if isinstance(v, Failure)]
    if failed and any(word in failed[0] for word in ("fuel", "deep", "memory")):
        return "resource"
    if callable(wanted):
        assert callable(got)
        return "function"
    assert repr(got) == repr(wanted), f"{program} on {inputs}"
    return "value"


@pytest.fixture(scope="module", params=["intrinsics", "compiled", "python"])
def native(request: pytest.FixtureRequest, cache: Path) -> NativeEvaluator:
    return NativeEvaluator(
        Library(WIDE),
        FEW,
        intrinsics=request.param == "intrinsics",
        compiled=request.param != "python",
    )


def test_agrees_on_hard_cases(native: NativeEvaluator) -> None:
    oracle = Interpreter(native.library, FEW)
    seen = Counter(
        compare(native, oracle, native.library.parse(text), inputs) for text, inputs in CASES
    )
    assert seen["resource"] <= 2
    assert seen["value"] > 35


def test_agrees_on_random_programs(native: NativeEvaluator) -> None:
    oracle = Interpreter(native.library, FEW)
    seen: Counter[str] = Counter()
    for text in ("list(int) -> list(int)", "list(int) -> int -> list(list(int))"):
        request = parse_type(text)
        for program in random_programs(native.library, request, 500, seed=1):
            for values in ([3, 1, 2], [], [5, -2, 7, 100_000]):
                inputs = (values, len(values))[: len(request.parameters)]
                seen[compare(native, oracle, program, inputs)] += 1
    assert seen["value"] > 1000
    assert seen["failure"] > 300
    assert seen["resource"] < 100


def test_agrees_on_samples_of_the_prior(cache: Path) -> None:
    library = Library(LISTS)
    native, oracle = NativeEvaluator(library, FEW), Interpreter(library, FEW)
    grammar, rng = Grammar.uniform(library), np.random.default_rng(0)
    request = parse_type("list(int) -> list(list(int))")
    drawn = [grammar.sample(request, rng, max_nodes=40) for _ in range(300)]
    seen = Counter(compare(native, oracle, p, ([4, 0, 9],)) for p in drawn if p is not None)
    assert seen["value"] + seen["failure"] > 40
    assert seen["resource"] < 5


def test_primitives_are_native_where_they_can_be(cache: Path) -> None:
    how = {s.name: s for s in NativeEvaluator(Library(WIDE), intrinsics=False).support()}
    python = {name for name, s in how.items() if not s.is_native}
    assert python <= {"empty?", "fix1", "sort-any", "mark", "marks", "upper", "vowel?", "next"}
    assert {"sort-any", "mark", "marks"} <= python
    assert all(how[name].reason for name in python)
    built_in = {s.name for s in support(Library(WIDE)) if s.how == "built in"}
    assert {"map", "unfold", "fold", "if", "cons", "empty?", "fix1", "+", "same?"} <= built_in


@pytest.mark.parametrize("intrinsic", INTRINSICS, ids=lambda i: f"{i.opcode}: {i.type}")
def test_intrinsics_are_known_by_their_code(intrinsic: Any) -> None:
    known = Primitive("it", parse_type(intrinsic.type), intrinsic.function, lazy=intrinsic.lazy)
    assert opcode_of(known) == (intrinsic.opcode, 0)
    assert opcode_of(make("it", "real -> real -> real", lambda x, y: x + y)) is None
    assert opcode_of(make("it", "int -> int -> int", lambda x, y: y + x)) is None


@pytest.mark.parametrize("intrinsic", INTRINSICS, ids=lambda i: f"{i.name}: {i.type}")
def test_authors_may_name_an_intrinsic(intrinsic: Any) -> None:
    def otherwise(*arguments: Any) -> Any:  # whose byte code is nobody's
        return intrinsic.function(*arguments)

    undeclared = Primitive("it", parse_type(intrinsic.type), otherwise, lazy=intrinsic.lazy)
    assert opcode_of(undeclared) is None
    declared = replace(undeclared, intrinsic=intrinsic.name)
    assert opcode_of(declared) == (intrinsic.opcode, 0)
    assert declared == undeclared  # it says how fast it runs, not what it is


@primitive("list(int) -> list(int)", name="sorted", intrinsic="sort")
def insertion_sort(values: list[int]) -> list[int]:
    """Sort in a way that nothing recognises."""
    result: list[int] = []
    for value in values:
        at = sum(1 for other in result if other <= value)
        result = [*result[:at], value, *result[at:]]
    return result


def test_a_declared_intrinsic_computes_what_the_function_does(cache: Path) -> None:
    library = Library([insertion_sort])
    native = NativeEvaluator(library)
    assert native.support()[0].how == "built in"
    program = library.parse("(lambda (sorted $0))")
    for values in ([], [1], [3, 1, 2, 1], [-5, 7, -5]):
        assert native.values(program, [values]) == insertion_sort(values) == sorted(values)


def test_a_declaration_travels_with_its_primitive() -> None:
    moved = pickle.loads(pickle.dumps(insertion_sort))
    assert moved.intrinsic == "sort"
    assert replace(moved, name="other").intrinsic == "sort"


@pytest.mark.parametrize(
    ("intrinsic", "type", "message"),
    [
        ("srot", "list(int) -> list(int)", "did you mean 'sort'"),
        ("xyzzy", "list(int) -> list(int)", "known: add, and, append"),
        ("sort", "list(t0) -> list(t0)", r"which is list\(int\) -> list\(int\)"),
        ("if", "bool -> t0 -> t0 -> t0", r"has \[1, 2\]"),
    ],
)
def test_a_wrong_intrinsic_is_explained(intrinsic: str, type: str, message: str) -> None:
    wrong = Primitive("it", parse_type(type), lambda *_: None, intrinsic=intrinsic)
    with pytest.raises(ReverieError, match=message):
        opcode_of(wrong)


def test_a_batch_finds_what_the_oracle_finds(cache: Path) -> None:
    library = Library(LISTS)
    native, oracle = NativeEvaluator(library, FEW), Interpreter(library, FEW)
    found = random_programs(library, parse_type("list(int) -> list(int)"), 2000, seed=2)
    tokens = [native.encode(p) for p in found]
    starts = np.cumsum([0, *map(len, tokens)])
    inputs = [([3, 1, 2],), ([5, 5],), ([],)]
    examples = native.examples(inputs, [[1, 2], [5], []])
    hits = native.run(np.concatenate(tokens), starts, examples)
    wanted = [
        i
        for i, p in enumerate(found)
        if all(
            oracle.evaluate(p, given) == out
            for given, out in zip(inputs, ([1, 2], [5], []), strict=True)
        )
    ]
    assert wanted
    assert list(hits) == wanted


def test_equal_values_are_equal_words(cache: Path) -> None:
    library = Library(WIDE)
    native, oracle = NativeEvaluator(library, FEW), Interpreter(library, FEW)
    found = random_programs(library, parse_type("list(int) -> list(list(int))"), 1000, seed=3)
    tokens = [native.encode(p) for p in found]
    inputs = [([3, 1, 2],), ([5, 5],)]
    examples = native.examples(inputs, [None, None])
    words = native.words(np.concatenate(tokens), np.cumsum([0, *map(len, tokens)]), examples)
    meant: dict[int, str] = {}
    for program, row in zip(found, words, strict=True):
        for given, word in zip(inputs, map(int, row), strict=True):
            got, wanted = native.decode(word), oracle.evaluate(program, given)
            if isinstance(got, Failure):
                assert isinstance(wanted, Failure)
            else:
                assert repr(got) == repr(wanted)
                assert meant.setdefault(word, repr(wanted)) == repr(wanted)
    assert len(meant) == len(set(meant.values())) > 20
    native.forget()
    assert native.values(library.parse("(lambda (cdr $0))"), ([1, 2],)) == [2]


def test_survives_anything(cache: Path) -> None:
    library = Library(WIDE)
    native = NativeEvaluator(library, FEW)
    rng = np.random.default_rng(0)
    choices = np.array([*range(len(library)), 0x7FFF, -1, -2, -3, -257, -258, -514, 5000, -30000])
    tokens = rng.choice(choices, 200_000).astype(np.int16)
    cuts = np.sort(rng.choice(200_000, 19_999, replace=False))
    starts = np.concatenate([[0], cuts, [200_000]])
    examples = native.examples([([1, 2, 3],), ([],)], [[7, 7, 7], [7]])
    assert len(native.run(tokens, starts, examples)) == 0
    # Programs of the right shape whose types are wrong: any production in any place.
    arity = [p.arity for p in library.productions]
    shapes = []
    for _ in range(20_000):
        open_, made = 1, [0x7FFF]
        while open_ and len(made) < 60:
            token = int(rng.integers(-3, len(arity)))
            if len(made) > 40:
                token = -1
            made.append(token)
            open_ += (arity[token] if token >= 0 else 0) - 1
        shapes.append(np.array(made + [-1] * open_, np.int16))
    starts = np.cumsum([0, *map(len, shapes)])
    native.run(np.concatenate(shapes), starts, examples)
    assert native.values(library.parse("(lambda (map (+ 1) $0))"), ([1, 2],)) == [2, 3]


@pytest.mark.parametrize("intrinsics", [True, False], ids=["built in", "in Python"])
def test_deep_programs_and_recursion_end_in_failures(cache: Path, intrinsics: bool) -> None:
    library = Library(WIDE)
    native = NativeEvaluator(library, intrinsics=intrinsics)
    deep = library.parse("1")
    for _ in range(5000):
        deep = apply(library.parse("+"), deep, library.parse("1"))
    assert isinstance(native.values(deep), Failure)
    text = "(fix1 0 (lambda (lambda " + "(+ 1 " * 300 + "($1 $0)" + ")" * 300 + ")))"
    assert isinstance(native.values(library.parse(text)), Failure)


def test_editing_a_primitive_recompiles_only_it(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[str] = []
    original = native_compile._compile

    def spy(primitive: Primitive, *rest: Any) -> Any:
        compiled.append(primitive.name)
        return original(primitive, *rest)

    monkeypatch.setattr(native_compile, "_compile", spy)
    scale = 3
    one = [make("f", "int -> int", lambda n: n * 5), make("g", "int -> int", lambda n: n * scale)]
    NativeEvaluator(Library(one))
    assert compiled == ["f", "g"]
    scale = 4
    two = [make("f", "int -> int", lambda n: n * 5), make("g", "int -> int", lambda n: n * scale)]
    native = NativeEvaluator(Library(two))
    assert compiled == ["f", "g", "g"]
    assert native.values(native.library.parse("(g (f 1:int))")) == 20


def test_python_may_be_interrupted_from_a_primitive(cache: Path) -> None:
    class Wish(KeyboardInterrupt):
        pass

    def stop(n: int) -> int:
        raise Wish

    native = NativeEvaluator(Library([make("stop", "int -> int", stop), constant("0", "int", 0)]))
    with pytest.raises(Wish):
        native.values(native.library.parse("(stop 0)"))


def test_learned_functions_are_evaluated(cache: Path) -> None:
    base = Library(LISTS)
    add = Abstraction(base.parse("(lambda (lambda (map (+ $1) $0)))"))
    library = base.extend(add)
    native, oracle = NativeEvaluator(library, FEW), Interpreter(library, FEW)
    for text in ("(lambda (fn_0 1 $0))", "(lambda (map (fn_0 1) (cons $0 empty)))"):
        program = library.parse(text)
        assert native.values(program, ([1, 2],)) == oracle.evaluate(program, ([1, 2],))


def test_compiled_code_is_named_after_its_content() -> None:
    def numbers(content: str) -> list[int]:
        with compile_module.own_names(content):
            return [next(FunctionIdentity._unique_ids) for _ in range(3)]

    outside = next(FunctionIdentity._unique_ids)
    assert numbers("p_1") == numbers("p_1")
    assert not set(numbers("p_1")) & set(numbers("p_2"))
    assert next(FunctionIdentity._unique_ids) == outside + 1


_LOOP: list[Any] = []
_LOOP.append(_LOOP)

BEYOND = [
    2**31,
    (2**31, 1),
    (1, (1, -(2**40))),
    [(1, 2**31)],
    [[2**31]],
    ([1, 2**40], 2),
    (1, 2, 2**31),
    [float("inf")],
    (1.0, float("nan")),
    "a" * 1025,
    ["a" * 1025],
    [[1] * 1025],
    _LOOP,
]
WITHIN = [2**31 - 1, (1 - 2**31, [2**31 - 1]), [(True, "ab")], ([1.5], (1, 2, 3)), [[1] * 1024]]


@pytest.mark.parametrize("value", BEYOND + WITHIN, ids=lambda v: str(v)[:16])
def test_a_primitive_in_python_gives_nothing_beyond_the_bounds(value: Any) -> None:
    # In an object numba cannot look at it, so this is called in Python and not compiled.
    kept = {"value": value}
    library = Library([make("f", "int -> t0", lambda _: kept["value"]), constant("0", "int", 0)])
    native, oracle = NativeEvaluator(library), Interpreter(library)
    assert native.support()[0].how == "python"
    program = library.parse("(f 0)")
    got, wanted = native.values(program), oracle.evaluate(program)
    assert isinstance(wanted, Failure) == isinstance(got, Failure) == (value in BEYOND)
    assert value in BEYOND or got == wanted == value


def test_a_function_that_calls_itself_runs_in_python() -> None:
    def down(n: int) -> int:
        return 0 if n == 0 else down(n - 1)

    library = Library([make("down", "int -> int", down), constant("3", "int", 3)])
    native = NativeEvaluator(library)
    assert native.support()[0].how == "python"
    assert "calls itself" in native.support()[0].reason
    assert native.values(library.parse("(down 3)")) == 0
    assert isinstance(native.values(library.parse("(down (lambda $0))")), Failure)
