"""Searches on a Ray cluster, or on this machine through Ray (the ``ray`` extra).

Each worker is an actor, so that it keeps its domain and what it compiled; what all searches share
is put into the cluster's store once. Ray rather than another scheduler because a search that hangs
in a primitive can be killed, and because its clusters can be tested for real on one machine.
"""

from __future__ import annotations

import logging
import math
import os
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cloudpickle

from ..dsl import Domain, Grammar, ReverieError, Task, Weights
from ..enumerate import Budget, SearchResult
from .executor import NO_MEMORY, Results, given_up, tell_stopped
from .tracing import ended_if_stuck
from .worker import begin, get_ready, packed, work

__all__ = ["Ray"]

logger = logging.getLogger(__name__)

PATIENCE = 30.0
"""Seconds without a core from the cluster after which the log says what is waited for."""


FAILURES = 5
"""So many workers that cannot start are more than nodes that went down."""


class _Worker:
    """What an actor does; its state is that of its process."""

    def __init__(self, domain: bytes, memory: float, path: list[str]) -> None:
        sys.path += [folder for folder in path if folder not in sys.path]
        begin(domain, memory)

    def get_ready(self, number: int, language: bytes) -> None:
        get_ready(number, language)

    def work(self, *arguments: Any) -> SearchResult:
        with ended_if_stuck(sys.stderr):
            return work(*arguments)


@dataclass(frozen=True)
class _Call:
    """What an actor is at: a search, or getting ready if there is no task."""

    actor: Any
    task: Task | None = None
    deadline: float = math.inf


class Ray:
    """Searches several tasks at once, each by an actor of a Ray cluster.

    An actor that dies, with its process or its node, or that does not come back from a primitive
    long after its time, costs its task's search and nothing else: it is replaced, and the log says
    which task it was.

    Args:
        domain: what the tasks are of; its code must be importable on all nodes.
        workers: how many actors, of one core each; those that the cluster has no core for yet join
            in when it has.
        address: of a running cluster, such as ``"auto"`` or ``"10.0.0.1:6379"``; None starts one on
            this machine, which ends with the executor.
        memory: GB that one search may use; a worker may grow to twice that.
        grace: seconds that a search may take beyond twice its budget.

    Raises:
        ReverieError: if Ray is not installed, or there is no cluster at ``address``.
    """

    def __init__(
        self,
        domain: Domain,
        workers: int,
        address: str | None = None,
        *,
        memory: float = 2.0,
        grace: float = 10.0,
    ) -> None:
        self._ray = _imported()
        self._connected_here = not self._ray.is_initialized()
        if self._connected_here:
            self._connect(workers, address)
        self._actor = self._ray.remote(num_cpus=1, max_restarts=0)(_Worker)
        self._domain = self._ray.put(cloudpickle.dumps(domain))
        self._memory = memory
        self._grace = grace
        self._grammars = 0
        self._language: Any = None
        self._idle: list[Any] = []
        self._calls: dict[Any, _Call] = {}
        self._missing = workers
        self._failures = 0  # of workers to start, one after another

    def _connect(self, workers: int, address: str | None) -> None:
        where: dict[str, Any] = {"address": address}
        if address is None:
            where = {"address": "local", "num_cpus": workers, "include_dashboard": False}
        try:
            if address is not None:
                _knock(address)
            self._ray.init(**where, log_to_driver=False, configure_logging=False)
        except (OSError, ValueError, RuntimeError) as error:
            place = "on this machine" if address is None else f"at {address}"
            raise ReverieError(f"no Ray cluster can be reached {place}: {error}") from None

    def prepare(self, grammar: Grammar) -> None:
        # Each compiles for its node, where those that come later find it done.
        self._speak(grammar)
        while not self._idle:
            self._wait(PATIENCE)
            if not self._idle:
                logger.warning("waiting for a core of the Ray cluster")

    def _speak(self, grammar: Grammar) -> None:
        """Take another language from now on; start the actors that are missing."""
        self._grammars += 1
        self._language = self._ray.put(packed(grammar))
        for _ in range(self._missing):
            self._start()
        self._missing = 0

    def _start(self) -> None:
        actor = self._actor.remote(self._domain, self._memory, sys.path)
        self._calls[actor.get_ready.remote(self._grammars, self._language)] = _Call(actor)

    def search(
        self,
        grammar: Grammar,
        tasks: Sequence[Task],
        budget: Budget,
        search: str,
        guides: Mapping[str, Weights] | None = None,
    ) -> Results:
        self._speak(grammar)
        patience = 2 * budget.seconds + self._grace
        left = iter(tasks)
        searching = 0
        try:
            while True:
                while self._idle and (task := next(left, None)) is not None:
                    actor = self._idle.pop()
                    weights = (guides or {}).get(task.name)
                    arguments = self._grammars, self._language, task, budget, search, weights
                    deadline = time.monotonic() + patience
                    self._calls[actor.work.remote(*arguments)] = _Call(actor, task, deadline)
                    searching += 1
                if not searching and self._idle:
                    return
                for task, found in self._wait():
                    searching -= 1
                    tell_stopped(task, found)
                    yield task, found
        finally:
            for reference, call in list(self._calls.items()):
                if call.task is not None:
                    self._replace(reference)

    def _wait(self, patience: float = math.inf) -> list[tuple[Task, SearchResult]]:
        """Wait until a call is over or overdue; return what searches came to."""
        soonest = min((call.deadline for call in self._calls.values()), default=0.0)
        seconds = max(0.0, min(patience, soonest - time.monotonic()))
        timeout = None if math.isinf(seconds) else seconds
        done, _ = self._ray.wait(list(self._calls), timeout=timeout)
        results = [r for r in map(self._result, done) if r is not None]
        now = time.monotonic()
        for reference, call in list(self._calls.items()):
            if call.task is not None and call.deadline < now:
                self._replace(reference)
                results.append((call.task, given_up(call.task, "its search did not end in time")))
        return results

    def _result(self, reference: Any) -> tuple[Task, SearchResult] | None:
        """Return what a call came to; its actor is idle then, or replaced."""
        call = self._calls[reference]
        try:
            found = self._ray.get(reference)
        except self._ray.exceptions.RayActorError as error:
            self._replace(reference)
            if call.task is not None:
                return call.task, given_up(call.task, "its worker died")
            self._failures += 1
            if self._failures == FAILURES:
                raise ReverieError(f"no worker starts on the Ray cluster: {error}") from None
            return None
        except self._ray.exceptions.RayTaskError as error:
            if call.task is None or not isinstance(error.cause, MemoryError):
                raise error.cause from None
            self._replace(reference)
            return call.task, given_up(call.task, NO_MEMORY)
        del self._calls[reference]
        self._idle.append(call.actor)
        self._failures = 0
        return None if call.task is None else (call.task, found)

    def _replace(self, reference: Any) -> None:
        self._ray.kill(self._calls.pop(reference).actor)
        self._start()

    def close(self) -> None:
        for actor in [*self._idle, *(call.actor for call in self._calls.values())]:
            self._ray.kill(actor)
        if self._connected_here:
            self._ray.shutdown()


def _knock(address: str) -> None:
    """Raise unless somebody listens at ``HOST:PORT``: Ray would wait for minutes, and then exit."""
    host, _, port = address.rpartition(":")
    if host and port.isdigit() and "/" not in host:
        socket.create_connection((host, int(port)), timeout=10).close()


def _imported() -> Any:
    """Return the module ``ray``, told not to send statistics home."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError:
        raise ReverieError(
            "executor 'ray' needs Ray, which is not installed: pip install 'reverie[ray]'"
        ) from None
    return ray
