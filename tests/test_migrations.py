"""The migrations: one head, the schema of the tables, up and down with rows, whatever kills or races them."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Engine, MetaData, inspect, text
from sqlmodel import SQLModel, select

from app.articles.queries import get_article
from app.articles.shapes import ArticleContent, Status
from app.articles.writes import create_article, update_article
from app.database import (
    StoreError,
    is_migrated,
    make_alembic_config,
    make_engine,
    migrate,
    read_session,
    write_session,
)
from app.ingest.articles import clean_submission, store_submission
from app.ingest.submissions import read_submission
from app.keys import Scope, create_key, describe_state
from app.settings import Settings
from app.store_checks import check_store
from app.tables import Article, Key, RawText, Story
from tests.conftest import DATABASES
from tests.postgresql import connect_to, create_database

NewEmpty = Callable[[str, Path], Any]


@pytest.fixture(scope="session")
def new_empty(request: pytest.FixtureRequest) -> NewEmpty:
    """Make the settings of a store without a schema, while the context lasts."""

    @contextmanager
    def make(kind: str, folder: Path) -> Iterator[Settings]:
        if kind == "sqlite":
            yield Settings(data_dir=folder / "new" / "folder", _env_file=None)
            return
        with create_database(request.getfixturevalue("postgres")) as url:
            address = url.render_as_string(hide_password=False)
            yield Settings(data_dir=folder, database_url=address, _env_file=None)

    return make


@pytest.fixture(params=DATABASES)
def empty(request: pytest.FixtureRequest, new_empty: NewEmpty, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a store that has no schema yet, on each database."""
    with new_empty(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def engine(empty: Settings) -> Iterator[Engine]:
    """The engine of that store."""
    made = make_engine(empty)
    yield made
    made.dispose()


MIGRATE = "from app.cli import main; main()"
# The process kills itself after so many statements, long before the last one.
KILLED_AFTER = """
import os, signal, sys
from sqlalchemy import URL, Engine, event
from app.cli import main
left = int(sys.argv.pop())
def count(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
event.listen(Engine, "after_cursor_execute", count)
main()
"""


def start(program: str, settings: Settings, *arguments: str) -> "subprocess.Popen[str]":
    """Run `dateline migrate` in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", program, "migrate", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "DATELINE_DATA_DIR": str(settings.data_dir),
            "DATELINE_DATABASE_URL": settings.effective_database_url,
        },
    )


def describe_schema(engine: Engine) -> dict[str, Any]:
    """Reflect all tables with their columns, indexes and keys."""
    found = MetaData()
    found.reflect(engine)
    return {
        name: (
            sorted(f"{column.name} {column.type!r} {column.nullable}" for column in table.columns),
            sorted(f"{index.name} {[column.name for column in index.columns]}" for index in table.indexes),
            sorted(str(constraint.name) for constraint in table.constraints),
        )
        for name, table in found.tables.items()
    }


def store_articles(engine: Engine, count: int = 1) -> None:
    with write_session(engine) as session:
        for number in range(count):
            create_article(session, ArticleContent(headline=f"h{number}", body="b", tags=["t"]))


def test_one_head(empty):
    assert len(ScriptDirectory.from_config(make_alembic_config(empty)).get_heads()) == 1


def test_migrated_schema_is_that_of_the_tables(empty, engine):
    migrate(empty)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []
    command.check(make_alembic_config(empty))


def test_migrating_twice_changes_nothing(empty, engine):
    migrate(empty)
    store_articles(engine)
    migrate(empty)
    with read_session(engine) as session:
        assert session.exec(select(Article.headline)).all() == ["h0"]


def test_down_and_up_again_with_rows(empty, engine):
    migrate(empty)
    before = describe_schema(engine)
    store_articles(engine, 3)
    command.downgrade(make_alembic_config(empty), "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    migrate(empty)
    assert describe_schema(engine) == before
    store_articles(engine)


def test_each_step_is_taken_back_and_again_with_rows(empty, engine):
    migrate(empty)
    store_articles(engine, 3)
    script = ScriptDirectory.from_config(make_alembic_config(empty))
    for revision in [found.revision for found in script.walk_revisions()][1:]:
        command.downgrade(make_alembic_config(empty), revision)
        migrate(empty)
        with read_session(engine) as session:
            assert sorted(session.exec(select(Article.headline))) == ["h0", "h1", "h2"]


def test_bound_key_is_revoked_where_an_older_program_would_not_bind_it(empty, engine):
    migrate(empty)
    with write_session(engine) as session:
        bound = create_key(session, Scope.WRITE, source="Quay Herald")[0].id
        free = create_key(session, Scope.WRITE)[0].id
    command.downgrade(make_alembic_config(empty), "0001")
    migrate(empty)
    with read_session(engine) as session:
        assert describe_state(session.get(Key, bound)) == "revoked"
        assert describe_state(session.get(Key, free)) == "valid"


def test_edited_and_stated_time_of_change_is_unknown_to_an_older_program(empty, engine):
    migrate(empty)
    body = (
        "The ferries sailed again on Tuesday after nine days of storm, and crowds waited at the quay to go."
    )
    stated = {"raw": f"Ferries sail again\n\n{body}", "modified_at": "2024-05-08"}
    found = clean_submission(read_submission("application/json", json.dumps(stated).encode()))
    with write_session(engine) as session:
        article_id = store_submission(session, found)[0].id
        session.get(Article, article_id).edited = {"modified_at": None, "kicker": None}
    command.downgrade(make_alembic_config(empty), "0003")
    with read_session(engine) as session:
        assert session.get(Article, article_id).edited == {"kicker": None}
        assert session.exec(select(RawText.hints)).one() == {}


def test_stories_are_made_of_the_copies_that_are_there(empty, engine):
    migrate(empty)
    body = "The bridge opens again on Friday."
    with write_session(engine) as session:
        for status in (Status.WITHHELD, Status.USABLE, Status.USABLE):
            create_article(session, ArticleContent(headline="h", body=body, status=status))
        create_article(session, ArticleContent(headline="h", body="Another one altogether, and alone."))
    with read_session(engine) as session:
        before = [story.model_dump() for story in session.exec(select(Story))]
    assert [(story["lead_id"], story["size"]) for story in before] == [(2, 2)]
    command.downgrade(make_alembic_config(empty), "0001")
    migrate(empty)
    with read_session(engine) as session:
        after = [story.model_dump() for story in session.exec(select(Story))]
    seen = {"first_seen_at", "last_seen_at"}  # here of the withheld article too, until anything changes
    assert [{**story, **dict.fromkeys(seen)} for story in after] == [
        {**story, **dict.fromkeys(seen)} for story in before
    ]
    assert check_store(engine) == []


def test_stored_json_gets_its_time_of_change_and_loses_it(empty, engine):
    migrate(empty)
    trap = 'He wrote ,"created_at": and ,"modified_at":{ on the wall.'
    times = (None, {"value": "2024-05-08", "evidence": '}"'})
    with write_session(engine) as session:
        for number, changed in enumerate(times):
            content = ArticleContent(headline="h", body=f"{trap} {number}", modified_at=changed)
            article = create_article(session, content)
            update_article(
                session, get_article(session, article.id), content.model_copy(update={"kicker": "k"})
            )

    def read() -> list[dict[str, Any]]:
        with engine.connect() as connection:
            texts = connection.execute(text("SELECT document FROM articles ORDER BY id")).scalars().all()
            texts += connection.execute(text("SELECT brief FROM articles ORDER BY id")).scalars().all()
            statement = text("SELECT document FROM article_versions ORDER BY article_id")
            return [orjson.loads(each) for each in (*texts, *connection.execute(statement).scalars())]

    before = read()
    command.downgrade(make_alembic_config(empty), "0003")
    lost = [{name: value for name, value in each.items() if name != "modified_at"} for each in before]
    assert read() == lost
    migrate(empty)
    assert [list(each.items()) for each in read()] == [
        list({**each, "modified_at": None}.items()) for each in before
    ]
    assert len(before) == 6


def test_killed_migration_leaves_old_or_new_schema_and_is_finished_by_the_next(empty, engine):
    migrate(empty)
    finished = describe_schema(engine)
    for statements in (3, 30):
        command.downgrade(make_alembic_config(empty), "base")
        killed = start(KILLED_AFTER, empty, str(statements))
        killed.communicate(timeout=60)
        assert killed.returncode == -signal.SIGKILL
        assert inspect(engine).get_table_names() == ["alembic_version"], "the old schema"
        assert not is_migrated(engine)
        migrate(empty)
        assert describe_schema(engine) == finished


def test_servers_that_start_at_once_migrate_once(empty, engine):
    started = [start(MIGRATE, empty) for _ in range(2)]
    for process in started:
        said = process.communicate(timeout=60)[1]
        assert process.returncode == 0, said
    assert is_migrated(engine)


def test_schema_of_a_newer_program_is_refused_in_one_line(empty, engine):
    migrate(empty)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer Dateline"):
        migrate(empty)
    assert not is_migrated(engine)
    process = start(MIGRATE, empty)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 1
    assert "Traceback" not in said
    assert "9999" in said


def test_file_that_is_no_database_is_refused_in_one_line(tmp_path):
    (tmp_path / "dateline.db").write_bytes(b"this is no database, " * 500)
    process = start(MIGRATE, Settings(data_dir=tmp_path, _env_file=None))
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 1
    assert "file is not a database" in said
    assert "Traceback" not in said


def read_all(url: URL) -> dict[str, Any]:
    with connect_to(url).connect() as connection:
        names = inspect(connection).get_table_names()
        return {name: connection.execute(text(f"SELECT * FROM {name}")).all() for name in names}


def test_database_that_a_test_has_had_is_as_new_for_the_next(lend_postgres, migrated_postgres):
    new = read_all(migrated_postgres)
    with lend_postgres() as first:
        store_articles(connect_to(first), 2)
        with connect_to(first).connect() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
        assert read_all(first) != new
    with lend_postgres() as second:
        assert (second, read_all(second)) == (first, new)
        with connect_to(second).connect() as connection:
            connection.execute(text("ALTER TABLE articles RENAME TO elsewhere"))
    with lend_postgres() as third:
        assert third != second
        assert read_all(third) == new
