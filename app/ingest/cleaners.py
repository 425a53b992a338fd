"""Processes that prepare lines, so that cleaning uses every core.

A child is a plain subprocess that reads groups of lines from its standard input and answers on its standard
output. It ends when the pipe does, so it never outlives the server, however that ended. (The standard
library's process pool leaves its children behind when the parent is killed, and forgets all its work when a
child is.) If a child dies, only the group that it had is affected: it is prepared again, line by line, and
a line whose child dies with it is refused. A child that has had no work for a while ends.
"""

import logging
import os
import pickle
import queue
import select
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, cast

import app
from app.errors import CleaningFailed
from app.ingest.lines import Line, Prepared, prepare_line
from app.metrics import CleaningFigures, count_cleaning, take_kept_figures

# A child takes a second of CPU to start: so few lines are not worth the first one, and so many raw lines that
# wait (of some milliseconds each) are worth another. Structured lines need no second one: the database and
# the index are slower than one child.
FEW_LINES = 10
WORTH_A_CHILD = 100
START_SECONDS = 30.0
IDLE_SECONDS = 60.0
# A page of 20,000 lines takes some seconds; what takes longer than this never ends.
LINE_SECONDS = 30.0
GROUP_SECONDS = 120.0
CLOSE_SECONDS = 2.0
_LENGTH_BYTES = 8
CHILD = ("-P", "-m", "app.ingest.cleaners")

_log = logging.getLogger(__name__)

Job = tuple[list[Line], "Future[list[Prepared]]"]
Answer = tuple[list[Prepared], list[CleaningFigures]]


class Cleaners:
    """At most `count` children, each with a thread that hands it work; both start when there is some."""

    def __init__(self, count: int | None = None) -> None:
        self.count = count or len(os.sched_getaffinity(0))
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._raw_lines = 0  # that wait or are being cleaned
        self._serving: dict[threading.Thread, _Child] = {}
        self._is_closed = False

    def prepare(self, lines: list[Line]) -> "Future[list[Prepared]]":
        """Have lines prepared; the result has one element for each, in their order."""
        outcome: Future[list[Prepared]] = Future()
        with self._lock:
            self._raw_lines += _count_raw(lines)
            self._jobs.put((lines, outcome))
            if len(self._serving) < min(self.count, 1 + self._raw_lines // WORTH_A_CHILD):
                child = _Child()
                thread = threading.Thread(
                    target=self._serve, args=(child,), name="dateline-cleaner", daemon=True
                )
                self._serving[thread] = child
                thread.start()
        return outcome

    def close(self) -> None:
        """End the children, whatever they are at."""
        self._is_closed = True
        with self._lock:
            serving = dict(self._serving)
        for child in serving.values():
            self._jobs.put(None)
            child.stop()
        for thread in serving:
            thread.join(CLOSE_SECONDS)

    def _serve(self, child: "_Child") -> None:
        while (job := self._take()) is not None:
            lines, outcome = job
            if outcome.set_running_or_notify_cancel():
                try:
                    outcome.set_result(self._prepare(child, lines))
                except Exception as error:  # who waits for it must hear of it
                    outcome.set_exception(error)
            with self._lock:
                self._raw_lines -= _count_raw(lines)
        child.end()

    def _take(self) -> Job | None:
        """Wait for work; None when there has been none for a while, or there shall be no more."""
        try:
            job = self._jobs.get(timeout=IDLE_SECONDS)
        except queue.Empty:
            job = None
        if job is None:
            with self._lock:
                if not self._is_closed:
                    with suppress(queue.Empty):  # it may have come in the last moment
                        return self._jobs.get_nowait()
                self._serving.pop(threading.current_thread())
        return job

    def _prepare(self, child: "_Child", lines: list[Line]) -> list[Prepared]:
        if self._is_closed:
            return [CleaningFailed("The server is stopping.") for _ in lines]
        # Few lines are not worth a start, and more need not wait for it: the server prepares them itself, as
        # it does those of single requests.
        if not child.is_ready(start=len(lines) > FEW_LINES):
            return [prepare_line(line) for line in lines]
        if (found := child.ask(lines)) is not None:
            return found
        return [self._prepare_alone(child, line) for line in lines]

    def _prepare_alone(self, child: "_Child", line: Line) -> Prepared:
        """Prepare a line whose group has lost its child, to this line or to another."""
        if not self._is_closed and (found := child.ask([line])) is not None:
            return found[0]
        _log.error("line %d of a batch lost its cleaning process; it is refused", line.number)
        return CleaningFailed("The process that cleaned this line died, or took too long.")


class _Child:
    """A child process, started when there is work for it, and anew when it has died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._has_greeted = False

    def is_ready(self, *, start: bool) -> bool:
        """Tell whether it can be asked at once; one that has not been started may be started by this."""
        if self._process is None and start:
            with suppress(OSError):
                self._process = _start()
        if self._process is not None and not self._has_greeted:
            self._has_greeted = self._receive(0) is not None
        return self._has_greeted

    def ask(self, lines: list[Line]) -> list[Prepared] | None:
        """Have lines prepared; None if the child died of it, or took too long."""
        try:
            if self._process is None:
                self._process = _start()
                self._has_greeted = self._receive(START_SECONDS) is not None
            if self._has_greeted:
                _write(cast(IO[bytes], self._process.stdin), lines)
                answer = self._receive(GROUP_SECONDS if len(lines) > 1 else LINE_SECONDS)
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


def _count_raw(lines: list[Line]) -> int:
    """Count the lines that need cleaning, by how they begin; each takes a hundred times as long."""
    return sum(line.text is not None and not line.text.startswith(b'{"article"') for line in lines)


def _start() -> "subprocess.Popen[bytes]":
    """Start a child that finds the same program as this process, wherever it was started."""
    package = str(Path(app.__file__).parent.parent)
    path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    return subprocess.Popen(
        [sys.executable, *CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        env={**os.environ, "PYTHONPATH": path},
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


def main() -> None:
    """Prepare lines until there are no more."""
    # The signals of a terminal or a service manager reach children too; they end with their server.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    questions, answers = os.fdopen(0, "rb", buffering=0), os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what a library prints must not get between the answers
    try:
        _write(answers, ([], take_kept_figures()))  # ready
        while True:
            lines = _read(questions)
            prepared = [prepare_line(line) for line in lines]
            _write(answers, (prepared, take_kept_figures()))
    except (EOFError, BrokenPipeError):
        return


if __name__ == "__main__":
    main()
