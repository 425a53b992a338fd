"""Errors as pages: what has happened, and what can be done now."""

from dataclasses import dataclass

from fastapi import Request, Response

from app.errors import DatelineError
from app.web.rendering import find_server, render_page


@dataclass(frozen=True, slots=True)
class Advice:
    """What the page says: a title in words, and what the person can do."""

    title: str
    advice: str


_UNKNOWN = Advice("Something went wrong", "Try again in a moment. If it stays so, tell who runs this server.")
_ADVICE = {
    "invalid-parameter": Advice(
        "This address cannot be read", "A part of it is no value that can be meant. Go back, or start anew."
    ),
    "key-required": Advice(
        "Reading needs a key here",
        "Who runs this server has closed reading to the public (DATELINE_PUBLIC_READ=false), and a page of a "
        "browser cannot send a key. Ask for a key with scope read and use the API.",
    ),
    "invalid-key": Advice("The key is not valid", "It is unknown, revoked or expired. Ask for a new one."),
    "scope-missing": Advice("The key may not do this", "Ask for a key whose scope allows it."),
    "article-withheld": Advice(
        "This article is withheld",
        "It is stored, and held back for now. A key that may write sees it by the API; nobody else does.",
    ),
    "not-found": Advice(
        "There is nothing here", "The address may be mistyped. Search for what it was about."
    ),
    "article-deleted": Advice(
        "This article has been deleted", "Its number is never given to another one. Look for other articles."
    ),
    "method-not-allowed": Advice("A page can only be read", "Open the address itself."),
    "database-busy": Advice("The store is busy", "Nothing is lost. Try again in a few seconds."),
    "index-behind": Advice("The search is catching up", "Try again in a few seconds."),
}
_API_PATHS = ("/v1", "/health", "/metrics", "/openapi.json", "/static")


def is_for_a_page(request: Request) -> bool:
    """Tell whether an answer is for a person: of the pages' own addresses, and of what a browser mistypes."""
    path = request.url.path
    if any(path == start or path.startswith(start + "/") for start in _API_PATHS):
        return False
    is_page = path in ("/", "/playground") or path.startswith("/articles/")
    return is_page or "text/html" in request.headers.get("Accept", "")


def show_error(request: Request, error: DatelineError) -> Response:
    """Answer with a page that says what has happened and what to do."""
    said = _ADVICE.get(error.code, _UNKNOWN)
    values = {
        "error": error,
        "title": said.title,
        "advice": said.advice,
        "server": find_server(request),
        "api_path": "/v1" + request.url.path if request.url.path.startswith("/articles/") else "/v1/articles",
        "request_id": request.state.request_id,
    }
    return render_page("error.html", values, status=error.status, headers={**error.headers, "Vary": "Accept"})
