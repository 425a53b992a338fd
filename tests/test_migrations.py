"""The migrations: one head, the schema of the tables, up and down with rows in them."""

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect
from sqlmodel import SQLModel, select

from app.articles.shapes import ArticleContent
from app.articles.writes import create_article
from app.database import make_alembic_config, make_engine, migrate, read_session, write_session
from app.settings import Settings
from app.tables import Article


@pytest.fixture
def empty(tmp_path: Path) -> Settings:
    """Settings of a store that does not exist yet."""
    return Settings(data_dir=tmp_path / "new" / "folder", _env_file=None)


def test_one_head(empty):
    assert len(ScriptDirectory.from_config(make_alembic_config(empty)).get_heads()) == 1


def test_migrated_schema_is_that_of_the_tables(empty):
    migrate(empty)
    with make_engine(empty).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_migrating_twice_changes_nothing(empty):
    migrate(empty)
    engine = make_engine(empty)
    with write_session(engine) as session:
        create_article(session, ArticleContent(headline="h", body="b"))
    migrate(empty)
    with read_session(engine) as session:
        assert session.exec(select(Article.headline)).all() == ["h"]


def test_down_and_up_again_with_rows(empty):
    migrate(empty)
    engine = make_engine(empty)
    with write_session(engine) as session:
        create_article(session, ArticleContent(headline="h", body="b", tags=["t"]))
    command.downgrade(make_alembic_config(empty), "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    migrate(empty)
    assert "articles" in inspect(engine).get_table_names()
