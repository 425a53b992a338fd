"""Processes that clean lines of batches and long texts: on every core, beside the server, and not for ever.

A child is a plain subprocess that reads groups of lines from its standard input and answers on its standard
output. It ends when the pipe does, so it never outlives the server, however that ended. (The standard
library's process pool leaves its children behind when the parent is killed, and forgets all its work when a
child is.) If a child dies, only the group that it had is affected: it is prepared again, line by line, and
a line whose child dies with it is refused. A child that has had no work for a while ends.

A long text that is posted by itself goes the same way, before the groups that wait: cleaned in the server, it
would hold up all other requests, and nothing could end it.
"""

import gc
import logging
import os
import pickle
import queue
import select
import signal
import subprocess
import threading
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count as count_up
from typing import IO, Any, cast

from app.children import start_child
from app.errors import CleaningBusy, CleaningFailed, DatelineError
from app.ingest.articles import CleanedSubmission, clean_submission
from app.ingest.lines import Line, Prepared, prepare_line, prepare_text
from app.ingest.submissions import Submission
from app.metrics import CleaningFigures, count_cleaning, take_kept_figures

# A child takes a second of CPU to start: so few lines are not worth the first one, and so many raw lines that
# wait (of some milliseconds each) are worth another. Structured lines need no second one: the database and
# the index are slower than one child.
FEW_LINES = 10
WORTH_A_CHILD = 100
START_SECONDS = 30.0
IDLE_SECONDS = 60.0
# A text of more characters, or a line of more bytes, is long. The slowest that is not takes a tenth of a
# second (tests/cleaning/test_hostile.py holds what each may cost).
LONG_TEXT = 100_000
# Long texts that wait or are being cleaned, each with a thread of the server's 40: more are refused.
MOST_LONG = 16
# The slowest text of 2 MiB that was found takes two seconds; what takes so many of CPU never ends.
CPU_SECONDS = 10.0
# The same for a child that waits for something; more, since the cores may be busy.
LINE_SECONDS = 60.0
GROUP_SECONDS = 120.0
CLOSE_SECONDS = 2.0
RETRY = {"Retry-After": "10"}
_LENGTH_BYTES = 8
CHILD = ("-P", "-m", "app.ingest.cleaners")

_log = logging.getLogger(__name__)

Item = Line | Submission
Answer = tuple[list[Prepared], list[CleaningFigures]]


@dataclass(order=True, slots=True)
class _Job:
    """Work in the order in which it is to be done: long texts, whose senders wait, before groups."""

    order: tuple[bool, int]
    items: list[Item] = field(compare=False)
    outcome: "Future[list[Prepared]]" = field(compare=False, default_factory=Future)


class Cleaners:
    """At most `count` children, each with a thread that hands it work; both start when there is some."""

    def __init__(self, count: int | None = None) -> None:
        self.count = count or len(os.sched_getaffinity(0))
        self._jobs: queue.PriorityQueue[_Job] = queue.PriorityQueue()
        self._numbers = count_up()
        self._long = threading.BoundedSemaphore(MOST_LONG)
        self._lock = threading.Lock()
        self._raw_lines = 0  # that wait or are being cleaned
        self._serving: dict[threading.Thread, _Child] = {}
        self._is_closed = False

    def prepare(self, lines: list[Line]) -> "Future[list[Prepared]]":
        """Have lines prepared; the result has one element for each, in their order."""
        return self._add(_Job((True, next(self._numbers)), [*lines]))

    def clean(self, submission: Submission) -> CleanedSubmission:
        """Clean a text, a long one in a child; raises what `clean_submission` raises, CleaningFailed if it
        takes too long, or CleaningBusy. For a thread: it waits."""
        if len(submission.raw) <= LONG_TEXT:
            return clean_submission(submission)
        if not self._long.acquire(blocking=False):
            raise CleaningBusy(f"{MOST_LONG} long texts are being cleaned.", headers={"Retry-After": "2"})
        try:
            (found,) = self._add(_Job((False, next(self._numbers)), [submission])).result()
        finally:
            self._long.release()
        if isinstance(found, DatelineError):
            raise found
        return cast(CleanedSubmission, found)

    def _add(self, job: _Job) -> "Future[list[Prepared]]":
        with self._lock:
            self._raw_lines += _count_raw(job.items)
            self._jobs.put(job)
            if len(self._serving) < min(self.count, 1 + self._raw_lines // WORTH_A_CHILD):
                child = _Child()
                thread = threading.Thread(
                    target=self._serve, args=(child,), name="dateline-cleaner", daemon=True
                )
                self._serving[thread] = child
                thread.start()
        return job.outcome

    def close(self) -> None:
        """End the children, whatever they are at."""
        self._is_closed = True
        with self._lock:
            serving = dict(self._serving)
        for child in serving.values():
            self._jobs.put(_Job((True, next(self._numbers)), []))  # wakes a thread that waits for work
            child.stop()
        for thread in serving:
            thread.join(CLOSE_SECONDS)

    def _serve(self, child: "_Child") -> None:
        while (job := self._take()) is not None:
            if job.outcome.set_running_or_notify_cancel():
                try:
                    job.outcome.set_result(self._prepare(child, job.items))
                except Exception as error:  # who waits for it must hear of it
                    job.outcome.set_exception(error)
            with self._lock:
                self._raw_lines -= _count_raw(job.items)
        child.end()

    def _take(self) -> _Job | None:
        """Wait for work; None when there has been none for a while, or there shall be no more."""
        job: _Job | None
        try:
            job = self._jobs.get(timeout=IDLE_SECONDS)
        except queue.Empty:
            job = None
        if job is None or not job.items:
            with self._lock:
                if not self._is_closed:
                    with suppress(queue.Empty):  # it may have come in the last moment
                        return self._jobs.get_nowait()
                self._serving.pop(threading.current_thread())
                return None
        return job

    def _prepare(self, child: "_Child", items: list[Item]) -> list[Prepared]:
        if self._is_closed:
            return [CleaningFailed("The server is stopping.", headers=RETRY) for _ in items]
        # Few lines are not worth a start, and more need not wait for it: the server prepares them itself, as
        # it does short texts of single requests.
        if not any(map(_is_long, items)) and not child.is_ready(start=len(items) > FEW_LINES):
            return [_prepare_item(item) for item in items]
        if isinstance(items[0], Line) and (found := child.ask(items)) is not None:
            return found
        return [self._prepare_alone(child, item) for item in items]

    def _prepare_alone(self, child: "_Child", item: Item) -> Prepared:
        """Prepare a long text, or a line whose group has lost its child, to this line or to another."""
        if not self._is_closed and (found := child.ask([item])) is not None:
            return found[0]
        what = f"line {item.number} of a batch" if isinstance(item, Line) else "a long text"
        _log.error("%s lost its cleaning process; it is refused", what)
        return CleaningFailed("The process that cleaned this text died, or took too long.", headers=RETRY)


class _Child:
    """A child process, started when there is work for it, and anew when it has died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._has_greeted = False

    def is_ready(self, *, start: bool) -> bool:
        """Tell whether it can be asked at once; one that has not been started may be started by this."""
        if self._process is None and start:
            with suppress(OSError):
                self._process = start_child(*CHILD)
        if self._process is not None and not self._has_greeted:
            self._has_greeted = self._receive(0) is not None
        return self._has_greeted

    def ask(self, items: list[Item]) -> list[Prepared] | None:
        """Have them prepared; None if the child died of it, or took too long."""
        if self._process is not None and self._process.poll() is not None:  # it has died in between
            self.end()
        try:
            process = self._process = self._process or start_child(*CHILD)
            self._has_greeted = self._has_greeted or self._receive(START_SECONDS) is not None
            if self._has_greeted:
                _write(cast(IO[bytes], process.stdin), items)
                answer = self._receive(GROUP_SECONDS if len(items) > 1 else LINE_SECONDS)
                if answer is not None:
                    prepared, figures = answer
                    for cleaned in figures:
                        count_cleaning(cleaned)
                    return prepared
        except OSError:
            pass
        self.end()
        return None

    def _receive(self, seconds: float) -> Answer | None:
        """Wait so long for what it writes; None if nothing comes, or no more will."""
        answers = cast(IO[bytes], cast("subprocess.Popen[bytes]", self._process).stdout)
        poll = select.poll()
        poll.register(answers, select.POLLIN)
        try:
            return cast(Answer, _read(answers)) if poll.poll(seconds * 1000) else None
        except EOFError:
            self.end()
            return None

    def stop(self) -> None:
        """Stop it, from another thread than the one that asks it."""
        if (process := self._process) is not None:
            process.kill()

    def end(self) -> None:
        """End it, and clear away what is left of it."""
        process, self._process, self._has_greeted = self._process, None, False
        if process is not None:
            process.kill()
            process.communicate()


def _is_long(item: Item) -> bool:
    return len((item.text or b"") if isinstance(item, Line) else item.raw) > LONG_TEXT


def _prepare_item(item: Item) -> Prepared:
    return prepare_line(item) if isinstance(item, Line) else prepare_text(item)


def _count_raw(items: list[Item]) -> int:
    """Count the lines that need cleaning, by how they begin; each takes a hundred times as long. A long text
    counts for so many that a second one is worth a child of its own."""
    return sum(
        item.text is not None and not item.text.startswith(b'{"article"')
        if isinstance(item, Line)
        else WORTH_A_CHILD // 2
        for item in items
    )


def _write(stream: IO[bytes], value: Any) -> None:
    data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    view = memoryview(len(data).to_bytes(_LENGTH_BYTES) + data)
    while view:  # an unbuffered pipe takes what it can
        view = view[stream.write(view) :]


def _read(stream: IO[bytes]) -> Any:
    """Read what the other side has written; raises EOFError if it has gone."""
    return pickle.loads(_read_exactly(stream, int.from_bytes(_read_exactly(stream, _LENGTH_BYTES))))


def _read_exactly(stream: IO[bytes], count: int) -> bytearray:
    data = bytearray(count)
    view = memoryview(data)
    while view:
        got = stream.readinto(view)  # type: ignore[attr-defined]
        if not got:
            raise EOFError
        view = view[got:]
    return data


def _prepare_in_time(item: Item) -> Prepared:
    """Prepare, or die of it: the signal ends the process, since nothing else ends a regular expression."""
    signal.setitimer(signal.ITIMER_VIRTUAL, CPU_SECONDS)
    return _prepare_item(item)


def main() -> None:
    """Prepare lines and texts until there are no more."""
    # The signals of a terminal or a service manager reach children too; they end with their server.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    questions, answers = os.fdopen(0, "rb", buffering=0), os.fdopen(os.dup(1), "wb", buffering=0)
    os.nice(5)  # requests that wait for no cleaning come first
    os.dup2(2, 1)  # what a library prints must not get between the answers
    try:
        _write(answers, ([], take_kept_figures()))  # ready
        gc.freeze()  # what has been loaded stays, and need not be looked through again and again
        while True:
            items = _read(questions)
            prepared = [_prepare_in_time(item) for item in items]
            _write(answers, (prepared, take_kept_figures()))
    except (EOFError, BrokenPipeError):
        return


if __name__ == "__main__":
    main()
