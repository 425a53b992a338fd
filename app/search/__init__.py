"""Search: words and filters find articles in the index; what is shown of them comes from the tables."""

from app.search.endpoints import router
from app.search.pages import search
from app.search.queries import find_ids

__all__ = ["find_ids", "router", "search"]
