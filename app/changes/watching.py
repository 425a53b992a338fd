"""Waiting for changes: one reader of the table for all who wait, however many they are.

A commit of this process wakes it at once; those of others are found by looking. It remembers the newest
entries, so that a thousand streams which stand at the end of the feed cost one query a commit.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import islice
from threading import Event
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Engine
from sqlmodel import Session

from app.changes.queries import list_changes, list_newest
from app.changes.shapes import Entry, Page, make_page
from app.database import read_session
from app.errors import TooManyFollowers

# Between looks for the commits of other processes, and for a shutdown.
POLL_SECONDS = 0.25
# Threads and connections that the feed may take, beside the 40 threads that serve all else.
READERS = 4
# Entries kept in memory: about 1 MB.
REMEMBERED = 1000
# Requests of this process that may wait or stream at a time. Measured with 100 and 400 streams: each holds a
# socket and some 35 kB, and costs 16-28 µs of CPU an entry.
MOST_FOLLOWERS = 500

Result = TypeVar("Result")

_log = logging.getLogger(__name__)


class ChangeWatch:
    """Knows the newest changes while anyone waits for them; all but `wake` is for the event loop only."""

    def __init__(self, engine: Engine, stopping: Event) -> None:
        self._engine = engine
        self._stopping = stopping  # set at the first sign of a shutdown: uvicorn waits for open responses
        self._loop = asyncio.get_running_loop()
        self._readers = CapacityLimiter(READERS)
        self._woken = asyncio.Event()
        self._advanced = asyncio.Condition()
        self._recent: deque[Entry] = deque(maxlen=REMEMBERED)
        self._last_seq = 0
        self._followers = 0
        self._task = asyncio.create_task(self._run(), name="dateline-changes")

    @property
    def followers(self) -> int:
        """How many requests wait or stream now."""
        return self._followers

    @property
    def is_closing(self) -> bool:
        """Whether the server is stopping, so that nobody shall wait any longer."""
        return self._stopping.is_set()

    def wake(self) -> None:
        """Tell, from any thread, that there is a new change."""
        if self._followers:
            self._loop.call_soon_threadsafe(self._woken.set)

    async def stop(self) -> None:
        """End; `stopping` must be set."""
        self._woken.set()
        await self._task

    @contextmanager
    def admit(self) -> Iterator[None]:
        """Count a request that waits or streams; raises TooManyFollowers if there are too many."""
        if self._followers >= MOST_FOLLOWERS:
            raise TooManyFollowers("Too many requests wait for changes.", headers={"Retry-After": "5"})
        self._followers += 1
        self._woken.set()
        try:
            yield
        finally:
            self._followers -= 1

    async def wait_beyond(self, seq: int, seconds: float) -> None:
        """Wait until there is a change after `seq`, the time is over, or the server stops."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._advanced:
                await self._advanced.wait_for(lambda: self._last_seq > seq or self.is_closing)

    async def read(self, *, since: int, limit: int, kinds: Collection[str]) -> Page:
        """Read a page of the feed from the table."""
        return await self._query(partial(list_changes, since=since, limit=limit, kinds=kinds))

    async def read_on(self, *, since: int, limit: int, kinds: Collection[str]) -> Page:
        """Read a page out of what is remembered, if that reaches back to `since`, else from the table."""
        if not self._recent or since < (first := self._recent[0].seq) - 1:
            return await self.read(since=since, limit=limit, kinds=kinds)
        newer = islice(self._recent, since + 1 - first, None)
        found = [entry for entry in newer if not kinds or entry.kind in kinds]
        return make_page(found, since=since, limit=limit, last_seq=self._recent[-1].seq)

    async def _query(self, query: Callable[[Session], Result]) -> Result:
        def read() -> Result:
            with read_session(self._engine) as session:
                return query(session)

        return await to_thread.run_sync(read, limiter=self._readers)

    async def _run(self) -> None:
        while not self.is_closing:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), POLL_SECONDS)
            self._woken.clear()
            if self._followers and not self.is_closing:
                await self._look()
        async with self._advanced:
            self._advanced.notify_all()

    async def _look(self) -> None:
        try:
            entries = await self._query(partial(list_newest, since=self._last_seq, limit=REMEMBERED))
        except Exception:
            # Whatever it was: if this task ended, all who wait would do so for ever.
            _log.exception("the change feed cannot be read; it is tried again")
            await asyncio.sleep(POLL_SECONDS)
            return
        if entries:
            self._remember(entries)
            async with self._advanced:
                self._advanced.notify_all()

    def _remember(self, entries: Sequence[Entry]) -> None:
        """Keep the newest entries, and only those: there may be no hole among them."""
        if entries[0].seq != self._last_seq + 1:
            self._recent.clear()
        self._last_seq = entries[-1].seq
        if self._last_seq - entries[0].seq == len(entries) - 1:
            self._recent.extend(entries)
        else:  # some between them have been pruned
            self._recent.clear()
