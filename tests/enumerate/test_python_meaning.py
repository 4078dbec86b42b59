"""Compiled code means what Python means: primitives as people write them, compared on many values.

Each is evaluated natively and by the reference interpreter; values must be the same, types of
numbers included, and failures must be failures.
"""

from __future__ import annotations

import functools
import itertools
import math
import operator
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reverie.dsl import Failure, Interpreter, Library, Primitive, parse_type
from reverie.enumerate.native import NativeEvaluator

INTEGERS = [0, 1, -1, 2, -3, 7, 10, 63, 64, 100, -256, 46341, 99999, 2**31 - 1, 1 - 2**31]
FEW = [0, 1, -1, 2, 3, -5, 10, 31, 40, 64, 65]
"""Arguments of shifts and powers, which make long numbers of short ones."""
REALS = [
    *(0.0, -0.0, 0.5, 1.5, 2.5, -0.5, -2.5, 0.15, 1.05, 2.675, -4.0, 3.0, 710.0, 1e-310),
    *(1e16, 2.0**53, 2.0**63, -(2.0**63), 1e19, 1e300, -1e300),
]
TRUTHS = [False, True]
CHARACTERS = list("aZ09 _-é²½ßǅ٠\n")
LISTS: list[Any] = [
    *([], [0], [5], [1, 2, 3], [3, -1, 2], [7, 7, 7], [2**31 - 1] * 3, [-(2**31) + 1, 2**31 - 1]),
    [0, 37, 74, 10, 47, 84, 20, 57, 94, 30, 67, 3, 40, 77, 13, 50, 87, 23, 60, 97, 33, 70, 6, 43],
]
VALUES: dict[str, list[Any]] = {
    "int": INTEGERS,
    "real": REALS,
    "bool": TRUTHS,
    "char": CHARACTERS,
    "list(int)": LISTS,
    "list(real)": [[], [0.5], [1.5, -2.5, 0.25], [-0.0, 0.0], [0.0, -0.0], [1e300, 1e300]],
    "list(bool)": [[], [True], [False, True, False]],
    "list(char)": [[], ["a"], ["b", "é", "0", "A"]],
    "list(list(int))": [[], [[]], [[1, 2], [], [3]], [[2], [1]]],
    "pair(int, int)": [(0, 0), (3, -2), (2**31 - 1, 2)],
    "pair(int, bool)": [(0, True), (5, False)],
    "list(pair(int, int))": [[], [(1, 2), (0, 5), (1, 0)], [(3, 3)]],
    "int -> int": ["(lambda (inc $0))", "(lambda $0)"],
    "int -> bool": ["(lambda (small $0))"],
}

Written = tuple[str, str]
"""The type of a primitive, and what it returns; its arguments are x, y and z."""


def whole() -> Iterator[Written]:
    """Yield functions of integers."""
    for text in ("-x", "+x", "~x", "abs(x)", "x", "int(x)", "float(x)", "bool(x)", "not x"):
        yield "int -> int" if text[0] in "-+~ax" else "int -> real", text
    for sign in ("+", "-", "*", "//", "%", "&", "|", "^"):
        for text in ("x {} y", "(x {} y) % 1000", "(x {} y) * (x {} y)", "(x {} 7) {} y"):
            yield "int -> int -> int", text.replace("{}", sign)
    for sign in ("==", "!=", "<", "<=", ">", ">="):
        yield "int -> int -> bool", f"x {sign} y"
        yield "int -> int -> bool", f"x * x {sign} y * 3"
    for text in (
        *("x * x * x * x % 1009", "(x * 1000003 ^ y) % 65536", "x / y", "int(x / y)", "min(x, y)"),
        *("max(x, y, 5)", "(x + y) / 2", "x and y", "x or y", "x if x > y else y", "x * 2.5"),
        *("square(square(x)) % 1000", "divmod(x, y)[0]", "math.gcd(x, y)", "pow(x, 2)"),
        *("round(x / 7)", "int(x * 1e30) % 97", "x % 2 == 0", "x and 1.5", "math.floor(x / y)"),
        *("sum([int(d) for d in str(abs(x))])", "operator.add(x, y)", "x == y == 1", "0 < x < y"),
        *("len(range(x % 50))", "sum(range(x % 50))", "list(range(x % 9, y % 9, 2))[0]"),
        *("x in (1, 2, 3)", "x in [y, 3]", "(x > y) + (y > 3)", "~(x > y)", "-(x > y)"),
    ):
        yield "int -> int -> int", text


def powers() -> Iterator[Written]:
    """Yield functions of integers that grow fast."""
    for text in ("x << y", "x >> y", "x ** y", "(1 << x) % 1000", "x ** 2", "x ** 5 % 97"):
        yield "int -> int -> int", text
        yield "int -> int -> int", f"({text}) % 1009"
    for text in ("2 ** x", "(x << 2) >> y", "(x + 1) << (y + 1)", "x >> (y * 2)", "10 ** x % 7"):
        yield "int -> int -> int", text
    for text in ("x ** 0.5", "2.0 ** x", "x ** y / 2", "(x << y) / 3"):
        yield "int -> int -> real", text


def real() -> Iterator[Written]:
    """Yield functions of reals."""
    for name in (
        *("sqrt", "exp", "log", "log2", "log10", "sin", "cos", "tan", "asin", "acos", "atan"),
        *("sinh", "cosh", "tanh", "fabs", "log1p", "gamma", "degrees"),
    ):
        yield "real -> real", f"math.{name}(x)"
    for name in ("floor", "ceil", "trunc"):
        yield "real -> int", f"math.{name}(x)"
        yield "real -> int", f"math.{name}(x) % 1000"
    for name in ("isnan", "isinf", "isfinite"):
        yield "real -> bool", f"math.{name}(x * 1e300)"
    for sign in ("+", "-", "*", "/", "//", "%", "**"):
        yield "real -> real -> real", f"x {sign} y"
        yield "real -> int -> real", f"x {sign} y"
        yield "real -> real", f"2 {sign} x"
    for sign in ("==", "<", ">="):
        yield "real -> real -> bool", f"x {sign} y"
        yield "real -> int -> bool", f"x {sign} y"
        yield "real -> int -> bool", f"x {sign} y * y * y"
    for text in (
        *("round(x, 1)", "abs(x)", "-x", "x % 1.0", "max(x, 0.5)", "max(x, 0)", "min(x, y)"),
        *("math.atan2(x, y)", "math.copysign(x, y)", "math.hypot(x, y)", "x if x > 0 else 0"),
        *("math.pi * x", "x * x", "x ** 2", "math.fmod(x, y)", "float(x > y)", "pow(x, 3)"),
    ):
        yield "real -> real -> real", text
    for text in ("round(x)", "int(x)", "int(x * 1e30) > 0", "int(x) % 10", "bool(x)", "x"):
        yield "real -> int", text


def listed() -> Iterator[Written]:
    """Yield functions of lists."""
    for text in (
        *("xs[::-1]", "xs[1:]", "xs[:-1]", "xs[::2]", "xs[::-2]", "xs[-2:]", "sorted(xs)", "xs"),
        *("sorted(xs, reverse=True)", "sorted(xs, key=lambda v: v % 10)", "list(set(xs))"),
        *("sorted(xs, key=lambda v: -v)", "sorted(xs, key=abs)", "sorted(set(xs))", "xs + xs"),
        *("sorted(xs, key=lambda v: v % 3, reverse=True)", "sorted(xs, key=last)", "xs * 2"),
        *("[v * v for v in xs]", "[v for v in xs if v % 2]", "[v // 2 for v in xs]", "[0] * 3"),
        *("[a + b for a, b in zip(xs, xs[1:])]", "[i * v for i, v in enumerate(xs)]"),
        *("list(reversed(xs))", "list(map(abs, xs))", "[xs[i] for i in range(len(xs) - 1)]"),
        *("xs[1:] + xs[:1]", "[max(v, 0) for v in xs]", "xs and xs[1:]", "[*xs, 1]", "[1] + xs"),
        *("[v for v in xs if v not in xs[1:]]", "[min(xs)] if xs else []", "xs.copy()"),
        *("sorted(xs)[:2]", "[x for i, x in enumerate(xs) if i % 2 == 0]", "list(xs)[1:]"),
        *("[sum(xs[:i]) for i in range(len(xs))]", "[len(xs)]", "reversed(xs)", "tuple(xs)"),
        *("list(range(len(xs)))", "list(dict.fromkeys(xs))", "[v ** 2 for v in xs]"),
    ):
        yield "list(int) -> list(int)", text
    for text in (
        *("sum(xs)", "max(xs)", "min(xs)", "len(xs)", "xs[0]", "xs[-1]", "xs[1]", "xs[len(xs)]"),
        *("max(xs, default=7)", "max(xs, key=lambda v: v % 10)", "min(xs, key=abs)", "xs.count(7)"),
        *(
            "sum([v * v for v in xs]) % 10",
            "sum(v * v for v in xs)",
            "xs.index(7)",
            "math.prod(xs)",
        ),
        *("sum(xs) // len(xs)", "max(xs) - min(xs)", "max(set(xs), key=xs.count)", "len(set(xs))"),
        *(
            "functools.reduce(lambda a, b: a + b, xs)",
            "sum([1 for v in xs if v > 2])",
            "sum(xs, 5)",
        ),
        *("sorted(xs)[len(xs) // 2]", "xs[xs[0]]", "reversed(xs)[0]", "sum(xs[i] for i in (0, 1))"),
        *("len([v for v in xs if v])", "max([abs(v) for v in xs])", "math.prod(xs) % 1009"),
    ):
        yield "list(int) -> int", text
    for text in (
        *("any(v < 0 for v in xs)", "any([v < 0 for v in xs])", "all([v % 2 for v in xs])"),
        *("xs == xs[::-1]", "xs == sorted(xs)", "not xs", "bool(xs)", "3 in xs", "7 not in xs"),
        *("xs != []", "len(xs) > 2", "xs and xs[0] > 1", "len(xs) % 2", "xs == [7, 7, 7]"),
    ):
        yield "list(int) -> bool", text
    for text in ("xs[x]", "x in xs", "xs[x:]", "xs[:x]", "xs[x::2]", "[v + x for v in xs]"):
        yield (
            "list(int) -> int -> int" if text == "xs[x]" else "list(int) -> int -> list(int)",
            text,
        )


def nested() -> Iterator[Written]:
    """Yield functions of lists of other things, of pairs and characters."""
    for text in ("sum(xs)", "sum(xs) / len(xs)", "max(xs)", "min(xs)", "xs[0]", "sorted(xs)[0]"):
        yield "list(real) -> real", text
    for text in ("sorted(xs)", "sorted(xs, reverse=True)", "[v * 2 for v in xs]", "xs[::-1]"):
        yield "list(real) -> list(real)", text
    for text in ("sum(xs)", "all(xs)", "any(xs)", "len(xs)", "xs[0]", "sum([v for v in xs if v])"):
        yield "list(bool) -> int", text
    for text in (
        "[not v for v in xs]",
        "sorted(xs)",
        "[v and True for v in xs]",
        "[v + 1 for v in xs]",
    ):
        yield "list(bool) -> list(bool)", text
    for text in (
        *("[len(v) for v in xs]", "[v[0] for v in xs if v]", "[sum(v) for v in xs]", "sum(xs, [])"),
        *("[w for v in xs for w in v]", "max(xs, key=len)", "sorted(xs)[0]", "xs[0] + xs[-1]"),
        *(
            "[max(v) for v in xs]",
            "sorted([len(v) for v in xs])",
            "xs[0]",
            "sorted(xs, key=len)[0]",
        ),
    ):
        yield "list(list(int)) -> list(int)", text
    for text in (
        "[v[::-1] for v in xs]",
        "xs[::-1]",
        "[sorted(v) for v in xs]",
        "[v for v in xs if v]",
    ):
        yield "list(list(int)) -> list(list(int))", text
    for text in ("x[0]", "x[1]", "x[0] + x[1]", "x[0] * x[1] * x[0]", "max(x)", "sum(x)", "len(x)"):
        yield "pair(int, int) -> int", text
    for text in (
        "(x[1], x[0])",
        "x",
        "(x[0] + 1, x[1] * 2)",
        "(max(x), min(x))",
        "x[::-1]",
        "list(x)",
    ):
        yield "pair(int, int) -> pair(int, int)", text
    for text in ("x[0] if x[1] else -x[0]", "x[0] + x[1]", "x[1]", "max(x[0], x[1])", "x[x[1]]"):
        yield "pair(int, bool) -> int", text
    for text in (
        *("sorted(xs)", "[(b, a) for a, b in xs]", "sorted(xs, key=lambda p: p[1])", "xs[::-1]"),
        *(
            "sorted(xs, key=lambda p: p[0])",
            "[p for p in xs if p[0] < p[1]]",
            "list(enumerate([1]))",
        ),
        *("list(zip([1, 2], [3, 4]))", "zip([1], [2])", "[max(xs)]", "[(a * b, a) for a, b in xs]"),
    ):
        yield "list(pair(int, int)) -> list(pair(int, int))", text
    for name in (
        *(
            "isdigit",
            "isdecimal",
            "isnumeric",
            "isalpha",
            "isalnum",
            "isspace",
            "isupper",
            "islower",
        ),
        *("istitle", "isprintable", "isidentifier", "isascii"),
    ):
        yield "char -> bool", f"x.{name}()"
        yield "char -> int", f"1 if x.{name}() == True else 0"
    for name in ("upper", "lower", "title", "capitalize", "swapcase", "casefold", "strip"):
        yield "char -> char", f"x.{name}()"
    for text in (
        *("ord(x)", "ord(x) - ord('a')", "ord(x) * ord(x) * ord(x)", "int(x)", "ord(x) - 2000"),
        *("len(x)", "-ord(x)", "ord('a') - ord(x)", "ord(x) // 2 - 1000"),
    ):
        yield "char -> int", text
    for text in (
        "'0' <= x <= '9'",
        "x in 'aeiou'",
        "x == 'a'",
        "x in ('a', 'Z')",
        "x < 'b'",
        "x != 'é'",
    ):
        yield "char -> bool", text
    for text in (
        "chr(ord(x) + 1)",
        "x",
        "chr((ord(x) - 97 + 13) % 26 + 97)",
        "x + x",
        "x * 1",
        "x[0]",
    ):
        yield "char -> char", text
    for text in (
        "sorted(xs)",
        "[v.upper() for v in xs]",
        "[v for v in xs if v.isalpha()]",
        "''.join(xs)",
    ):
        yield "list(char) -> list(char)", text
    for text in ("chr(x)", "str(x)", "chr(x % 128)", "'ab'[x]", "'a'"):
        yield "int -> char", text


def called() -> Iterator[Written]:
    """Yield functions that call functions, and truth values."""
    for text in (
        *(
            "f(x)",
            "f(f(x))",
            "f(x) * f(x) * f(x) % 7",
            "f(x) if f(x) > x else x",
            "-f(x)",
            "f(x) / 2",
        ),
        *("f(1) + x", "sum([f(v) for v in [1, 2, x]])", "max(f(x), x)", "f(x) ** 2"),
    ):
        yield "(int -> int) -> int -> int", text
    for text in (
        *(
            "[f(v) for v in xs]",
            "sorted(xs, key=f)",
            "[f(v) for v in xs if f(v) > 2]",
            "list(map(f, xs))",
        ),
        *(
            "[v for v in xs if f(v)]",
            "[f(f(v)) for v in xs][::-1]",
            "[f(i) + v for i, v in enumerate(xs)]",
        ),
    ):
        yield "(int -> int) -> list(int) -> list(int)", text
    for text in ("[v for v in xs if f(v)]", "[v for v in xs if not f(v)]", "list(filter(f, xs))"):
        yield "(int -> bool) -> list(int) -> list(int)", text
    for text in (
        "len([v for v in xs if f(v)])",
        "sum([f(v) for v in xs])",
        "[f(v) for v in xs].count(True)",
    ):
        yield "(int -> bool) -> list(int) -> int", text
    for text in (
        "x and y",
        "x or y",
        "x ^ y",
        "x & y",
        "x == y",
        "x != y",
        "not x",
        "x < y",
        "x | (not y)",
    ):
        yield "bool -> bool -> bool", text
    for text in (
        "x + y",
        "~x",
        "-x",
        "x * 2",
        "x << 2",
        "x - y",
        "int(x)",
        "x // 1",
        "x ** 2",
        "abs(x)",
    ):
        yield "bool -> bool -> int", text


def _arguments(type_text: str) -> tuple[str, ...]:
    names = {"list": "xs"}
    parsed = parse_type(type_text)
    given = []
    plain = iter("xyz")
    for parameter in parsed.parameters:
        name = str(parameter)
        given.append(
            "f" if parameter.is_arrow else names["list"] if name.startswith("list") else next(plain)
        )
    return tuple(given)


def square(x: int) -> int:
    """Multiply by itself."""
    return x * x


def last(x: int) -> int:
    """Take the last digit."""
    return x % 10


SCOPE = {
    "math": math,
    "operator": operator,
    "functools": functools,
    "square": square,
    "last": last,
}


def function_of(type_text: str, returned: str) -> Any:
    """Return the function that is written so."""
    scope = dict(SCOPE)
    source = f"def function({', '.join(_arguments(type_text))}):\n    return {returned}\n"
    exec(source, scope)
    return scope["function"]


STATEMENTS: list[tuple[str, str, str]] = [
    ("int -> int", "x", "try:\n  return 10 // x\nexcept ZeroDivisionError:\n  return 0"),
    ("real -> real", "x", "try:\n  return math.log(x)\nexcept Exception:\n  return 0.0"),
    ("real -> real", "x", "try:\n  return math.exp(x)\nexcept:\n  return -1.0"),
    ("int -> int", "x", "r = 1\nfor i in range(1, abs(x) % 60):\n  r = r * i\nreturn r % 1009"),
    (
        "int -> int",
        "x",
        "a, b = 0, 1\nfor _ in range(x % 200):\n  a, b = b, a + b\nreturn a % 1009",
    ),
    ("int -> int", "x", "n = 0\nx = abs(x)\nwhile x:\n  x >>= 1\n  n += 1\nreturn n"),
    ("list(int) -> int", "xs", "for x in xs:\n  y = x\nreturn y"),
    ("list(int) -> int", "xs", "y = 0\nfor x in xs:\n  if x > 2:\n    y = x / 2\nreturn y"),
    ("list(int) -> list(int)", "xs", "ys = list(xs)\nys.sort(key=last)\nreturn ys"),
    ("list(int) -> list(int)", "xs", "ys = xs[:]\nys[0], ys[-1] = ys[-1], ys[0]\nreturn ys"),
    (
        "list(int) -> list(int)",
        "xs",
        "out, t = [], 0\nfor x in xs:\n  t += x\n  out.append(t)\nreturn out",
    ),
    ("list(int) -> list(int)", "xs", "ys = list(xs)\nys.pop()\nys.insert(0, 9)\nreturn ys"),
    ("list(int) -> list(int)", "xs", "ys = list(xs)\ndel ys[0]\nreturn ys"),
    ("list(int) -> list(int)", "xs", "out = []\nfor x in xs:\n  out += [x, x]\nreturn out"),
    ("list(int) -> list(int)", "xs", "ys = list(xs)\nys.extend(xs)\nys.reverse()\nreturn ys"),
    ("list(int) -> list(int)", "xs", "z = zip(xs, xs)\na = list(z)\nreturn [v for v, _ in z]"),
    ("list(int) -> int", "xs", "if len(xs) > 2:\n  return sum(xs)"),
    ("int -> int", "x", "if x > 5:\n  return True\nreturn 2"),
    ("int -> real", "x", "if x > 5:\n  return 1\nreturn 2.5"),
    ("int -> int", "x", "y = 1\nif x > 5:\n  y = 0.5\nreturn y * 4"),
    (
        "list(int) -> int",
        "xs",
        "def helper(v):\n  return v * v * v\nreturn sum([helper(v) for v in xs])",
    ),
    (
        "list(int) -> int",
        "xs",
        "d = {}\nfor x in xs:\n  d[x] = d.get(x, 0) + 1\nreturn max(d.values())",
    ),
    (
        "list(int) -> int",
        "xs",
        "best = xs[0]\nfor x in xs[1:]:\n  best = max(best, x)\nreturn best",
    ),
    ("int -> int", "x", "assert x > 0\nreturn x"),
    ("int -> int", "x", "if x < 0:\n  raise ValueError(f'negative: {x}')\nreturn x * 2"),
]


def stated(kind: str, argument: str, body: str) -> Any:
    """Return a function of several statements."""
    scope = dict(SCOPE)
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    exec(f"def function({argument}):\n{lines}\n", scope)
    return scope["function"]


INC = Primitive("inc", parse_type("int -> int"), lambda v: v + 1)
SMALL = Primitive("small", parse_type("int -> bool"), lambda v: v < 3)

BUILT_IN: list[tuple[str, Any]] = [
    *(("list(int) -> int", f) for f in (sum, max, min, len, math.prod, all, any)),
    *(("list(int) -> list(int)", f) for f in (sorted, reversed, list, set, tuple, iter, enumerate)),
    *(
        ("int -> int", f)
        for f in (abs, int, float, bool, round, str, operator.neg, operator.invert)
    ),
    *(("int -> int -> int", f) for f in (max, min, divmod, operator.mul, operator.floordiv)),
    *(("real -> real", f) for f in (math.sqrt, math.exp, math.log, math.floor, round, abs)),
    *(("list(int) -> list(int) -> list(pair(int, int))", f) for f in (zip,)),
    *(("char -> int", f) for f in (ord, int, len)),
    *(("char -> bool", f) for f in (str.isdigit, str.isalpha)),
]
"""Functions of Python's own, given as they are."""

GROUPS: dict[str, list[tuple[str, str, Any]]] = {
    family.__name__: [(kind, text, function_of(kind, text)) for kind, text in family()]
    for family in (whole, powers, real, listed, nested, called)
} | {"stated": [(kind, body, stated(kind, name, body)) for kind, name, body in STATEMENTS]}
GROUPS["built_in"] = [(kind, function.__name__, function) for kind, function in BUILT_IN]
GROUPS["powers"].append(("int -> int -> int", "pow", pow))

PARTS = [(name, half) for name, group in GROUPS.items() for half in range(1 + len(group) // 40)]


@pytest.fixture(scope="module", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("compiled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REVERIE_CACHE", str(folder))
        yield folder


def test_there_are_hundreds() -> None:
    assert sum(map(len, GROUPS.values())) >= 400


@pytest.mark.parametrize(("name", "part"), PARTS)
def test_compiled_functions_give_what_python_gives(name: str, part: int) -> None:
    parts = 1 + len(GROUPS[name]) // 40
    group = GROUPS[name][part::parts]
    primitives = [
        Primitive(f"f{i}", parse_type(kind), function)
        for i, (kind, _, function) in enumerate(group)
    ]
    library = Library([*primitives, INC, SMALL])
    native, oracle = NativeEvaluator(library, intrinsics=False), Interpreter(library)
    compiled = sum(s.how == "compiled" for s in native.support())
    assert compiled >= len(group) // 3
    values = VALUES | {"int": FEW} if name == "powers" else VALUES
    for primitive, (kind, text, _) in zip(primitives, group, strict=True):
        parameters = primitive.type.parameters
        for given in itertools.product(*(values[str(p)] for p in parameters)):
            plain = [value for value, p in zip(given, parameters, strict=True) if not p.is_arrow]
            places = iter(range(len(plain) - 1, -1, -1))
            arguments = " ".join(
                value if p.is_arrow else f"${next(places)}"
                for value, p in zip(given, parameters, strict=True)
            )
            opening, closing = "(lambda " * len(plain), ")" * len(plain)
            program = library.parse(f"{opening}({primitive.name} {arguments}){closing}")
            got, wanted = native.values(program, plain), oracle.evaluate(program, plain)
            if isinstance(wanted, Failure):
                assert isinstance(got, Failure), (kind, text, given, got, wanted)
            else:
                assert repr(got) == repr(wanted), (kind, text, given, native.support())
