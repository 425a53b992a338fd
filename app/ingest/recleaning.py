"""POST /v1/articles/{article_id}/reclean: the kept raw text cleaned again, with today's rules.

What was stated with the text counts again. It is cleaned before the transaction begins, as on ingestion.
Fields that a client has edited stay as they are (`app.articles.edits`). The ledger and the blocks are
replaced even where the article comes out the same, since reasons and roles may differ.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from fastapi import Header, Query, Request, Response
from pydantic import Field
from sqlalchemy import Engine, exists, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from app.articles.conditional import make_etag, make_json_response, require_match
from app.articles.diffs import VersionDiff, diff_contents
from app.articles.edits import merge_recleaned
from app.articles.endpoints import MISSING_ERRORS, ArticleId
from app.articles.queries import get_article, get_raw
from app.articles.shapes import VersionKind
from app.articles.writes import read_content, update_article
from app.commits import Commits
from app.database import read_session
from app.errors import (
    CleaningBusy,
    CleaningFailed,
    IdempotencyKeyReused,
    NoArticleFound,
    SourceNotAllowed,
    StaleVersion,
    document_errors,
)
from app.idempotency import Idempotency, answer_once
from app.ingest.articles import CleanedSubmission, clean_submission, list_cleaning_columns
from app.ingest.cleaners import Cleaners
from app.ingest.submissions import Submission, read_stored
from app.keys import Writer, require_source
from app.requests import make_router
from app.tables import Article, RawText

router = make_router("/v1", "ingest")


class Recleaning(VersionDiff):
    """What cleaning a raw text again changes; `from` and `to` are equal if it changes nothing."""

    cleaning_version: int = Field(description="Version of the cleaning rules.")
    kept: list[str] = Field(description="Fields that a client has edited, which cleaning leaves alone.")
    stored: bool = Field(description="False for a dry run.")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A stored raw text, cleaned again."""

    raw_id: int | None
    found: CleanedSubmission


@dataclass(frozen=True, slots=True)
class Recleaned:
    """An article after its raw text was cleaned again, and what that changed."""

    article: Article
    result: dict[str, Any]


def prepare_recleaning(
    engine: Engine,
    article_id: int,
    clean: Callable[[Submission], CleanedSubmission] = clean_submission,
) -> Prepared:
    """Clean an article's raw text again; raises NotFound, ArticleDeleted or what `clean` raises."""
    with read_session(engine) as session:
        raw = get_raw(session, get_article(session, article_id))
    return Prepared(raw.id, clean(read_stored(raw)))


def reclean_article(session: Session, article: Article, prepared: Prepared, *, dry_run: bool) -> Recleaned:
    """Merge the new cleaning into the article and store it, unless it is a dry run."""
    raw = get_raw(session, article)
    if raw.id != prepared.raw_id:  # another text came in meanwhile
        prepared = Prepared(raw.id, clean_submission(read_stored(raw)))
    found, before = prepared.found, read_content(article)
    content, edited = merge_recleaned(article.edited, before, found.content)
    fields = diff_contents(before.model_dump(mode="json"), content.model_dump(mode="json"))
    version = article.version
    result = {
        "article_id": article.id,
        "from": version,
        "to": version + bool(fields),
        "fields": fields,
        "cleaning_version": found.cleaned.version,
        "kept": sorted(edited),
        "stored": not dry_run,
    }
    if not dry_run:
        article.edited = edited
        update_article(session, article, content, found.summary, kind=VersionKind.RECLEANED)
        made = article.version if fields else raw.version
        for name, value in list_cleaning_columns(article.id, made, found.cleaned).items():
            setattr(raw, name, value)
        session.add_all((article, raw))
    return Recleaned(article, result)


def list_outdated(session: Session, below: int) -> list[int]:
    """List the articles whose newest raw text was last cleaned by rules older than a version."""
    newer = aliased(RawText)
    has_newer = exists().where(
        col(newer.article_id) == col(RawText.article_id), col(newer.id) > col(RawText.id)
    )
    statement = (
        select(col(RawText.article_id))
        .where(col(RawText.cleaning_version) < below, ~has_newer)
        .order_by(col(RawText.article_id))
    )
    return list(session.execute(statement).scalars())


@router.post(
    "/articles/{article_id}/reclean",
    response_model=Recleaning,
    operation_id="reclean_article",
    responses=document_errors(
        *MISSING_ERRORS,
        SourceNotAllowed,
        StaleVersion,
        NoArticleFound,
        IdempotencyKeyReused,
        CleaningFailed,
        CleaningBusy,
    ),
)
def reclean_stored_article(
    request: Request,
    commits: Commits,
    article_id: ArticleId,
    writer: Writer,
    idempotency: Idempotency,
    dry_run: Annotated[bool, Query(description="Whether to show the changes only.")] = False,
    if_match: Annotated[
        str | None, Header(alias="If-Match", description="ETag of the text that the client has seen.")
    ] = None,
) -> Response:
    """Clean the kept raw text again with today's rules; what comes out differently is a new version.

    Fields that a client has edited are kept. The ledger is replaced in any case, except by a dry run. An
    article that came structured has no raw text (404).
    """
    engine: Engine = request.app.state.engine
    cleaners: Cleaners = request.app.state.cleaners
    prepared = prepare_recleaning(engine, article_id, cleaners.clean)

    def answer(session: Session) -> Response:
        article = get_article(session, article_id)
        require_source(writer, article.source_name)
        if if_match is not None:
            require_match(request, article)
        recleaned = reclean_article(session, article, prepared, dry_run=dry_run)
        headers = {"ETag": make_etag(recleaned.article), "Dateline-Seq": str(recleaned.article.seq)}
        return make_json_response(orjson.dumps(recleaned.result), headers=headers)

    if dry_run:
        with read_session(engine) as session:
            return answer(session)
    return commits.run(lambda session: answer_once(session, idempotency, answer))
