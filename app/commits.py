"""Group commit: the writes of requests that come at the same time share one transaction and one fsync.

A commit that is on disk (SQLite: synchronous=FULL) takes from a fraction of a millisecond to many, as the
disk is, whatever it holds; and a statement for many rows takes little more than one for a single row. One
thread of each process takes all writes that wait, runs each under a savepoint, commits, and only then lets
their requests answer. A write that is refused rolls back alone; a commit that fails fails them all, and
nothing of them is stored. Writes that follow each other and do the same are run as one, with fewer
statements; if that fails, one by one.

No request waits without end: one whose write has not begun in time takes it back and is answered 503.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Annotated, Any, TypeVar, cast

from fastapi import Depends, Request
from sqlalchemy import Engine
from sqlmodel import Session

from app.database import UNAVAILABLE, write_session
from app.errors import DatabaseBusy
from app.numbers import give_back, list_numbers

# More than the thread pool's size (40), so in practice all that wait.
MOST_IN_A_COMMIT = 64
# How long a request waits for its commit. The database's own limits (a lock, a statement) are shorter, so
# this is reached only behind several commits that each take as long as they may.
ANSWER_SECONDS = 12.0
STOP_SECONDS = 3.0
RETRY = {"Retry-After": "1"}

Item = TypeVar("Item")
Result = TypeVar("Result")
# Does what each of the items asks for; of one that it refuses it stores nothing, and returns the refusal.
Work = Callable[[Session, Sequence[Item]], Sequence[Result | Exception]]


@dataclass(frozen=True, slots=True)
class _Write:
    work: Work[Any, Any]
    item: Any = None
    outcome: "Future[Any]" = field(default_factory=Future)
    told: "asyncio.Future[None] | None" = None
    """Of an event loop that waits for the outcome."""


class GroupCommit:
    """The thread that commits."""

    def __init__(self, engine: Engine, after_commit: Callable[[], None]) -> None:
        self._engine = engine
        self._after_commit = after_commit
        self.seq = 0  # of this process's newest committed change
        self._waiting: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="dateline-commits", daemon=True)

    @property
    def depth(self) -> int:
        """How many writes wait for their commit to begin."""
        return self._waiting.qsize()

    def start(self) -> None:
        """Begin to commit."""
        self._thread.start()

    def stop(self) -> None:
        """Commit what waits, and end; a commit that hangs is left behind."""
        self._waiting.put(None)
        self._thread.join(STOP_SECONDS)

    def run(self, work: Callable[[Session], Result]) -> Result:
        """Run the work in a transaction and return its result once that is committed.

        Raises what the work raises, the database's error if the transaction cannot be committed, or
        DatabaseBusy if that takes too long.
        """
        write = _Write(lambda session, _: [work(session)])
        self._waiting.put(write)
        try:
            result: Result = write.outcome.result(ANSWER_SECONDS)
        except TimeoutError:
            result = _take_back(write)
        return result

    async def run_together(self, work: Work[Item, Result], item: Item) -> Result:
        """Do the same for one of many items, in the event loop, which goes on meanwhile: no thread waits.

        Items whose work is the same function are handed to it together.
        """
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        write = _Write(work, item, told=told)
        self._waiting.put(write)
        try:
            await asyncio.wait_for(told, ANSWER_SECONDS)
        except TimeoutError:
            return cast(Result, _take_back(write))
        return cast(Result, write.outcome.result())

    def _serve(self) -> None:
        while (first := self._waiting.get()) is not None:
            taken = [first, *self._take_waiting()]
            batch = [write for write in taken if write.outcome.set_running_or_notify_cancel()]
            if batch:
                self._commit(batch)

    def _take_waiting(self) -> list[_Write]:
        """Take the writes that wait by now."""
        taken: list[_Write] = []
        while len(taken) < MOST_IN_A_COMMIT and not self._waiting.empty():
            write = self._waiting.get()
            if write is None:  # the end comes after what is taken
                self._waiting.put(None)
                break
            taken.append(write)
        return taken

    def _commit(self, batch: list[_Write]) -> None:
        try:
            with write_session(self._engine) as session:
                outcomes = [
                    outcome
                    for work, writes in groupby(batch, key=attrgetter("work"))
                    for outcome in _run(session, work, [write.item for write in writes])
                ]
        except BaseException as error:
            # Whatever it was, each request must hear of it, also those that came while it was waited for:
            # they would only wait for the same. The next commit begins anew.
            late = [write for write in self._take_waiting() if write.outcome.set_running_or_notify_cancel()]
            for write in batch + late:
                write.outcome.set_exception(error)
            _tell(batch + late)
            return
        self.seq = max(self.seq, list_numbers(session).get("changes", 0))
        for write, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, Exception):
                write.outcome.set_exception(outcome)
            else:
                write.outcome.set_result(outcome)
        _tell(batch)
        self._after_commit()


def _tell(writes: Sequence[_Write]) -> None:
    """Tell the event loops that wait, each once for all its writes: each call hands the interpreter over."""
    waiting: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
    for write in writes:
        if write.told is not None:
            waiting.setdefault(write.told.get_loop(), []).append(write.told)
    for loop, told in waiting.items():
        with suppress(RuntimeError):  # it has been closed
            loop.call_soon_threadsafe(_wake, told)


def _wake(waiting: Sequence["asyncio.Future[None]"]) -> None:
    for told in waiting:
        if not told.done():  # whose client has gone
            told.set_result(None)


def _take_back(write: _Write) -> Any:
    """Take a write back that has waited too long, unless it has begun: its outcome nobody knows then."""
    if write.outcome.cancel() or not write.outcome.done():
        raise DatabaseBusy("The database did not answer in time.", headers=RETRY) from None
    return write.outcome.result()


def _run(session: Session, work: Work[Item, Result], items: Sequence[Item]) -> Sequence[Result | Exception]:
    """Run writes under a savepoint; return of each its result, or the error that it alone is refused with.

    An error of the database itself leaves no transaction to go on with, so it is not caught. The savepoint is
    the connection's own: the session's costs a tenth of the whole write.
    """
    connection = session.connection()
    connection.exec_driver_sql("SAVEPOINT write")
    numbers = list_numbers(session)
    try:
        outcomes = work(session, items)
        session.flush()
    except UNAVAILABLE:
        raise
    except Exception as refusal:
        if not session.is_active:  # a flush has failed and taken the transaction with it
            raise
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT write")
        session.expunge_all()
        give_back(session, numbers)
        if len(items) == 1:
            return [refusal]
        return [outcome for item in items for outcome in _run(session, work, [item])]
    connection.exec_driver_sql("RELEASE SAVEPOINT write")
    return outcomes


async def _find_commits(request: Request) -> GroupCommit:
    commits: GroupCommit = request.app.state.commits
    return commits


Commits = Annotated[GroupCommit, Depends(_find_commits)]
