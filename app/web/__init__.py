"""The pages for people: the reader at /, an article, the playground. They show what the API answers."""

from app.web.endpoints import mount_pages
from app.web.failures import is_for_a_page, show_error

__all__ = ["is_for_a_page", "mount_pages", "show_error"]
