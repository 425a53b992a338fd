"""The whole schema on one page. These tables are the truth; the search index is derived from them.

An article's id names the article and is never used again; its version names the text. `articles` holds the
current text as columns and, beside them, the JSON that reads serve (`document`, and `brief` for lists),
rendered once in the transaction that wrote it. Texts that were replaced are in `article_versions`. Every
write also appends to `changes`, in the same transaction, and whatever follows the store reads that.
"""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Index, Integer, Table, Text, TypeDecorator
from sqlalchemy.types import TypeEngine
from sqlmodel import JSON, Field, SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC. SQLite has no time zones, so it is stored there without one and given back with it."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC; a datetime without a zone is an error of ours."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a time zone cannot be stored")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give the moment back in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Id(TypeDecorator[int]):
    """A number of 64 bits. SQLite's INTEGER has them, and only that name makes ids automatic."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Name the type as the database does."""
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())


def get_table(model: type[SQLModel]) -> Table:
    """Return the model's table, for statements that need no objects."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table


class Article(SQLModel, table=True):
    """A news article's current text, or (with `deleted_at`) what is left of a deleted one."""

    __tablename__ = "articles"
    __table_args__ = (
        Index(None, "sorted_at", "id"),
        Index(None, "updated_at", "id"),
        Index(None, "published_at", "id"),
        Index(None, "dateline_date", "id"),
        Index(None, "source_name", "external_id"),
    )

    id: int = Field(primary_key=True, sa_type=Id, sa_column_kwargs={"autoincrement": False})
    uri: str = Field(unique=True)
    version: int
    version_kind: str  # how the current version came to be
    version_fields: list[str] = Field(sa_type=JSON)  # what it changed
    seq: int = Field(sa_type=Id)
    status: str

    headline: str | None = Field(sa_type=Text)
    kicker: str | None = Field(sa_type=Text)
    standfirst: str | None = Field(sa_type=Text)
    byline: str | None = Field(sa_type=Text)
    authors: list[dict[str, Any]] = Field(sa_type=JSON)
    dateline: dict[str, Any] | None = Field(sa_type=JSON)
    dateline_text: str | None = Field(sa_type=Text)
    agency: str | None = Field(index=True)
    source_name: str | None
    source_domain: str | None = Field(index=True)
    url: str | None = Field(sa_type=Text, index=True)
    external_id: str | None = Field(index=True)
    language: str = Field(index=True)
    section: str | None = Field(index=True)
    tags: list[str] = Field(sa_type=JSON)
    body: str = Field(sa_type=Text)
    word_count: int = Field(index=True)
    media: list[dict[str, Any]] = Field(sa_type=JSON)
    media_count: int
    metrics: list[dict[str, Any]] = Field(sa_type=JSON)

    published_at: datetime | None = Field(sa_type=UtcDateTime)
    dateline_date: date | None
    sorted_at: datetime = Field(sa_type=UtcDateTime)  # published, else the dateline's day, else created
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    deleted_reason: str | None = Field(default=None, sa_type=Text)
    # What a client has changed of a cleaned article: by field, the value that cleaning gave.
    edited: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)

    story_id: int | None = Field(sa_type=Id, index=True)
    duplicate_of: int | None = Field(sa_type=Id, index=True)
    fingerprint: str = Field(index=True)

    document: str = Field(sa_type=Text)
    brief: str = Field(sa_type=Text)


class ArticleTerm(SQLModel, table=True):
    """A folded name that lists filter by: of an author, tag, place, country or source."""

    __tablename__ = "article_terms"
    __table_args__ = ({"sqlite_with_rowid": False},)

    field: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    article_id: int = Field(sa_type=Id, primary_key=True, foreign_key="articles.id", index=True)


class ArticleVersion(SQLModel, table=True):
    """A text that was replaced: the article's JSON as it was served until then."""

    __tablename__ = "article_versions"

    article_id: int = Field(sa_type=Id, primary_key=True, foreign_key="articles.id")
    version: int = Field(primary_key=True)
    kind: str
    fields: list[str] = Field(sa_type=JSON)
    status: str
    headline: str | None = Field(sa_type=Text)
    word_count: int
    updated_at: datetime = Field(sa_type=UtcDateTime)
    document: str = Field(sa_type=Text)


class ArticleShingle(SQLModel, table=True):
    """A hash of the sketch by which copies of an article's body are found (`app.stories.sketches`).

    It has no foreign key: a look-up leads on to `articles` in any case, and checking each of some twenty rows
    would cost as much as inserting them.
    """

    __tablename__ = "article_shingles"
    __table_args__ = ({"sqlite_with_rowid": False},)

    hash: int = Field(primary_key=True, sa_type=Integer, sa_column_kwargs={"autoincrement": False})
    article_id: int = Field(primary_key=True, sa_type=Id, sa_column_kwargs={"autoincrement": False})


class Story(SQLModel, table=True):
    """A story of several articles, or one that a writer has formed; an article alone needs no row here.

    What is counted are the articles that readers may see. `articles.story_id` says which belong to it.
    """

    __tablename__ = "stories"
    __table_args__ = (Index(None, "last_seen_at", "id"), Index(None, "size", "id"))

    id: int = Field(primary_key=True, sa_type=Id, sa_column_kwargs={"autoincrement": False})
    lead_id: int | None = Field(sa_type=Id)
    size: int
    first_seen_at: datetime = Field(sa_type=UtcDateTime)
    last_seen_at: datetime = Field(sa_type=UtcDateTime)
    is_settled: bool = Field(default=False)  # formed by a writer, so that the machine does not undo it


class RawText(SQLModel, table=True):
    """A raw text as it was received, never changed, with the ledger of the cleaning that made `version`."""

    __tablename__ = "raw_texts"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    article_id: int = Field(sa_type=Id, foreign_key="articles.id", index=True)
    version: int
    sha256: str = Field(index=True)
    content_type: str
    raw: bytes  # bytes, since a text may hold what no database text can: NUL, lone surrogates
    hints: dict[str, Any] = Field(sa_type=JSON)  # what the caller stated, to clean it again later
    cleaning_version: int
    ledger: str = Field(sa_type=Text)
    blocks: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=UtcDateTime)


class Change(SQLModel, table=True):
    """An entry of the change feed."""

    __tablename__ = "changes"

    seq: int = Field(primary_key=True, sa_type=Id, sa_column_kwargs={"autoincrement": False})
    article_id: int = Field(sa_type=Id, index=True)
    version: int
    kind: str
    fields: list[str] = Field(sa_type=JSON)
    at: datetime = Field(sa_type=UtcDateTime)


class Counter(SQLModel, table=True):
    """The last number given to an article (`articles`) or a change (`changes`), or the last change of those
    that have been removed (`changes_pruned`).

    Numbers are taken in the transaction that uses them: one that is rolled back gives its numbers back.
    """

    __tablename__ = "counters"

    name: str = Field(primary_key=True)
    value: int = Field(sa_type=Id)


class Key(SQLModel, table=True):
    """An API key: what may be told of it, and a hash of its secret."""

    __tablename__ = "keys"

    id: str = Field(primary_key=True)
    secret_sha256: str
    name: str
    scopes: list[str] = Field(sa_type=JSON)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    source: str | None = None  # the only one that it may write for
    last_used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class IdempotencyRecord(SQLModel, table=True):
    """The answer to a request that bore an Idempotency-Key, to be given again to its repetitions."""

    __tablename__ = "idempotency_records"

    key_id: str = Field(primary_key=True)
    idempotency_key: str = Field(primary_key=True)
    request_sha256: str
    status: int
    headers: dict[str, str] = Field(sa_type=JSON)
    body: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)
