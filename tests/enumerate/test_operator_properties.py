"""The algebra of a library is found by testing."""

from __future__ import annotations

import itertools

from goal_tables import LIBRARY, NAMES

from reverie.dsl.language.decorator import primitive
from reverie.dsl.language.library import Library
from reverie.enumerate.bottomup.analysis.operator_properties import operator_properties_of
from reverie.enumerate.bottomup.intervals import undo


def test_the_algebra_is_found_by_testing() -> None:
    found = operator_properties_of(LIBRARY)
    both = {"Add", "Subtract", "Multiply", "Min", "Max"}
    assert {NAMES[i.production] for i in found.inverses if i.known == 0} == both
    assert {NAMES[i.production] for i in found.inverses if i.known == 1} == {*both, "IntDivide"}
    assert {NAMES[i] for i in found.choices} == {"If"}
    assert {(NAMES[f], NAMES[g]) for f, g in found.wrappers} == {("Reverse", "Reverse")}
    assert {NAMES[i] for i in found.filters} == {"Filter"}


@primitive("int -> int -> int")
def swapped(x: int, y: int) -> int:
    """Subtract the first from the second."""
    return y - x


@primitive("int -> int -> int")
def nearly(x: int, y: int) -> int:
    """Add, but not always."""
    return x + y if x != 13 else y


def test_names_do_not_matter_and_exceptions_are_seen() -> None:
    found = operator_properties_of(Library([swapped, nearly]))
    assert {i.production for i in found.inverses} == {0}
    for inverse in found.inverses:
        for known, wanted in itertools.product((-3, 0, 8), repeat=2):
            pair = (known, wanted) if inverse.known == 0 else (wanted, known)
            z = swapped(*pair)
            assert undo(inverse.kind, z, z, known) == (wanted, wanted)
