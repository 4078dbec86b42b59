"""What is read off a bank: programs of the request, each behaviour once, the cheapest first."""

import numpy as np
import pytest
from strategies import language

from reverie.domains import deepcoder
from reverie.domains import list as lists
from reverie.dsl.model.domain import Domain
from reverie.dsl.model.grammar import Grammar
from reverie.dsl.model.interpreter import Interpreter, Limits
from reverie.dsl.model.likelihood import Equality
from reverie.dsl.tasks.task import Task
from reverie.enumerate.bottomup.bank.bank import Bank, bank_layout
from reverie.enumerate.bottomup.bank.task_context import open_context
from reverie.enumerate.bottomup.bank_export import read_bank
from reverie.enumerate.bottomup.bottomup_search import NotApplicable
from reverie.enumerate.bottomup.ground_grammar import GroundGrammar
from reverie.enumerate.strategy import SearchProblem
from reverie.enumerate.tokens import decode

ROWS = [([3, 1, 2], 1), ([], 0), ([5], 2), ([2, 2, 8, 1], 3), ([9, 7], 0), ([1, 0, 4], 2)]


def problem(request: str, output: object, limits: Limits | None = None) -> SearchProblem:
    wanted = Task("any", request, [(row, output) for row in ROWS])
    return SearchProblem(wanted, Grammar.uniform(language()), Equality(), limits or Limits())


@pytest.mark.parametrize("domain", [deepcoder.domain, lists.domain], ids=lambda d: d.name)
def test_no_program_of_a_finished_level_is_missed(domain: Domain) -> None:
    wanted = Task("any", "list(int) -> int", [((row,), 1) for row, _ in ROWS])
    grammar = Grammar.uniform(domain.library)
    given = SearchProblem(wanted, grammar, Equality(), domain.limits)
    batch = read_bank(given, 20_000, max_tokens=60)
    ground = GroundGrammar(grammar, wanted.request)
    last = round(batch.costs.max() / ground.unit)
    with open_context(domain.library, domain.limits, wanted) as context:
        bank = Bank(ground, context)
        states = ground.reach(last)
        for state in states:
            bank.add(state)
        # By definition: each level of all states is made of lower levels, used or not.
        for level in range(1, last):
            bank.begin([(state, level, 0) for state in states])
            assert bank.advance(1 << 60) == bank_layout.DONE
        complete = bank.count[ground.root, :last].sum()
    assert (batch.costs < last * ground.unit).sum() == complete > 20


@pytest.mark.parametrize(
    ("request_", "output"),
    [("list(int) -> int -> list(int)", [1, 2]), ("list(int) -> int -> int", 1)],
)
def test_programs_differ_and_come_by_cost(request_: str, output: object) -> None:
    given = problem(request_, output)
    batch = read_bank(given, 20_000, max_tokens=14)
    library = given.grammar.library
    interpreter = Interpreter(library)
    assert len(batch) > 300
    assert (np.diff(batch.costs) >= 0).all()
    assert np.diff(batch.starts).max() <= 14
    behaviours = set()
    for i in range(len(batch)):
        program = decode(batch.tokens[batch.starts[i] : batch.starts[i + 1]], library)
        # Costs approximate the prior, in units of a quarter.
        log_prior = given.grammar.log_prior(program, given.task.request)
        assert abs(log_prior + batch.costs[i]) < 6.0
        run = interpreter.function(program)
        behaviours.add(repr([run(*row) for row in ROWS]))
    # Failures differ by their reasons here, and are all one to the bank.
    assert len(behaviours) >= len(batch)


def test_cheap_programs_are_all_there() -> None:
    given = problem("list(int) -> int -> list(int)", [1, 2])
    library = given.grammar.library
    batch = read_bank(given, 20_000)
    found = {
        library.show(decode(batch.tokens[a:b], library))
        for a, b in zip(batch.starts, batch.starts[1:], strict=False)
    }
    assert "(lambda (lambda $1))" in found
    assert "(lambda (lambda (cons $0 $1)))" in found
    # One of two ways to say it; within the function $1 is the second input.
    adding = {f"(lambda (lambda (map (lambda (+ {both})) $1)))" for both in ("$0 $1", "$1 $0")}
    assert len(found & adding) == 1


def test_what_has_no_bank_is_said() -> None:
    with pytest.raises(NotApplicable, match="cannot be banked"):
        read_bank(problem("list(int) -> int -> turtle", 0), 1000)
