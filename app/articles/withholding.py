"""Who may see withheld articles: only a key that may write, for all sources.

To all others a withheld article's address answers 403, with everything below it (raw text, ledger, versions);
so does a version that was withheld, of an article that no longer is. Lists leave withheld articles out unless
`status=withheld` asks for them, whoever asks: what is published from a list never holds one by accident.
"""

from typing import Annotated

from fastapi import Depends
from sqlmodel import Session

from app.articles.queries import get_article
from app.articles.shapes import Status
from app.errors import ArticleWithheld
from app.keys import Scope, VerifiedKey, authenticate
from app.tables import Article


def may_see_withheld(key: VerifiedKey | None) -> bool:
    """Tell whether who bears this key sees what is withheld."""
    # A key that is bound to a source may write that one's articles, but is no editor of the others.
    return key is not None and key.scope is not Scope.READ and key.source is None


async def _sees_withheld(key: Annotated[VerifiedKey | None, Depends(authenticate)]) -> bool:
    return may_see_withheld(key)


SeesWithheld = Annotated[bool, Depends(_sees_withheld)]


def refuse_withheld(*statuses: str, sees_withheld: bool) -> None:
    """Raise ArticleWithheld if what has one of these statuses is withheld from who asks for it."""
    if Status.WITHHELD in statuses and not sees_withheld:
        raise ArticleWithheld("Only a key that may write sees what is withheld.")


def get_readable_article(session: Session, article_id: int, *, sees_withheld: bool) -> Article:
    """Return the article; raises NotFound, ArticleDeleted or ArticleWithheld."""
    article = get_article(session, article_id)
    refuse_withheld(article.status, sees_withheld=sees_withheld)
    return article
