"""The source of what a client writes, where its key may write for one source only."""

from app.articles.shapes import Source
from app.keys import check_source


def bind_source(stated: Source | None, bound: str | None) -> Source | None:
    """Return the source as stated, or the one that the key is bound to where none is stated.

    Raises SourceNotAllowed for another one.
    """
    if bound is not None and (stated is None or stated.name is None):
        return Source(name=bound, domain=stated.domain if stated else None)
    check_source(bound, stated.name if stated else None)
    return stated
