"""From a raw text to a stored article: cleaning first, then one transaction.

Cleaning runs before the transaction begins, since a transaction on SQLite holds the only write lock.
"""

import hashlib
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import insert
from sqlmodel import Session

from app.articles.edits import merge_new_text
from app.articles.rows import prepare_article
from app.articles.shapes import ArticleContent, CleaningSummary
from app.articles.writes import (
    Written,
    create_article,
    find_by_external_id,
    find_by_raw,
    find_stored_copy,
    read_content,
    update_article,
)
from app.cleaning import Cleaned, Line, Role, clean
from app.errors import DuplicateArticle, NoArticleFound
from app.ingest.submissions import Submission, list_hints
from app.metrics import observe_cleaning
from app.stories.comparing import Method
from app.tables import Article, RawText

# Lines that the error for a text without an article tells of; more would be no help.
LINES_TOLD = 1000


class OnDuplicate(StrEnum):
    """What to do with a text that is already stored."""

    LINK = "link"
    REJECT = "reject"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class CleanedSubmission:
    """A raw text with the article that cleaning found in it."""

    submission: Submission
    cleaned: Cleaned
    content: ArticleContent

    @property
    def summary(self) -> CleaningSummary:
        """The cleaning in short, as the article's JSON has it."""
        return CleaningSummary(
            version=self.cleaned.version,
            removed=sum(line.role is Role.REMOVED for line in self.cleaned.lines),
            warnings=list(self.cleaned.warnings),
            quality=self.cleaned.quality,
        )


def clean_submission(submission: Submission) -> CleanedSubmission:
    """Clean a raw text; raises NoArticleFound, with what became of its lines, where there is none."""
    began = time.perf_counter()
    cleaned = clean(submission.raw, submission.hints)
    observe_cleaning(cleaned, time.perf_counter() - began)
    if not cleaned.body:
        told = [line for line in cleaned.lines if line.role is not Role.BLANK][:LINES_TOLD]
        raise NoArticleFound(
            "No line of the text reads like an article; `ledger` says what each was taken for.",
            extension={"ledger": [_describe_line(line) for line in told], "lines_total": len(cleaned.lines)},
        )
    stated = submission.stated
    content = ArticleContent.model_validate(cleaned).model_copy(
        update={"source": submission.source, "url": stated.url, "external_id": stated.external_id}
    )
    times = {"published_at": stated.published_at, "modified_at": stated.modified_at}
    content = content.model_copy(update={name: time for name, time in times.items() if time is not None})
    return CleanedSubmission(submission, cleaned, content)


def _describe_line(line: Line) -> dict[str, Any]:
    return {"line": line.number, "role": line.role, "reason": line.reason}


def render_ledger(cleaned: Cleaned) -> dict[str, Any]:
    """Return the ledger as its JSON has it: what became of every raw line, and every edit."""
    return {
        "lines": [{**_describe_line(line), "text": line.text} for line in cleaned.lines],
        "edits": [
            {"line": edit.line, "before": edit.before, "after": edit.after, "reason": edit.reason}
            for edit in cleaned.edits
        ],
    }


def render_blocks(cleaned: Cleaned) -> list[dict[str, Any]]:
    """Return the article's parts in reading order, as their JSON has them."""
    return [{"role": block.role, "text": block.text, "line": block.line} for block in cleaned.blocks]


def render_result(found: CleanedSubmission) -> str:
    """Write the answer of /v1/clean: the article, its parts, the ledger, the warnings."""
    article = {
        **found.content.model_dump(mode="json"),
        "word_count": found.cleaned.word_count,
        "cleaning": found.summary.model_dump(),
    }
    return dump_json(
        {
            "article": article,
            "blocks": render_blocks(found.cleaned),
            "ledger": render_ledger(found.cleaned),
            "warnings": found.cleaned.warnings,
        }
    )


def dump_json(value: Any) -> str:
    """Write JSON, with \\u escapes where a raw text held lone surrogates, which UTF-8 cannot write."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value, separators=(",", ":"))


def store_submission(
    session: Session, found: CleanedSubmission, on_duplicate: OnDuplicate = OnDuplicate.LINK
) -> tuple[Article | Written, bool]:
    """Store the article and its raw text; return it, and whether it is new.

    The same raw text, and the same text under a known external_id, are one article: it is given back. Another
    text under a known external_id is that article's next version; its status stays, and so does what a client
    has edited and the new text does not change. `reject` raises DuplicateArticle instead, also for a copy of
    what is stored; `new` stores the same raw text once more, as a copy of the first.
    """
    sha256 = hashlib.sha256(found.submission.received).hexdigest()
    name = found.content.source.name if found.content.source else None
    named = find_by_external_id(session, name, found.content.external_id)
    known = named or (find_by_raw(session, sha256) if on_duplicate is not OnDuplicate.NEW else None)
    if on_duplicate is OnDuplicate.REJECT:
        _refuse_duplicate(session, found.content, known)
    article: Article | Written
    if known is None:
        article = create_article(session, found.content, found.summary)
    elif named is not None:
        before = named.version
        content, edited = merge_new_text(named.edited, read_content(named), found.content)
        article = update_article(session, named, content, found.summary)
        if article.version == before:  # the earlier raw text stays, and so do the edits of it
            return article, False
        named.edited = edited
    else:
        return known, False
    row = {
        "sha256": sha256,
        "content_type": found.submission.stated.content_type,
        "raw": found.submission.received,
        "hints": list_hints(found.submission),
        "created_at": datetime.now(UTC),
        **list_cleaning_columns(article.id, article.version, found.cleaned),
    }
    session.execute(insert(RawText), [row])
    return article, known is None


def _refuse_duplicate(session: Session, content: ArticleContent, known: Article | None) -> None:
    """Raise DuplicateArticle for what is stored already, or is a copy of what is."""
    if known is not None:
        told = {"article_id": known.id, "method": Method.EXACT, "similarity": 1.0, "differs": []}
        raise DuplicateArticle("The article is already stored.", extension=told)
    match = find_stored_copy(session, prepare_article(content))
    if match is not None:
        raise DuplicateArticle("A copy of the article is already stored.", extension=match.describe())


def list_cleaning_columns(article_id: int, version: int, cleaned: Cleaned) -> dict[str, Any]:
    """Return the columns of `raw_texts` that say what a cleaning made of it, and in which version."""
    head = {"article_id": article_id, "version": version, "cleaning_version": cleaned.version}
    return {
        **head,
        "ledger": dump_json({**head, **render_ledger(cleaned)}),
        "blocks": dump_json(render_blocks(cleaned)),
    }
