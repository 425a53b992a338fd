"""`GET /metrics`: what was counted, and how the store stands at this moment (Prometheus)."""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from sqlalchemy import text

from app.changes import get_last_seq
from app.database import UNAVAILABLE, read_session
from app.errors import InvalidKey, KeyRequired, ScopeMissing, document_errors
from app.health import describe_replica
from app.keys import MetricsReader
from app.metrics import find_registry
from app.requests import make_router

router = make_router("", "health")

_DATABASE_BYTES = {
    "postgresql": "SELECT pg_database_size(current_database())",
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
}


@router.get(
    "/metrics",
    operation_id="read_metrics",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
        **document_errors(KeyRequired, InvalidKey, ScopeMissing),
    },
    dependencies=[MetricsReader],
)
def read_metrics(request: Request) -> Response:
    """Read the figures of this server in Prometheus's text format.

    Requests and cleaning are counted over all workers; the other figures are of the worker that answers.
    """
    store = CollectorRegistry()
    store.register(_StoreFigures(request.app.state))
    body = generate_latest(find_registry()) + generate_latest(store)
    return Response(body, headers={"Cache-Control": "no-store", "Content-Type": CONTENT_TYPE_LATEST})


class _StoreFigures:
    """How the store stands; a figure that cannot be had is left out, and `dateline_database_up` says why."""

    def __init__(self, state: Any) -> None:
        self.state = state

    def collect(self) -> Iterator[Metric]:
        """Collect the figures, as prometheus_client asks for them."""
        yield GaugeMetricFamily(
            "dateline_commit_queue_depth", "Writes that wait for a commit.", self.state.commits.depth
        )
        yield from self._describe_folders()
        try:
            yield from self._describe_database()
        except UNAVAILABLE:
            yield GaugeMetricFamily("dateline_database_up", "Whether the database answers.", 0)
        if self.state.replica:
            yield from self._describe_replica()

    def _describe_database(self) -> Iterator[Metric]:
        with read_session(self.state.engine) as session:
            last_seq = get_last_seq(session)
            size = (
                session.connection().execute(text(_DATABASE_BYTES[session.get_bind().dialect.name])).scalar()
            )
        behind = self.state.follower.lag(last_seq)
        yield GaugeMetricFamily("dateline_database_up", "Whether the database answers.", 1)
        yield GaugeMetricFamily("dateline_database_bytes", "Size of the database.", size or 0)
        yield GaugeMetricFamily("dateline_last_seq", "Seq of the newest change.", last_seq)
        yield GaugeMetricFamily(
            "dateline_index_changes_behind", "Changes that searches do not see yet.", behind
        )

    def _describe_folders(self) -> Iterator[Metric]:
        settings = self.state.settings
        size = _measure_folder(settings.effective_index_dir)
        yield GaugeMetricFamily("dateline_index_bytes", "Size of the search index.", size)
        free = GaugeMetricFamily("dateline_disk_free_bytes", "Room left on the disk.", labels=["folder"])
        for name, folder in {"data": settings.data_dir, "index": settings.effective_index_dir}.items():
            if folder.exists():
                free.add_metric([name], shutil.disk_usage(folder).free)
        yield free

    def _describe_replica(self) -> Iterator[Metric]:
        try:
            found = describe_replica(self.state)
        except UNAVAILABLE:  # of the primary, with which it is compared
            return
        yield GaugeMetricFamily("dateline_replica_up", "Whether the replica answers.", int(found.reached))
        if found.changes_behind is not None and found.seconds_behind is not None:
            yield GaugeMetricFamily(
                "dateline_replica_changes_behind", "Changes that the replica lacks.", found.changes_behind
            )
            yield GaugeMetricFamily(
                "dateline_replica_seconds_behind", "Age of the oldest of them.", found.seconds_behind
            )


def _measure_folder(folder: Path) -> int:
    """Add up the sizes of a folder's files; those that vanish meanwhile do not count."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                total += os.stat(os.path.join(place, name)).st_size
    return total
