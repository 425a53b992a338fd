"""Alembic's entry point: migrates the database of Dateline's settings, or the one that the caller names."""

from alembic import context
from sqlalchemy import create_engine
from sqlmodel import SQLModel

import app.tables  # noqa: F401 (fills SQLModel.metadata)
from app.settings import Settings


def run_migrations() -> None:
    """Run the migrations in one transaction, so that a crash leaves the old schema or the new one."""
    url = context.config.attributes.get("url") or Settings().effective_database_url
    engine = create_engine(url)
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            # The driver's own transaction handling would commit before each CREATE TABLE.
            connection.connection.dbapi_connection.isolation_level = None  # type: ignore[union-attr]
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        context.configure(
            connection=connection,
            target_metadata=SQLModel.metadata,
            render_as_batch=True,
            user_module_prefix="",
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
    engine.dispose()


run_migrations()
