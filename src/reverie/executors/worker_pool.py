"""Worker processes, any of which may die at any moment.

Each has a pipe of its own, and nothing is shared: no lock that a process can take with it, no queue
that it can leave half written. A process that ends is seen by the end of its pipe, whatever killed
it and with whatever status, and whether it was working or not; another takes its place.
"""

from __future__ import annotations

import os
import pickle
import signal
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

from ..dsl import ReverieError
from .main_module import STARTING, unguarded

__all__ = ["Call", "Outcome", "WorkerPool"]

Key = TypeVar("Key")

FAILURES = 5
"""So many processes that end before they are ready, one after another, are no accident."""

SERVER_LOST = 255
"""The exit code of a process whose fork server is gone, and with it what it ended with."""

_STARTED, _VALUE, _ERROR = range(3)


@dataclass(frozen=True)
class Call(Generic[Key]):
    """What a process is to do.

    Attributes:
        key: names the call.
        function, arguments: what to call; they are pickled.
        timeout: seconds after which the process is killed; None if it may take as long as it likes.
    """

    key: Key
    function: Callable[..., Any]
    arguments: tuple[Any, ...] = ()
    timeout: float | None = None


@dataclass(frozen=True)
class Outcome:
    """What a call came to.

    Attributes:
        value: what it returned.
        error: what it raised; None if it returned, or its process ended.
        ended: how its process ended, in words; empty if it did not.
        exit_code: of the process, negative for a signal; None if it did not end.
        timed_out: whether the process was killed because it took too long.
        trace: what the process wrote to its trace during the call.
    """

    value: Any = None
    error: BaseException | None = None
    ended: str = ""
    exit_code: int | None = None
    timed_out: bool = False
    trace: str = ""


@dataclass(eq=False)
class _Worker:
    process: BaseProcess
    connection: Connection
    traces: Connection
    is_ready: bool = False
    call: Call[Any] | None = None
    has_started: bool = False
    deadline: float | None = None
    trace: bytearray = field(default_factory=bytearray)

    @property
    def is_idle(self) -> bool:
        return self.is_ready and self.call is None

    def read_trace(self) -> None:
        """Take what was written to the trace, so that its writer never waits."""
        while not self.traces.closed and self.traces.poll():
            written = os.read(self.traces.fileno(), 1 << 16)
            if not written:
                self.traces.close()
            self.trace += written

    def end(self) -> None:
        """Kill the process, if it still runs, and let go of what belongs to it."""
        if self.process.is_alive():
            self.process.kill()
        self.process.join(5)
        if self.process.exitcode == SERVER_LOST and self.process.pid is not None:
            with suppress(OSError):
                os.kill(self.process.pid, signal.SIGKILL)  # nobody else would
        self.read_trace()
        self.connection.close()
        self.traces.close()

    @property
    def how_it_ended(self) -> str:
        code, name = self.process.exitcode, f"worker process {self.process.pid}"
        if code is None or code == SERVER_LOST:
            return f"{name} was lost"
        if code < 0:
            return f"{name} was killed by {signal.Signals(-code).name}"
        return f"{name} ended with exit code {code}"


class WorkerPool:
    """A number of processes that are started when they are needed, and replaced when they end.

    Args:
        workers: how many.
        context: how they are started.
        initializer: what each calls first, with a file for its trace before the arguments.
        arguments: of the initializer.
    """

    def __init__(
        self,
        workers: int,
        context: BaseContext,
        initializer: Callable[..., object],
        arguments: tuple[Any, ...],
    ) -> None:
        self._count = workers
        self._context = context
        self._begin = initializer, arguments
        self._workers: list[_Worker] = []
        self._failures = 0  # of processes to get ready, one after another

    @property
    def processes(self) -> list[int]:
        """The identities of the processes that run."""
        return [w.process.pid for w in self._workers if w.process.pid is not None]

    def run(self, calls: Iterable[Call[Key]]) -> Generator[tuple[Key, Outcome], None, None]:
        """Yield what calls came to, as soon as each is known; to close this kills what is not over.

        A call that its process had not begun when it ended is given to another one.

        Args:
            calls: taken from one by one, whenever a process has nothing to do.

        Raises:
            ReverieError: if one process after another ends before it is ready.
        """
        left = iter(calls)
        again: list[Call[Key]] = []
        more = True
        try:
            while True:
                while more or again:
                    idle = next((w for w in self._workers if w.is_idle), None)
                    if idle is None and len(self._workers) == self._count:
                        break
                    call = again.pop() if again else next(left, None)
                    if call is None:
                        more = False
                    elif idle is None:
                        self._start()
                        again.append(call)
                        if sum(not w.is_ready for w in self._workers) > len(again):
                            break
                    elif not self._give(idle, call):
                        again.append(call)
                busy = any(w.call is not None for w in self._workers)
                if not (busy or again or more):
                    return
                for worker in self._changed():
                    call = worker.call
                    outcome = self._hear(worker)
                    if call is not None and worker.call is None:
                        if outcome is None:
                            again.append(call)
                        else:
                            yield call.key, outcome
        finally:
            for worker in [w for w in self._workers if w.call is not None]:
                self._remove(worker)

    def close(self) -> None:
        """End all processes."""
        while self._workers:
            self._remove(self._workers[-1])

    # ---- processes ------------------------------------------------------------------------------

    def _start(self) -> None:
        ours, theirs = self._context.Pipe()
        traces, writer = self._context.Pipe(duplex=False)
        process: BaseProcess = self._context.Process(  # type: ignore[attr-defined]
            target=_serve, args=(theirs, writer, *self._begin), daemon=True
        )
        try:
            process.start()
        except (OSError, EOFError) as error:  # the fork server is ending: the next try has another
            ours.close()
            traces.close()
            self._fail(f"it could not be started: {error}")
            time.sleep(0.05 * 2**self._failures)
        else:
            self._workers.append(_Worker(process, ours, traces))
        finally:
            theirs.close()
            writer.close()

    def _give(self, worker: _Worker, call: Call[Any]) -> bool:
        """Let a process begin with a call; False if it is no more."""
        try:
            worker.connection.send((call.function, call.arguments))
        except OSError:
            self._remove(worker)
            return False
        worker.call, worker.has_started = call, False
        worker.trace.clear()
        if call.timeout is not None:
            worker.deadline = time.monotonic() + call.timeout
        return True

    def _changed(self) -> list[_Worker]:
        """Wait until something can be told of some processes, and return them."""
        deadlines = [w.deadline for w in self._workers if w.deadline is not None]
        seconds = max(0.0, min(deadlines) - time.monotonic()) if deadlines else None
        sources: dict[Any, _Worker] = {}
        for worker in self._workers:
            sources[worker.connection] = sources[worker.process.sentinel] = worker
            if not worker.traces.closed:
                sources[worker.traces] = worker
        found = dict.fromkeys(sources[source] for source in wait(list(sources), seconds))
        now = time.monotonic()
        late = [w for w in self._workers if w.deadline is not None and w.deadline <= now]
        return [*(found | dict.fromkeys(late))]

    def _hear(self, worker: _Worker) -> Outcome | None:
        """Take what a process has to tell; its call is over if it has none after that.

        Returns:
            What the call came to; None if it is not over, or was not begun.
        """
        worker.read_trace()
        try:
            while worker.connection.poll():
                kind, value = worker.connection.recv()
                if kind == _STARTED:
                    worker.is_ready = worker.has_started = True
                    self._failures = 0
                    continue
                worker.call = worker.deadline = None
                if kind == _VALUE:
                    return Outcome(value)
                if worker.is_ready:
                    return Outcome(error=value)
                self._remove(worker)
                raise value
        except (OSError, EOFError, pickle.UnpicklingError):
            pass  # it is ending, or has ended
        else:
            late = worker.deadline is not None and worker.deadline <= time.monotonic()
            if not late and worker.process.is_alive():
                return None
            if late:
                self._remove(worker)
                worker.call = None
                return Outcome(timed_out=True, trace=worker.trace.decode(errors="replace"))
        self._remove(worker)
        worker.call = None
        ended = worker.how_it_ended
        if worker.process.exitcode == STARTING:
            raise unguarded()
        if not worker.is_ready:
            self._fail(ended)
            return None
        if not worker.has_started:
            return None
        trace = worker.trace.decode(errors="replace")
        return Outcome(ended=ended, exit_code=worker.process.exitcode, trace=trace)

    def _fail(self, why: str) -> None:
        self._failures += 1
        if self._failures == FAILURES:
            self._failures = 0
            raise ReverieError(f"no worker process starts, after {FAILURES} tries: {why}")

    def _remove(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.end()


def _serve(
    connection: Connection,
    writer: Connection,
    initializer: Callable[..., object],
    arguments: tuple[Any, ...],
) -> None:
    """Do what is asked for, one call after another, until nobody asks any more."""
    try:
        initializer(writer, *arguments)
    except BaseException as error:  # noqa: BLE001 - it is told, and raised there
        _tell(connection, _ERROR, error)
        return
    try:
        connection.send((_STARTED, None))
        while True:
            function, given = connection.recv()
            connection.send((_STARTED, None))
            try:
                value = function(*given)
            except BaseException as error:  # noqa: BLE001 - likewise
                _tell(connection, _ERROR, error)
            else:
                _tell(connection, _VALUE, value)
    except (EOFError, OSError):
        return


def _tell(connection: Connection, kind: int, value: Any) -> None:
    try:
        connection.send((kind, value))
    except (OSError, EOFError):
        raise
    except Exception as error:  # noqa: BLE001 - it cannot be pickled, which may raise anything
        connection.send((_ERROR, ReverieError(f"{value!r} cannot leave its process: {error}")))
