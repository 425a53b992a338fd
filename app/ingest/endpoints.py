"""POST /v1/ingest stores the article that a raw text holds; POST /v1/clean only shows it."""

from typing import Annotated, Any

from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from app.articles.conditional import describe_written, make_json_response
from app.articles.shapes import (
    ArticleContent,
    ArticleRead,
    Block,
    CleaningSummary,
    LedgerEdit,
    LedgerLine,
)
from app.commits import Commits
from app.errors import (
    BodyTooLarge,
    CleaningBusy,
    CleaningFailed,
    DuplicateArticle,
    EmptyText,
    IdempotencyKeyReused,
    InvalidKey,
    InvalidPayload,
    KeyRequired,
    MalformedRequest,
    NoArticleFound,
    ScopeMissing,
    SourceNotAllowed,
    TooManyLines,
    UndecodableText,
    UnsupportedMediaType,
    document_errors,
)
from app.idempotency import Idempotency, answer_once
from app.ingest.articles import (
    OnDuplicate,
    dump_json,
    render_ledger,
    render_result,
    store_submission,
)
from app.ingest.cleaners import Cleaners
from app.ingest.submissions import Submission, bind_submission, read_submission
from app.keys import Reader, Writer, require_source
from app.requests import Body, make_router
from app.stories.placing import compare_with_lead
from app.stories.shapes import OriginalRead

router = make_router("/v1", "ingest")

SUBMISSION_ERRORS = (
    KeyRequired,
    InvalidKey,
    ScopeMissing,
    SourceNotAllowed,
    MalformedRequest,
    UndecodableText,
    BodyTooLarge,
    UnsupportedMediaType,
    InvalidPayload,
    EmptyText,
    NoArticleFound,
    TooManyLines,
    CleaningFailed,
    CleaningBusy,
)
SUBMISSION_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "text/plain": {"schema": {"type": "string"}},
        "text/html": {"schema": {"type": "string"}},
        "application/json": {"schema": {"$ref": "#/components/schemas/RawSubmission"}},
    },
}


class CleanedLedger(BaseModel):
    """What became of every raw line, and every change inside one."""

    lines: list[LedgerLine]
    edits: list[LedgerEdit]


def _require_less(schema: dict[str, Any], *names: str) -> None:
    schema["required"] = [name for name in schema["required"] if name not in names]


class IngestedArticle(ArticleRead):
    """The stored article; if asked for, with the ledger of this text and what it is a copy of."""

    model_config = ConfigDict(json_schema_extra=lambda schema: _require_less(schema, "ledger", "duplicate"))

    duplicate: OriginalRead | None = Field(
        None, description="Only with `explain=true`: how it compares with the article in `duplicate_of`."
    )
    ledger: CleanedLedger | None = Field(None, description="Only with `explain=true`.")


class CleanedArticle(ArticleContent):
    """An article as cleaning found it, not stored."""

    word_count: int
    cleaning: CleaningSummary


class CleanResult(BaseModel):
    """What ingestion would make of a raw text."""

    article: CleanedArticle
    blocks: list[Block]
    ledger: CleanedLedger
    warnings: list[str]


def _read(request: Request, body: bytes) -> Submission:
    return read_submission(request.headers.get("Content-Type", ""), body)


@router.post(
    "/ingest",
    response_model=IngestedArticle,
    status_code=201,
    operation_id="ingest_raw_text",
    responses={
        200: {
            "model": IngestedArticle,
            "description": "The article was there already, or has a new version now.",
        },
        **document_errors(*SUBMISSION_ERRORS, SourceNotAllowed, DuplicateArticle, IdempotencyKeyReused),
    },
    openapi_extra={"requestBody": SUBMISSION_BODY},
)
def ingest_raw_text(
    request: Request,
    commits: Commits,
    body: Body,
    writer: Writer,
    idempotency: Idempotency,
    on_duplicate: Annotated[
        OnDuplicate,
        Query(
            description="Of a text that is stored: `link` gives that article back, `reject` answers 409,"
            " `new` stores it once more. A copy in other words or length is stored under `link` and `new`,"
            " with `duplicate_of`; `reject` refuses it too."
        ),
    ] = OnDuplicate.LINK,
    explain: Annotated[
        bool,
        Query(
            description="Whether to add the `ledger` of this text to the answer, and as `duplicate` how it"
            " compares with the article that `duplicate_of` names."
        ),
    ] = False,
) -> Response:
    """Clean the raw text of a news page and store the article.

    The same text posted again gives the same article. A text under an `external_id` that the source used
    before becomes that article's next version. With a key that is bound to a source, a text that states none
    is of that one.
    """
    cleaners: Cleaners = request.app.state.cleaners
    found = cleaners.clean(bind_submission(_read(request, body), writer.source))

    def answer(session: Session) -> Response:
        article, created = store_submission(session, found, on_duplicate)
        require_source(writer, article.source_name)  # the same raw text may be another source's
        response = describe_written(article, created=created)
        if not explain:
            return response
        explained = {
            "duplicate": compare_with_lead(session, article.id),
            "ledger": render_ledger(found.cleaned),
        }
        document = article.document[:-1] + "," + dump_json(explained)[1:]
        return make_json_response(document, response.status_code, _list_own_headers(response))

    return commits.run(lambda session: answer_once(session, idempotency, answer))


def _list_own_headers(response: Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if not name.startswith("content-")}


@router.post(
    "/clean",
    response_model=CleanResult,
    operation_id="clean_raw_text",
    responses=document_errors(*SUBMISSION_ERRORS),
    openapi_extra={"requestBody": SUBMISSION_BODY},
    dependencies=[Reader],
)
def clean_raw_text(request: Request, body: Body) -> Response:
    """Show what ingestion would make of a raw text: article, parts, ledger, warnings. Nothing is stored."""
    cleaners: Cleaners = request.app.state.cleaners
    return make_json_response(render_result(cleaners.clean(_read(request, body))))
