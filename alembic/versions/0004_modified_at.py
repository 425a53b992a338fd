"""`modified_at` in the stored JSON of articles, null for those that are there.

The texts are changed as texts: a quote inside a JSON string has a backslash before it, so what stands before
`"created_at":` and a comma is the end of a field. The new field thereby comes where new articles have it, and
no text is parsed. It has no column, since nothing filters or sorts by it.

Revises: 0003
"""

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

articles = sa.table("articles", *map(sa.column, ("id", "document", "brief")))
versions = sa.table("article_versions", *map(sa.column, ("article_id", "version", "document")))
# By table: what names a row, and its texts.
TEXTS = {articles: (("id",), ("document", "brief")), versions: (("article_id", "version"), ("document",))}


def upgrade() -> None:
    _replace(BEFORE, AFTER)


def downgrade() -> None:
    """Remove the field, stated times too."""
    _replace(AFTER, BEFORE)
    for table, (names, texts) in TEXTS.items():
        _drop_stated(table, names, texts)


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


def _drop(text: str) -> str:
    values = orjson.loads(text)
    values.pop("modified_at", None)
    return orjson.dumps(values).decode()
