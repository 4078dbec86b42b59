"""Ray: a real cluster of two nodes on this machine, its workers and nodes killed now and then."""

from __future__ import annotations

import logging
import os
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import reverie as rv
from reverie.cli.parser import main
from reverie.domains.registry import load_domain
from reverie.domains.task_files.task_file import write_tasks
from reverie.enumerate.strategy import Budget
from reverie.executors import Ray
from reverie.run.config import Config, InvalidOption
from reverie.run.events import Event, TaskSearched
from reverie.run.run import record_of_run

LIST = rv.domains.list.domain
OPTIONS = {"iterations": 2, "budget": 3000, "pseudo_counts": 1.0, "recognition": False}


def add(k: int) -> rv.Task:
    rows = [[1, 2], [5, 0, 7], [3]]
    return rv.Task(f"add {k}", "list(int) -> list(int)", [((r,), [x + k for x in r]) for r in rows])


TASKS = [add(k) for k in range(1, 9)]

OWN = '''
import os, signal
import ray
import reverie as rv

@rv.primitive
def whom(x: int) -> int:
    """Tell where this runs, and end or hang there if asked to."""
    node = ray.get_runtime_context().get_node_id()
    with open("{log}", "a") as file:
        print(node, os.getpid(), file=file)
    if x == 8:
        os.kill(os.getpid(), signal.SIGKILL)
    if x == 9:
        sum(range(10**12))  # one call of C, which only the end of its process stops
    if x == 10:
        return len(bytearray(10**10))
    return x + 1

domain = rv.Domain("own", [whom])
'''


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    pytest.importorskip("ray", reason="needs the extra: pip install 'reverie[ray]'")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Ray's own
        from ray.cluster_utils import Cluster

        made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
        made.add_node(num_cpus=1)
        yield made
        made.shutdown()


@pytest.fixture(autouse=True)
def _ray_warns_as_it_likes() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def outcome(run: rv.Run) -> dict[str, Any]:
    record = record_of_run(run)
    for row in record["history"]:
        del row["seconds"]
    return record


def test_a_cluster_comes_to_what_one_process_does(cluster: Any) -> None:
    import ray

    seen: list[str] = []

    def look(event: Event) -> None:
        if isinstance(event, TaskSearched):
            seen.append(event.frontier.task.name)

    run = rv.learn(
        LIST, tasks=TASKS, executor="ray", address=cluster.address, workers=2,
        callbacks=[look], **OPTIONS,
    )  # fmt: skip
    assert sorted(seen) == sorted(task.name for task in TASKS * 2)
    assert outcome(run) == outcome(rv.learn(LIST, tasks=TASKS, **OPTIONS))
    assert not ray.is_initialized()


def number(x: int) -> rv.Task:
    return rv.Task(f"from {x}", "int -> int", [((x,), x + 1)])


def test_both_nodes_work_and_whatever_befalls_a_worker_costs_one_search(
    cluster: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = tmp_path / "log"
    path = tmp_path / "own.py"
    path.write_text(OWN.format(log=log))
    domain = load_domain(str(path))
    executor = Ray(domain, 2, cluster.address, memory=0.5, grace=6.0)
    numbers = [1, 8, 2, 9, 3, 10, 4, 5, 6, 7]
    with closing(executor), caplog.at_level(logging.WARNING):
        grammar = rv.Grammar.uniform(domain.library)
        executor.prepare(grammar)
        budget = Budget(seconds=1.0, candidates=50, solutions=1)
        found = dict(executor.search(grammar, [number(x) for x in numbers], budget, "top-down"))
        again = dict(executor.search(grammar, [number(x) for x in (1, 2)], budget, "top-down"))
    solved = {task.name for task, result in found.items() if result.frontier.best}
    assert solved == {f"from {x}" for x in (1, 2, 3, 4, 5, 6, 7)}
    assert all(result.frontier.best for result in again.values())
    # A machine that is busy may hear of a death only when it has waited long enough.
    assert re.search(
        "'from 8' is given up for now: its (worker died|search did not end)", caplog.text
    )
    assert "'from 9' is given up for now: its search did not end in time" in caplog.text
    assert len({line.split()[0] for line in log.read_text().splitlines()}) == 2
    assert len({line.split()[1] for line in log.read_text().splitlines()}) >= 3


def test_a_node_that_goes_down_costs_the_search_on_it(
    cluster: Any, caplog: pytest.LogCaptureFixture
) -> None:
    node = cluster.add_node(num_cpus=2)
    executor = Ray(LIST, 3, cluster.address)
    tasks = [add(k) for k in range(1, 17)]
    with closing(executor), caplog.at_level(logging.WARNING):
        grammar = rv.Grammar.uniform(LIST.library)
        executor.prepare(grammar)
        results = executor.search(grammar, tasks, Budget(candidates=10_000), "auto")
        found = [next(results)]
        cluster.remove_node(node)
        found += results
    assert sorted(task.name for task, _ in found) == sorted(task.name for task in tasks)
    assert caplog.text.count("given up") <= 2


def test_what_is_wrong_with_a_cluster(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidOption, match="needs executor 'ray'"):
        Config(address="auto")
    with pytest.raises(InvalidOption, match="did you mean 'ray'"):
        Config(executor="rey")
    write_tasks(TASKS[:1], tmp_path / "tasks.json")
    command = ["solve", "list", "--tasks", str(tmp_path / "tasks.json"), "--executor", "ray"]
    monkeypatch.setitem(sys.modules, "ray", None)
    assert main(command) == 2
    assert "pip install 'reverie[ray]'" in capsys.readouterr().err


def test_no_cluster_at_an_address(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="needs the extra: pip install 'reverie[ray]'")
    write_tasks(TASKS[:1], tmp_path / "tasks.json")
    command = ["solve", "list", "--tasks", str(tmp_path / "tasks.json"), "--executor", "ray"]
    assert main([*command, "--address", "127.0.0.1:9"]) == 2
    assert "no Ray cluster can be reached at 127.0.0.1:9" in capsys.readouterr().err
