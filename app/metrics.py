"""What is counted while Dateline works, for Prometheus: requests, cleaning, commits.

The instruments are the process's own, as prometheus_client has them. `dateline serve` with several workers
gives these a folder in common (PROMETHEUS_MULTIPROC_DIR, read when that library is imported), and any worker
then answers with the sums over all.
"""

import os
import time
from collections import Counter as Tally
from typing import NamedTuple

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
)
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.cleaning import Cleaned

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
# A stored article is answered in under a millisecond of CPU, a long poll after 30 seconds.
_REQUEST_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_CLEANING_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
_METHODS = frozenset(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
# The label of requests that no route took: their addresses are the client's own text.
NO_ROUTE = "none"

disable_created_metrics()  # type: ignore[no-untyped-call]  # a series more for each, which nobody asks for

REQUESTS = Counter(
    "dateline_http_requests", "Requests by route template, method and status.", ["route", "method", "status"]
)
REQUEST_SECONDS = Histogram(
    "dateline_http_request_seconds",
    "Seconds from a request's head to the end of its answer.",
    ["route", "method"],
    buckets=_REQUEST_BUCKETS,
)
CLEANING_SECONDS = Histogram(
    "dateline_cleaning_seconds", "Seconds that cleaning took of a raw text.", buckets=_CLEANING_BUCKETS
)
CLEANED = Counter("dateline_cleaned", "Raw texts cleaned, by whether an article was found.", ["outcome"])
REMOVED_LINES = Counter("dateline_removed_lines", "Raw lines removed by cleaning, by reason.", ["reason"])


class CleaningFigures(NamedTuple):
    """What is counted of a cleaned text."""

    seconds: float
    outcome: str
    removed: Tally[str]


# In a process that cleans for another one: what that one is to count. None where this process counts itself.
_kept: list[CleaningFigures] | None = None


def observe_cleaning(cleaned: Cleaned, seconds: float) -> None:
    """Count a cleaned text, or keep its figures for the process that this one works for."""
    outcome = "article" if cleaned.body else "no-article-found"
    removed = Tally(str(line.reason) for line in cleaned.lines if line.reason)
    figures = CleaningFigures(seconds, outcome, removed)
    if _kept is None:
        count_cleaning(figures)
    else:
        _kept.append(figures)


def count_cleaning(figures: CleaningFigures) -> None:
    """Count a text that has been cleaned here or in a child."""
    CLEANING_SECONDS.observe(figures.seconds)
    CLEANED.labels(figures.outcome).inc()
    for reason, count in figures.removed.items():
        REMOVED_LINES.labels(reason).inc(count)


def take_kept_figures() -> list[CleaningFigures]:
    """Take what has been kept since the last time; from the first time on, figures are kept."""
    global _kept
    taken, _kept = _kept or [], []
    return taken


def find_registry() -> CollectorRegistry:
    """Return the registry with what is counted: the process's own, or one of the sums over all workers."""
    if FOLDER_VARIABLE not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


class RequestMeter:
    """Counts and times every request; plain ASGI, so that an answer is not copied."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        # `labels()` looks a child up under a lock; found once, it costs nothing. As many as there are routes.
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 500  # what the server answers if the application raises

        async def send_noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = time.perf_counter()
        try:
            await self.app(scope, receive, send_noting)
        finally:
            self._note(scope, status, time.perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = name_route(scope)
        method = scope["method"] if scope["method"] in _METHODS else "other"
        found = self._known.get((route, method, status))
        if found is None:
            found = REQUESTS.labels(route, method, status), REQUEST_SECONDS.labels(route, method)
            self._known[route, method, status] = found
        found[0].inc()
        found[1].observe(seconds)


def name_route(scope: Scope) -> str:
    """Name the route that took the request by its template, such as `/v1/articles/{article_id}`."""
    path: str = getattr(scope.get("route"), "path", NO_ROUTE)
    if "route" not in scope and "app_root_path" in scope:  # a folder of static files
        return str(scope["root_path"]).removeprefix(scope["app_root_path"])
    return path
