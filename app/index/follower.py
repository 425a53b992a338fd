"""The thread that keeps a process's view of the index current, and writes it if no other process does."""

import logging
import threading
import time
import traceback
from pathlib import Path

import tantivy
from sqlalchemy import Engine

from app.database import UNAVAILABLE, explain
from app.errors import IndexBehind
from app.index.folder import (
    REQUEST_FILE,
    Position,
    Snapshot,
    discard_index,
    find_folder,
    find_writer,
    open_index,
    read_position,
    read_stamp,
    take_snapshot,
)
from app.index.following import COMMIT_EVERY, build_anew, find_last_seq, follow, is_of_this_store

# Seconds between looks for the writes of other processes; a write of this one wakes the thread at once.
POLL_SECONDS = 0.1
# Looking whether the process that writes the index has got further is a single stat.
READER_POLL_SECONDS = 0.02
# Between tries to take over from a process that has ended.
LOCK_SECONDS = 0.5
REPORT_SECONDS = 60.0
# A thread that is still busy then is left behind: what it has not committed is done again at the next start.
STOP_SECONDS = 3.0
# How long a command waits for a large index.
COMMAND_SECONDS = 24 * 3600.0
# How long a request waits for an index that has not been opened yet.
OPEN_SECONDS = 5.0
# A commit of the index costs as much as indexing twenty articles. So after each it rests for twice the time
# that it took, and the next one holds what has come meanwhile; but for no longer than searches may be behind.
REST, MOST_REST = 2.0, 0.4
BEHIND = {"Retry-After": "1"}

_log = logging.getLogger(__name__)


class Follower:
    """Follows the store's changes in a thread of its own.

    Any number of processes may share one folder. The one that gets Tantivy's lock writes; the others see what
    it has committed, and one of them takes over when it ends.
    """

    def __init__(self, engine: Engine, index_dir: Path, most_rest: float = MOST_REST) -> None:
        self._engine = engine
        self._most_rest = most_rest
        self._folder = find_folder(index_dir)
        self._index: tantivy.Index | None = None
        self._writer: tantivy.IndexWriter | None = None
        self._position = Position("")
        self._is_unseen = False
        self._stamp: tuple[int, int] | None = None
        self._next_try = 0.0
        self._reported, self._next_report = "", 0.0
        self._snapshot: Snapshot | None = None
        self._shown = 0
        self._advanced = threading.Condition()
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dateline-follower", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """Stop following and let go of the lock."""
        self._stopping.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def wake(self) -> None:
        """Tell that there is a new change."""
        self._woken.set()

    @property
    def seq(self) -> int:
        """The seq up to which this process's searches see every change."""
        snapshot = self._snapshot
        return snapshot.seq if snapshot else 0

    @property
    def shown(self) -> int:
        """How often what this process's searches see has changed; an index built anew has the same seq."""
        return self._shown

    @property
    def is_writer(self) -> bool:
        """Whether this process writes the index."""
        return self._writer is not None

    def lag(self, last_seq: int) -> int:
        """Count the changes up to `last_seq`, the store's newest, that searches do not see yet."""
        return max(0, last_seq - self.seq)

    def wait_for(self, seq: int, timeout: float) -> bool:
        """Wait until searches see the change with this seq; False if that takes longer than the timeout."""
        with self._advanced:
            return self._advanced.wait_for(lambda: self._snapshot is not None and self.seq >= seq, timeout)

    def take_snapshot(self) -> Snapshot:
        """Return the index as searches see it now; raises IndexBehind if it cannot be opened."""
        if not self.wait_for(0, OPEN_SECONDS) or (snapshot := self._snapshot) is None:
            raise IndexBehind("The search index is not open yet.", headers=BEHIND)
        return snapshot

    def _run(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                self._follow_once()
            except BaseException as error:
                # A full disk (Tantivy may panic of it, which is no Exception), no database, the folder gone …
                # A writer that has failed stays dead, so everything is opened again.
                self._report(error)
                # Who keeps the log record would else keep the writer, and with it the lock.
                traceback.clear_frames(error.__traceback__)
                self._close()
                self._stopping.wait(LOCK_SECONDS)
            self._stopping.wait(min(self._most_rest, REST * (time.monotonic() - began)))
            self._woken.wait(POLL_SECONDS if self._writer else READER_POLL_SECONDS)
            self._woken.clear()
        self._close()

    def _report(self, error: BaseException) -> None:
        """Log the failure, but one that goes on only once a minute: it comes twice a second."""
        kind, now = type(error).__name__, time.monotonic()
        if kind == self._reported and now < self._next_report:
            return
        self._reported, self._next_report = kind, now + REPORT_SECONDS
        if isinstance(error, UNAVAILABLE):
            _log.warning("the search index cannot follow, it tries again: %s", explain(error))
        else:
            _log.error("the search index could not follow; it tries again", exc_info=error)

    def _close(self) -> None:
        self._writer, self._index, self._stamp = None, None, None

    def _follow_once(self) -> None:
        """Do what there is to do: open, take the lock, write, or show what another process has written."""
        self._open()
        if self._writer is None and time.monotonic() >= self._next_try:
            self._next_try = time.monotonic() + LOCK_SECONDS
            self._take_lock()
        if self._writer is not None:
            self._write(self._writer)
        if self._is_unseen:
            self._show(self._position.seq)

    def _open(self) -> None:
        """Open the index unless this very index is open; see how far it has come."""
        stamp = read_stamp(self._folder)
        if self._index is not None and stamp == self._stamp:
            return
        if self._index is None or stamp is None or read_position(self._folder).index != self._position.index:
            self._close()
            self._index = open_index(self._folder)
            stamp = read_stamp(self._folder)
        self._position, self._stamp, self._is_unseen = read_position(self._folder), stamp, True

    def _take_lock(self) -> None:
        """Become the process that writes, if there is none. The index of another database is thrown away."""
        assert self._index is not None
        self._writer = find_writer(self._index)
        if self._writer is not None and not is_of_this_store(self._engine, read_position(self._folder)):
            self._start_over()

    def _start_over(self) -> None:
        _log.warning("the search index is of another database; it is built anew")
        self._close()
        discard_index(self._folder)
        self._open()
        self._next_try = 0.0

    def _write(self, writer: tantivy.IndexWriter) -> None:
        last_seq = find_last_seq(self._engine)
        if (self._folder / REQUEST_FILE).exists():
            self._build_anew(writer)
        elif last_seq < self._position.seq:
            self._start_over()
        elif last_seq > self._position.seq:
            follow(self._engine, writer, folder=self._folder, stopping=self._stopping, show=self._show)
        else:
            return
        self._open()

    def _build_anew(self, writer: tantivy.IndexWriter) -> None:
        """Build the index anew, and follow with the old one until the new one is whole.

        An old one that is far behind stays there: to bring it up would cost as much as the new one does.
        """
        is_far_behind = find_last_seq(self._engine) - self._position.seq > COMMIT_EVERY

        def go_on() -> None:
            if not is_far_behind:
                follow(self._engine, writer, folder=self._folder, stopping=self._stopping, show=self._show)

        if build_anew(self._engine, folder=self._folder, stopping=self._stopping, meanwhile=go_on):
            self._close()
            self._next_try = 0.0

    def _show(self, seq: int) -> None:
        """Let searches see what has been committed."""
        assert self._index is not None
        snapshot = take_snapshot(self._index, seq)
        with self._advanced:
            self._snapshot, self._is_unseen = snapshot, False
            self._shown += 1
            self._advanced.notify_all()


def catch_up_once(engine: Engine, index_dir: Path) -> Snapshot:
    """Bring the index up to date, or wait until the server that runs has done it, and return it."""
    last_seq = find_last_seq(engine)
    follower = Follower(engine, index_dir)
    follower.start()
    try:
        follower.wait_for(last_seq, COMMAND_SECONDS)
        return follower.take_snapshot()
    finally:
        follower.stop()


def rebuild(engine: Engine, index_dir: Path) -> str:
    """Build the index anew and say what it holds then.

    A file in the folder asks for it, so that a running server, which holds the lock, does it; else this
    process does. Searches see the old index until the new one is whole.
    """
    last_seq = find_last_seq(engine)
    folder = find_folder(index_dir)
    open_index(folder)
    (folder / REQUEST_FILE).touch()
    follower = Follower(engine, index_dir)
    follower.start()
    try:
        while (folder / REQUEST_FILE).exists():
            time.sleep(POLL_SECONDS)
        follower.wait_for(last_seq, COMMAND_SECONDS)
        snapshot = follower.take_snapshot()
    finally:
        follower.stop()
    count = snapshot.searcher.num_docs
    return f"The search index was built anew: {count} articles, up to change {snapshot.seq}."
