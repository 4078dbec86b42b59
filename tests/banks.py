"""What tests of banks share: going through its levels as a search does."""

from __future__ import annotations

from reverie.enumerate.bottomup.bank.bank import Bank

__all__ = ["turns"]


def turns(bank: Bank, level: int, built: dict[int, int]) -> list[tuple[int, int, int]]:
    """Return what to build for programs of a level; ``built`` says how far all states are."""
    found = []
    for number in bank.ground.reach(level):
        bank.add(number)
        start = built.get(number, 0)
        built[number] = max(start, level - bank.ground.states[number].outside_cost)
        found += [(number, cost, 0) for cost in range(start + 1, built[number] + 1)]
    return found
