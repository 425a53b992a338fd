"""Alembic's entry point: migrates the database of Dateline's settings, or the one that the caller names."""

from alembic import context
from sqlalchemy import create_engine, make_url
from sqlmodel import SQLModel

import app.tables  # noqa: F401 (fills SQLModel.metadata)
from app.database import WRITE_LOCK
from app.settings import Settings

# How long one server waits for another that migrates a large store.
LOCK_SECONDS = 600


def run_migrations() -> None:
    """Run the migrations in one transaction, so that a crash leaves the old schema or the new one.

    It begins with the lock that all writes take: of two servers that start at once, the second waits and then
    finds nothing left to do.
    """
    url = make_url(context.config.attributes.get("url") or Settings().effective_database_url)
    is_sqlite = url.get_backend_name() == "sqlite"
    engine = create_engine(url, connect_args={"timeout": LOCK_SECONDS} if is_sqlite else {})
    with engine.connect() as connection:
        if is_sqlite:
            # The driver's own transaction handling would commit before each CREATE TABLE.
            connection.connection.dbapi_connection.isolation_level = None  # type: ignore[union-attr]
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_SECONDS}s'")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")
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
