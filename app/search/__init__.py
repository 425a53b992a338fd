"""Search: words and filters find articles in the index; what is shown of them comes from the tables."""

from app.search.endpoints import router, take_snapshot, write_answer
from app.search.queries import find_hits, find_ids
from app.search.shapes import SearchQuery

__all__ = ["SearchQuery", "find_hits", "find_ids", "router", "take_snapshot", "write_answer"]
