"""Backup and restore, and the check of the store: what was acknowledged is there, and nothing else is."""

import hashlib
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlmodel import SQLModel, select

from app.articles.shapes import ArticleContent
from app.articles.writes import create_article, delete_article, update_article
from app.backup import make_backup, restore_backup
from app.changes import prune_changes
from app.commits import GroupCommit
from app.database import StoreError, make_engine, read_session, write_session
from app.ingest.articles import clean_submission, store_submission
from app.ingest.submissions import read_submission
from app.keys import Scope, create_key
from app.settings import Settings
from app.store_checks import check_store
from app.tables import Article
from tests.conftest import DATABASES, PAGE


def store(engine: Engine, name: str) -> int:
    """Store a raw text; return the article's id."""
    found = clean_submission(read_submission("text/plain", PAGE.replace("bridge", name).encode()))
    with write_session(engine) as session:
        return store_submission(session, found)[0].id


def digest(engine: Engine) -> dict[str, str]:
    """Digest every table's rows."""
    digests = {}
    with read_session(engine) as session:
        for table in SQLModel.metadata.sorted_tables:
            rows = session.execute(table.select().order_by(*table.primary_key.columns)).all()
            digests[table.name] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return digests


@pytest.fixture
def other(
    request: pytest.FixtureRequest, new_store: Any, tmp_path: Path
) -> Iterator[tuple[Settings, Engine]]:
    """Another empty store; parametrised with its kind."""
    (tmp_path / "other").mkdir()
    with new_store(request.param, tmp_path / "other") as settings:
        engine = make_engine(settings)
        yield settings, engine
        engine.dispose()


@pytest.mark.parametrize("other", DATABASES, indirect=True)
def test_backup_is_restored_into_either_database(engine, tmp_path, other):
    for name in ("bridge", "tunnel", "bridge"):
        store(engine, name)
    with write_session(engine) as session:
        create_key(session, Scope.WRITE, name="feeder")
    assert make_backup(engine, tmp_path / "copy.db") == 2
    other_settings, other_engine = other
    assert restore_backup(other_engine, other_settings, tmp_path / "copy.db", force=False) == 2
    assert digest(other_engine) == digest(engine)
    assert check_store(other_engine) == []
    assert store(other_engine, "tower") == 3, "numbers go on where they were"


def test_backup_under_writes_is_the_store_at_one_moment(engine, tmp_path):
    commits = GroupCommit(engine, after_commit=lambda: None)
    commits.start()
    stop, acknowledged = threading.Event(), []

    def write(writer: int) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            text_of = PAGE.replace("bridge", f"bridge {writer} {number}").encode()
            found = clean_submission(read_submission("text/plain", text_of))
            acknowledged.append(commits.run(lambda session, f=found: store_submission(session, f)[0].id))

    with ThreadPoolExecutor(4) as threads:
        writers = [threads.submit(write, number) for number in range(4)]
        while len(acknowledged) < 30:
            stop.wait(0.01)
        before = set(acknowledged)
        count = make_backup(engine, tmp_path / "copy.db")
        stop.set()
        for writer in writers:
            writer.result()
    commits.stop()
    of_copy = Settings(data_dir=tmp_path, database_url=f"sqlite:///{tmp_path / 'copy.db'}", _env_file=None)
    copy = make_engine(of_copy)
    assert check_store(copy) == []
    with read_session(copy) as session:
        ids = set(session.exec(select(Article.id)))
    copy.dispose()
    assert len(ids) == count
    assert ids == set(range(1, count + 1)), "the first so many, without a gap"
    assert before <= ids


def test_restore_replaces_a_store_only_if_told_to(engine, settings, tmp_path):
    store(engine, "bridge")
    make_backup(engine, tmp_path / "copy.db")
    kept = digest(engine)
    store(engine, "tunnel")
    with pytest.raises(StoreError, match="not empty"):
        restore_backup(engine, settings, tmp_path / "copy.db", force=False)
    assert restore_backup(engine, settings, tmp_path / "copy.db", force=True) == 1
    assert digest(engine) == kept
    assert [path.name for path in settings.data_dir.iterdir() if "part" in path.name] == []


@pytest.mark.parametrize("content", [b"", b"no database at all" * 400, None], ids=["empty", "text", "other"])
def test_file_that_is_no_backup_is_refused_and_changes_nothing(engine, settings, tmp_path, content):
    store(engine, "bridge")
    kept, file = digest(engine), tmp_path / "file.db"
    if content is None:
        with closing(sqlite3.connect(file)) as foreign:
            foreign.execute("CREATE TABLE recipes (id INTEGER)")
    else:
        file.write_bytes(content)
    with pytest.raises(StoreError, match="no backup"):
        restore_backup(engine, settings, file, force=True)
    with pytest.raises(StoreError, match="no backup"):
        restore_backup(engine, settings, tmp_path / "missing.db", force=True)
    assert digest(engine) == kept


def test_backup_of_a_newer_program_is_refused(engine, settings, tmp_path):
    make_backup(engine, tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        copy.execute("UPDATE alembic_version SET version_num = '9999'")
        copy.commit()
    with pytest.raises(StoreError, match="newer Dateline"):
        restore_backup(engine, settings, tmp_path / "copy.db", force=True)


def test_backup_that_fails_leaves_the_one_before(engine, tmp_path):
    make_backup(engine, tmp_path / "copy.db")
    before = (tmp_path / "copy.db").read_bytes()
    with pytest.raises(StoreError, match="no folder"):
        make_backup(engine, tmp_path / "missing" / "copy.db")
    with write_session(engine) as session:
        session.execute(text("ALTER TABLE alembic_version RENAME TO moved"))
        session.execute(text("ALTER TABLE articles RENAME TO moved_too"))
    with pytest.raises(StoreError):
        make_backup(engine, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_bytes() == before
    assert not list(tmp_path.glob(".copy*"))


def test_command_line_backs_up_and_restores(settings, engine, tmp_path):
    store(engine, "bridge")

    def run(*arguments: str, data: Path, url: str | None) -> subprocess.CompletedProcess[str]:
        named = {"DATELINE_DATABASE_URL": url} if url else {}
        environment = {
            **os.environ,
            "DATELINE_DATA_DIR": str(data),
            "NO_COLOR": "1",
            "COLUMNS": "200",
            **named,
        }
        command = [sys.executable, "-m", "app.cli", *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, env=environment, timeout=60, check=False
        )

    file = str(tmp_path / "copy.db")
    made = run("backup", file, data=settings.data_dir, url=settings.effective_database_url)
    assert (made.returncode, "1 articles" in made.stderr) == (0, True), made.stderr
    restored = run("restore", file, data=tmp_path / "elsewhere", url=None)
    assert (restored.returncode, "1 articles" in restored.stderr) == (0, True), restored.stderr
    refused = run("restore", file, data=tmp_path / "elsewhere", url=None)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1), refused.stderr
    assert "not empty" in refused.stderr


FAULTS = {
    "UPDATE counters SET value = 0 WHERE name = 'changes'": "the counter of changes is below 2",
    "DELETE FROM changes WHERE seq = 2": "1 articles lack their newest change: 2",
    "UPDATE articles SET seq = 1 WHERE id = 2": "1 articles have a newer change than they know: 2",
    "UPDATE articles SET document = '' WHERE id = 1": "1 articles have no text to serve: 1",
    "UPDATE changes SET article_id = 9 WHERE seq = 2": "1 changes are of articles that do not exist: 2",
    "UPDATE articles SET deleted_at = updated_at WHERE id = 1": "1 articles are deleted or do not exist but "
    "have raw texts: 1",
}


@pytest.mark.parametrize("damage", FAULTS, ids=lambda damage: FAULTS[damage])
def test_check_says_in_one_line_what_is_wrong(engine, damage):
    store(engine, "bridge")
    store(engine, "tunnel")
    assert check_store(engine) == []
    with write_session(engine) as session:
        session.execute(text(damage))
    found = check_store(engine)
    assert any(line.startswith(FAULTS[damage]) for line in found), found
    assert not any("\n" in line for line in found)


def test_check_finds_numbers_that_the_feed_skips(engine):
    for name in ("bridge", "tunnel", "tower"):
        store(engine, name)
    with write_session(engine) as session:
        session.execute(text("DELETE FROM changes WHERE seq = 2"))
    assert "1 numbers are missing in the change feed" in check_store(engine)


def test_check_finds_nothing_wrong_in_a_pruned_feed(engine):
    with write_session(engine) as session:
        article = create_article(session, ArticleContent(headline="a", body="b"))
        other = create_article(session, ArticleContent(headline="c", body="d"))
        update_article(session, session.get(Article, article.id), ArticleContent(headline="e", body="b"))
        delete_article(session, session.get(Article, other.id))
    with write_session(engine) as session:
        assert prune_changes(session, after=0, up_to=3) == 2
    assert check_store(engine) == []


def test_check_finds_a_damaged_file(settings, engine):
    if settings.database_url is not None:
        pytest.skip("of SQLite's file")
    for number in range(30):
        store(engine, f"bridge {number}")
    engine.dispose()
    path = settings.data_dir / "dateline.db"
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        query = "SELECT rootpage FROM sqlite_master WHERE name = 'ix_raw_texts_sha256'"
        page = file.execute(query).fetchone()[0]
        size = file.execute("PRAGMA page_size").fetchone()[0]
    with path.open("r+b") as raw:
        raw.seek((page - 1) * size + size // 2)
        raw.write(b"\xff" * (size // 2))
    found = check_store(make_engine(settings))
    assert len(found) == 1
    assert found[0].startswith("the SQLite file is damaged")
