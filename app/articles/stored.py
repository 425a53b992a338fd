"""The hot reads: an article, pages of lists and of searches, answered from stored bytes before any routing.

An article's JSON is rendered when it is written, so that serving it needs one look-up. FastAPI's own path
(routing, dependencies, a thread, a session) costs several times as much as that look-up; on SQLite, whose
look-ups take microseconds and wait for no network, these reads therefore run in the event loop. An article
that was read, and a page of the list, are kept as they were answered for as long as no other connection has
changed the database, which SQLite tells exactly (`PRAGMA data_version`, other processes included); a page of
a search for as long as the index is the same, too. What is kept `RequestFrame` sends itself, past the
middleware.

Only the plain case is answered here: a client who may read, and wants the usual JSON of a usable article. All
else, and every error, is left to the endpoints, which stay the only place that says what a request means.
"""

import gzip
import sqlite3
from collections import OrderedDict
from types import SimpleNamespace
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from sqlalchemy import Engine, bindparam, select
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.articles.conditional import make_etag
from app.articles.shapes import Status
from app.compression import ACCEPTED, LEVEL, MINIMUM_BYTES
from app.tables import Article, get_table

ARTICLES, SEARCH = "/v1/articles", "/v1/search"
# A search that says so is by age: what it answers changes with time.
BY_AGE = b"recent"
# Longest number of digits that is an id (MAX_ID is 2^63 - 1).
MAX_DIGITS = 18
# Bytes of the pages that are kept, of the articles (found anew in 10 µs, so they push no page out), and of
# the largest of either.
MAX_KEPT_BYTES = 16 * 1024 * 1024
MAX_ARTICLE_BYTES = 4 * 1024 * 1024
MAX_ANSWER_BYTES = 256 * 1024
# What the objects of an answer take beside their bytes (measured with tracemalloc).
OBJECTS_BYTES = 1500
# Larger answers are compressed in a thread, by the middleware for it.
MAX_PACKED_HERE = 128 * 1024
# What another process may hold the database for (a recovery); after it the endpoint waits in a thread.
BUSY_MS = 20

_ARTICLES = get_table(Article)
_FIND = select(
    *(_ARTICLES.c[name] for name in ("id", "version", "seq", "story_id", "duplicate_of", "document"))
).where(
    _ARTICLES.c.id == bindparam("article_id"),
    _ARTICLES.c.status == bindparam("status"),
    _ARTICLES.c.deleted_at.is_(None),
)
_HEADERS = [(b"content-type", b"application/json"), (b"cache-control", b"no-cache"), (b"vary", b"Accept")]
_VARY_CODING = (b"vary", b"Accept-Encoding")
# By these the metrics name the requests, as if a route had taken them.
_PAGE_ROUTES = {path: SimpleNamespace(path=path) for path in (ARTICLES, SEARCH)}
_ARTICLE_ROUTE = SimpleNamespace(path=ARTICLES + "/{article_id}")
# A request with one of these asks for something that only the endpoint can decide.
_SPECIAL = frozenset({b"dateline-min-seq", b"range"})
_USUAL_ACCEPT = frozenset({b"*/*", b"application/json"})


class _Found(NamedTuple):
    """What `_FIND` finds."""

    id: int
    version: int
    seq: int
    story_id: int
    duplicate_of: int | None
    document: str


Header = tuple[bytes, bytes]
Whole = tuple[list[Header], bytes]
"""Headers and body."""
State = tuple[int, int]
"""What an answer depends on: how often the database has changed, and how often the index."""


class Answer:
    """A whole answer: status 200, these headers, this body; and once somebody wanted it so, compressed."""

    __slots__ = ("_packed", "_plain", "body", "etag", "headers")

    def __init__(self, headers: list[Header], body: bytes, etag: bytes) -> None:
        self.headers = headers
        self.body = body
        self.etag = etag
        self._plain: Whole | None = None
        self._packed: Whole | None = None

    def write(self) -> Whole:
        """Return headers and body for a client that does not take gzip, as `Compression` leaves them."""
        if self._plain is None:
            length = (b"content-length", b"%d" % len(self.body))
            self._plain = [*self.headers, length, _VARY_CODING], self.body
        return self._plain

    def write_packed(self) -> Whole | None:
        """Return them for one that does; None if that is too much work for the event loop."""
        if self._packed is None:
            body, added = self.body, []
            if len(body) > MAX_PACKED_HERE:
                return None
            if len(body) >= MINIMUM_BYTES:
                body = gzip.compress(body, LEVEL, mtime=0)
                added = [_VARY_CODING, (b"content-encoding", b"gzip")]
            self._packed = [*self.headers, (b"content-length", b"%d" % len(body)), *added], body
        return self._packed


class Kept:
    """Answers by their address, each with the state that it is of; of so many bytes the newest."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.bytes = 0
        self._answers: OrderedDict[tuple[str, bytes], tuple[State, Answer]] = OrderedDict()

    def find(self, path: str, query: bytes, state: State) -> Answer | None:
        """Find the answer, if all is still as it was then."""
        kept = self._answers.get((path, query))
        return kept[1] if kept is not None and kept[0] == state else None

    def keep(self, path: str, query: bytes, state: State, answer: Answer) -> None:
        """Keep an answer that saw this state or a later one."""
        if replaced := self._answers.pop((path, query), None):
            self.bytes -= _weigh(path, query, replaced[1])
        self._answers[path, query] = (state, answer)
        self.bytes += _weigh(path, query, answer)
        while self.bytes > self.most_bytes:
            (path, query), (_, dropped) = self._answers.popitem(last=False)
            self.bytes -= _weigh(path, query, dropped)


def _weigh(path: str, query: bytes, answer: Answer) -> int:
    """Return what counts as the bytes of an answer: all that a client can make long.

    Of a search that finds nothing the address is the longest, and the objects are more than the bytes.
    """
    headers = sum(len(name) + len(value) for name, value in answer.headers)
    # Compressed, a body has about half as many bytes again.
    return OBJECTS_BYTES + len(path) + len(query) + headers + len(answer.body) * 3 // 2


class StoredReader:
    """One connection of the event loop's own, for look-ups that take microseconds."""

    def __init__(self, engine: Engine) -> None:
        self._statement = str(_FIND.compile(engine))
        self._connection = engine.raw_connection()
        self._connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        self._states = self._connection.cursor()
        self.pages, self.articles = Kept(MAX_KEPT_BYTES), Kept(MAX_ARTICLE_BYTES)

    def close(self) -> None:
        """Give the connection back; its cursor goes with it."""
        self._connection.close()

    def find_article(self, path: str, article_id: int) -> Answer | None:
        """Find the answer for an article; None if it is for the endpoint to say what there is."""
        state = self.read_state(0)
        if (kept := self.articles.find(path, b"", state)) is not None:
            return kept
        row = self._connection.execute(self._statement, (article_id, Status.USABLE)).fetchone()
        if row is None:
            return None
        found = _Found(*row)
        etag = make_etag(found).encode()
        answer = Answer([*_HEADERS, (b"etag", etag)], found.document.encode(), etag)
        if len(answer.body) <= MAX_ANSWER_BYTES:
            self.articles.keep(path, b"", state, answer)
        return answer

    def read_state(self, shown: int) -> State:
        """Read what an answer depends on; `shown` is the follower's, 0 for one that is not of the index."""
        return self._states.execute("PRAGMA data_version").fetchall()[0][0], shown


def open_reader(engine: Engine) -> StoredReader | None:
    """Open the reader of a store that has hot reads; None for one that has not."""
    return StoredReader(engine) if engine.dialect.name == "sqlite" else None


def find_stored(scope: Scope) -> Whole | None:
    """Find headers and body of the plain case of a hot read, for `RequestFrame` to send as they are.

    So they pass no middleware on their way, which was half of what such a read cost. A client that may have
    the answer already is left to `StoredReads`.
    """
    reader = _find_reader(scope)
    if reader is None:
        return None
    takes_gzip = False
    for name, value in scope["headers"]:
        if name == b"if-none-match":
            return None
        if name == b"accept-encoding" and ACCEPTED.search(value):
            takes_gzip = True
    answer, _ = _find_answer(reader, scope)
    if answer is None:
        return None
    return answer.write_packed() if takes_gzip else answer.write()


def find_nothing(_scope: Scope) -> None:
    """Leave all to the middleware."""


class StoredReads:
    """Middleware that answers the hot reads that have come so far, keeps pages, and passes all else on."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        reader = _find_reader(scope) if scope["type"] == "http" else None
        if reader is None:
            await self.app(scope, receive, send)
            return
        answer, state = _find_answer(reader, scope)
        if answer is not None:
            await _send(answer, scope, send)
        elif state is not None:
            keep = _Keeper(send)
            await self.app(scope, receive, keep)
            # What a key may see is not for everybody.
            if scope["state"]["key"] is None and (seen := keep.find_answer()) is not None:
                reader.pages.keep(scope["path"], scope["query_string"], state, seen)
        else:
            await self.app(scope, receive, send)


def _find_reader(scope: Scope) -> StoredReader | None:
    """Find the reader for a request that may be a hot read."""
    if scope["method"] != "GET" or not scope["path"].startswith((ARTICLES, SEARCH)):
        return None
    reader: StoredReader | None = scope["app"].state.stored_reader
    return reader if reader is not None and is_plain(scope) else None


def _find_answer(reader: StoredReader, scope: Scope) -> tuple[Answer | None, State | None]:
    """Find the stored answer; or, for a page that can be kept, the state that it will be of."""
    path, query = scope["path"], scope["query_string"]
    state, answer = None, None
    try:
        if path in _PAGE_ROUTES:
            if BY_AGE not in unquote_to_bytes(query):
                state = reader.read_state(scope["app"].state.follower.shown if path == SEARCH else 0)
                answer = reader.pages.find(path, query, state)
        elif not query and (article_id := _read_id(path)) is not None:
            answer = reader.find_article(path, article_id)
    except sqlite3.Error:  # the endpoint says what is the matter
        return None, None
    if answer is not None:
        scope["route"] = _PAGE_ROUTES.get(path, _ARTICLE_ROUTE)
    return answer, state


def is_plain(scope: Scope) -> bool:
    """Tell whether a client may read, and wants the usual JSON of what is stored now."""
    key = scope["state"]["key"]
    if key is None and not scope["app"].state.settings.public_read:
        return False
    for name, value in scope["headers"]:
        if name == b"authorization" and key is None:
            return False  # a key that is wrong, or not known yet
        if name in _SPECIAL or (name == b"accept" and value not in _USUAL_ACCEPT):
            return False
    return True


def _read_id(path: str) -> int | None:
    digits = path[len(ARTICLES) + 1 :]
    if not path.startswith(ARTICLES + "/") or not digits.isascii() or not digits.isdigit():
        return None
    return int(digits) if len(digits) <= MAX_DIGITS else None


async def _send(answer: Answer, scope: Scope, send: Send) -> None:
    for name, value in scope["headers"]:
        if name == b"if-none-match":
            known = {tag.strip().removeprefix(b"W/") for tag in value.split(b",")}
            if answer.etag in known or b"*" in known:
                headers = [pair for pair in answer.headers if pair[0] != b"content-type"]
                await send({"type": "http.response.start", "status": 304, "headers": headers})
                await send({"type": "http.response.body", "body": b""})
                return
    length = (b"content-length", b"%d" % len(answer.body))
    await send({"type": "http.response.start", "status": 200, "headers": [*answer.headers, length]})
    await send({"type": "http.response.body", "body": answer.body})


class _Keeper:
    """Passes an answer on to the client, and keeps it if it is a page worth keeping."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._headers: list[tuple[bytes, bytes]] | None = None
        self._body = b""
        self._is_whole = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200:
            self._headers = [pair for pair in message["headers"] if pair[0] != b"content-length"]
        elif message["type"] == "http.response.body" and not message.get("more_body", False):
            self._body, self._is_whole = message.get("body", b""), True
        await self._send(message)

    def find_answer(self) -> Answer | None:
        """Give back a 200 that came in one piece, bears an ETag and is not too large."""
        if self._headers is None or not self._is_whole or len(self._body) > MAX_ANSWER_BYTES:
            return None
        etag = dict(self._headers).get(b"etag")
        return None if etag is None else Answer(self._headers, self._body, etag)
