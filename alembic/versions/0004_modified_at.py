"""`modified_at` in the stored JSON of articles, null for those that are there.

The texts are changed as texts: a quote inside a JSON string has a backslash before it, so what stands before
`"created_at":` and a comma is the end of a field. The new field thereby comes where new articles have it, and
no text is parsed. It has no column, since nothing filters or sorts by it.

Revises: 0003
"""

from typing import Any

import orjson
import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BEFORE, AFTER = ',"created_at":', ',"modified_at":null,"created_at":'
STATED = '%,"modified_at":{%'
PAGE = 200  # articles in memory at a time

articles = sa.table("articles", *map(sa.column, ("id", "document", "brief")), sa.column("edited", sa.JSON))
versions = sa.table("article_versions", *map(sa.column, ("article_id", "version", "document")))
raw_texts = sa.table("raw_texts", sa.column("id"), sa.column("hints", sa.JSON))
# By table: what names a row, and its texts.
TEXTS = {articles: (("id",), ("document", "brief")), versions: (("article_id", "version"), ("document",))}


def upgrade() -> None:
    _replace(BEFORE, AFTER)


def downgrade() -> None:
    """Remove the field, stated times too, and from what was edited and stated: the old program knows none."""
    _replace(AFTER, BEFORE)
    for table, (names, texts) in TEXTS.items():
        _drop_stated(table, names, texts)
    for table, column in ((articles, articles.c.edited), (raw_texts, raw_texts.c.hints)):
        _drop_key(table, column)


def _replace(old: str, new: str) -> None:
    for table, (_, texts) in TEXTS.items():
        changed = {name: sa.func.replace(table.c[name], old, new) for name in texts}
        op.execute(sa.update(table).values(changed))


def _drop_stated(table: sa.TableClause, names: tuple[str, ...], texts: tuple[str, ...]) -> None:
    """Remove the times that are stated, whose texts have to be parsed, a page of rows at a time."""
    key = [table.c[name] for name in names]
    statement = (
        sa.select(*key, *(table.c[name] for name in texts))
        .where(table.c.document.like(STATED))
        .order_by(*key)
        .limit(PAGE)
    )
    connection = op.get_bind()
    while rows := connection.execute(statement).mappings().all():
        for row in rows:
            connection.execute(
                sa.update(table)
                .where(*(column == row[column.name] for column in key))
                .values({name: _drop(row[name]) for name in texts})
            )


def _drop_key(table: sa.TableClause, column: sa.ColumnClause[dict[str, Any]]) -> None:
    """Remove the field from a column of JSON objects, a page of rows at a time."""
    has_key = sa.cast(column, sa.Text).contains('"modified_at"', autoescape=True)
    statement = sa.select(table.c.id, column).order_by(table.c.id).limit(PAGE)
    connection, last = op.get_bind(), 0
    while rows := connection.execute(statement.where(has_key, table.c.id > last)).all():
        for last, held in rows:
            kept = {name: value for name, value in held.items() if name != "modified_at"}
            connection.execute(sa.update(table).where(table.c.id == last).values({column.name: kept}))


def _drop(text: str) -> str:
    values = orjson.loads(text)
    values.pop("modified_at", None)
    return orjson.dumps(values).decode()
