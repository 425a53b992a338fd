"""`dateline config`, `doctor` and `healthcheck`: what they say, and that they change nothing."""

import os
import socket
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
import uvicorn
from sqlalchemy import text
from typer.testing import CliRunner

from app.database import write_session
from app.index import catch_up_once
from app.index.folder import find_folder
from app.keys import Scope
from app.main import create_app
from app.operations import operations
from app.settings import Settings


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Run a command in an empty folder, with only these variables set."""
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    for name in list(os.environ):
        if name.startswith("DATELINE_"):
            monkeypatch.delenv(name)

    def call(command, **variables):
        for name, value in variables.items():
            monkeypatch.setenv(f"DATELINE_{name}", value)
        return CliRunner().invoke(operations, command)

    return call


def test_config_shows_values_and_origins_but_no_secret(run, tmp_path):
    (tmp_path / "url").write_text("postgresql://ann:hunter2@db.example/news?password=hunter3\n")
    (tmp_path / "empty" / ".env").write_text("DATELINE_WORKERS=3\nDATELINE_PORT=1\n")
    variables = {"DATABASE_URL_FILE": str(tmp_path / "url"), "ADMIN_KEY": "dl_ab12_hunter4", "HOTS": "x"}
    shown = run(["config"], PORT="9000", PUBLIC_READ="", **variables)
    assert shown.exit_code == 0
    rows = {line.split()[0]: line.split(maxsplit=2)[1:] for line in shown.stdout.splitlines()}
    assert rows["DATELINE_PORT"] == ["9000", "environment"]
    assert rows["DATELINE_WORKERS"] == ["3", ".env"]
    assert rows["DATELINE_PUBLIC_READ"] == ["true", "default"]
    assert rows["DATELINE_DATABASE_URL"] == [
        "postgresql://ann:***@db.example/news",
        f"file {tmp_path / 'url'}",
    ]
    assert rows["DATELINE_ADMIN_KEY"] == ["dl_ab12_***", "environment"]
    assert len(rows) == len(Settings.model_fields)
    assert "hunter" not in shown.output
    assert "DATELINE_HOTS is no setting" in shown.stderr
    assert "hunter" not in run(["config"], ADMIN_KEY="hunter5", DATABASE_URL="sqlite:///x?key=hunter6").output


def test_doctor_makes_nothing_of_an_empty_folder(run, tmp_path):
    checked = run(["doctor"], DATA_DIR=str(tmp_path / "new"))
    assert checked.exit_code == 0
    assert "note    database: there is none yet" in checked.stdout
    assert not (tmp_path / "new").exists()


def test_doctor_names_what_is_wrong(run, settings, engine, make_key, make_article):
    variables = {"DATA_DIR": str(settings.data_dir)}
    if settings.database_url:
        variables["DATABASE_URL"] = settings.database_url.get_secret_value()
    make_article()
    catch_up_once(engine, settings.effective_index_dir)

    def find_failures():
        checked = run(["doctor"], **variables)
        failed = [line.split()[1] for line in checked.stdout.splitlines() if line.startswith("FAILED")]
        assert checked.exit_code == (1 if failed else 0)
        return failed

    def execute(statement, **values):
        with write_session(engine) as session:
            session.connection().execute(text(statement), values)

    assert find_failures() == []
    execute("UPDATE keys SET revoked_at = :now", now=datetime.now(UTC))
    make_key(Scope.READ)
    assert find_failures() == ["keys:"]
    make_key(Scope.ADMIN)
    execute("UPDATE changes SET at = :at", at=datetime.now(UTC) + timedelta(days=1))
    assert find_failures() == ["clock:"]
    execute("UPDATE changes SET at = :at", at=datetime.now(UTC))
    (find_folder(settings.effective_index_dir) / "meta.json").unlink()
    assert find_failures() == ["search"]
    execute("UPDATE alembic_version SET version_num = '0000'")
    assert find_failures() == ["database:", "search"]


def test_healthcheck_says_why_a_server_cannot_serve(run, tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    silent = run(["healthcheck", "--port", str(port)])
    assert (silent.exit_code, "does not answer" in silent.output) == (1, True)
    app = create_app(Settings(data_dir=tmp_path, _env_file=None))  # its store has no schema
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    unready = run(["healthcheck"], PORT=str(port), HOST="0.0.0.0")
    server.should_exit = True
    thread.join()
    assert (unready.exit_code, "another schema" in unready.output) == (1, True)
