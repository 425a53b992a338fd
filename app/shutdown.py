"""The way from SIGTERM to the end, on which no request is cut.

1. `stopping` is set: /health/ready answers 503, requests that wait for news end, and every answer closes its
   connection. The server still accepts, since requests may be under way that it has not seen.
2. After LULL_SECONDS the server (uvicorn) stops accepting and waits for the requests that run.
3. The lifespan ends: what waits is committed, the search index is closed.
"""

import asyncio
import signal
import threading
from types import FrameType
from typing import Any

LULL_SECONDS = 1.0


def watch_for_stop(stopping: threading.Event) -> None:
    """Set the event at SIGTERM or SIGINT, and let whoever has handled those do so after the lull.

    Uvicorn's own handlers are in place when the lifespan begins; it tells nobody else of the signal before
    the last request has ended. SIGINT, of a person at a terminal, is passed on at once.
    """
    if threading.current_thread() is not threading.main_thread():  # a test's server
        return
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        previous = signal.getsignal(number)

        def stop(received: int, frame: FrameType | None, previous: Any = previous) -> None:
            is_first = not stopping.is_set()
            stopping.set()
            if not callable(previous):
                return
            if received == signal.SIGINT:
                previous(received, frame)
            elif is_first:  # with several workers it comes from the terminal and from the parent
                loop.call_soon_threadsafe(loop.call_later, LULL_SECONDS, previous, received, None)

        signal.signal(number, stop)
