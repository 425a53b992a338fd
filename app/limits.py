"""How much a client may ask for: budgets of requests a minute, requests open at a time, wrong keys.

A client is the key that it bears, if that is a good one, else its address (IPv6: its /64, which is what one
customer gets). Reads, searches and ingestion have budgets of their own. Windows are fixed and begin with the
clock, so at the turn of one a client can spend two budgets; in return counting costs no time and no memory
worth naming (docs/decisions/0010). The counts are this process's own, or shared through Redis.

Over a budget the answer is 429 with Retry-After; within it, the headers RateLimit-Policy and RateLimit say
what is left (draft-ietf-httpapi-ratelimit-headers-10).
"""

import logging
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Literal

from limits import parse
from limits.aio.storage import RedisStorage
from limits.errors import StorageError
from starlette.types import Scope

from app.errors import RateLimited, TooManyOpenRequests
from app.settings import Settings, read_networks

Kind = Literal["reads", "searches", "ingestion"]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# These cost as a search does: they may look through the whole index or store.
SEARCH_PATHS = ("/v1/search", "/v1/feed", "/v1/export")
# So that addresses without end cannot fill the memory: clients beyond this number share one count.
MOST_CLIENTS = 100_000
# A shared store that does not answer may not hold up requests.
REDIS_SECONDS = 0.25
SECONDS_BETWEEN_WARNINGS = 60.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Budget:
    """So many requests in so many seconds."""

    name: str
    amount: int
    seconds: int

    @property
    def policy(self) -> bytes:
        """The budget as the header RateLimit-Policy writes it."""
        return f'"{self.name}";q={self.amount};w={self.seconds}'.encode()


@dataclass(frozen=True, slots=True)
class Standing:
    """How a client stands to a budget after a request."""

    budget: Budget
    used: int
    seconds_left: int

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The two headers of the answer."""
        left = max(0, self.budget.amount - self.used)
        state = f'"{self.budget.name}";r={left};t={self.seconds_left}'
        return [(b"ratelimit-policy", self.budget.policy), (b"ratelimit", state.encode())]

    def check(self) -> None:
        """Raise RateLimited if the budget is spent."""
        if self.used > self.budget.amount:
            raise RateLimited(
                f"No more than {self.budget.amount} requests of this kind in {self.budget.seconds} seconds.",
                headers={
                    "Retry-After": str(self.seconds_left),
                    **{name.decode(): value.decode() for name, value in self.headers},
                },
                extension={"violated-policies": [self.budget.name]},
            )


class Limits:
    """The budgets of all clients, and what they have used of them."""

    def __init__(self, settings: Settings) -> None:
        self._by_address = _read_budgets(settings, factor=1)
        self._by_key = _read_budgets(settings, factor=settings.rate_limit_key_factor)
        self._wrong_keys = _read_budget("wrong-keys", settings.rate_limit_wrong_keys, factor=1)
        self._most_open = settings.max_open_requests
        self._exempt = tuple(read_networks(settings.rate_limit_exempt))
        self._counts = _MemoryCounts()
        url = settings.rate_limit_url
        self._shared = _SharedCounts(url.get_secret_value(), self._counts) if url else None
        self._open: Counter[str] = Counter()
        self.is_exempt = lru_cache(maxsize=4096)(self._is_exempt)

    def _is_exempt(self, address: str) -> bool:
        """Tell whether a client's address is not limited; what is no address (a Unix socket's client) is
        never: such clients cannot be told apart."""
        try:
            parsed = ip_address(address)
        except ValueError:
            return True
        return any(parsed in network for network in self._exempt)

    async def count(self, scope: Scope, address: str, key_id: str | None) -> Standing | None:
        """Count a request; None if it needs no budget."""
        kind = name_kind(scope)
        budget = (self._by_address if key_id is None else self._by_key).get(kind) if kind else None
        if budget is None:
            return None
        client = find_prefix(address) if key_id is None else f"key:{key_id}"
        used, left = await self._add(budget, client, 1)
        return Standing(budget, used, left)

    @contextmanager
    def hold_open(self, address: str, key_id: str | None) -> Iterator[None]:
        """Count a request as open while it is; raises TooManyOpenRequests if the client has too many."""
        client = find_prefix(address) if key_id is None else f"key:{key_id}"
        if self._open[client] >= self._most_open:
            raise TooManyOpenRequests(
                f"No more than {self._most_open} requests of a client at a time.",
                headers={"Retry-After": "1"},
            )
        self._open[client] += 1
        try:
            yield
        finally:
            self._open[client] -= 1
            if not self._open[client]:
                del self._open[client]

    async def check_guesses(self, scope: Scope) -> None:
        """Raise RateLimited for a client that has sent too many wrong keys; nobody is exempt from this."""
        await self._check_wrong_keys(scope, 0)

    async def count_guess(self, scope: Scope) -> None:
        """Count a wrong key; raises RateLimited for one too many."""
        await self._check_wrong_keys(scope, 1)

    async def _check_wrong_keys(self, scope: Scope, amount: int) -> None:
        budget = self._wrong_keys
        if budget is None:
            return
        used, left = await self._add(budget, find_prefix(read_address(scope)), amount)
        Standing(budget, used + 1 - amount, left).check()

    async def _add(self, budget: Budget, client: str, amount: int) -> tuple[int, int]:
        """Add to a client's count; return it, and the seconds until it begins anew."""
        now = time.time()
        window = int(now // budget.seconds)
        left = budget.seconds - int(now - window * budget.seconds)
        if self._shared is not None:
            return await self._shared.add(budget, client, window, amount), left
        return self._counts.add(budget, client, window, amount), left


class _MemoryCounts:
    """Counts of the windows that run; those of a window that is over are dropped together."""

    def __init__(self) -> None:
        self._windows: dict[str, tuple[int, Counter[str]]] = {}

    def add(self, budget: Budget, client: str, window: int, amount: int) -> int:
        current, counts = self._windows.get(budget.name, (-1, Counter()))
        if current != window:
            counts = Counter()
            self._windows[budget.name] = (window, counts)
        if client not in counts and len(counts) >= MOST_CLIENTS:
            client = "others"
        if amount:
            counts[client] += amount
        return counts[client]


class _SharedCounts:
    """Counts in Redis; while that is away, each process counts for itself."""

    def __init__(self, url: str, own: _MemoryCounts) -> None:
        self._storage = RedisStorage(
            f"async+{url}",
            wrap_exceptions=True,
            implementation="redispy",
            key_prefix="dateline",
            socket_timeout=REDIS_SECONDS,
            socket_connect_timeout=REDIS_SECONDS,
        )
        self._own = own
        self._next_warning = 0.0

    async def add(self, budget: Budget, client: str, window: int, amount: int) -> int:
        name = f"{budget.name}/{client}/{window}"
        try:
            if amount:
                return await self._storage.incr(name, budget.seconds, amount)
            return await self._storage.get(name)
        except StorageError as error:
            if time.monotonic() >= self._next_warning:
                self._next_warning = time.monotonic() + SECONDS_BETWEEN_WARNINGS
                reason = type(error.storage_error).__name__
                _log.warning("rate limits are not shared, Redis cannot be used: %s", reason)
            return self._own.add(budget, client, window, amount)


def name_kind(scope: Scope) -> Kind | None:
    """Name the budget of a request; None for those that are free."""
    path: str = scope["path"]
    if scope["method"] not in SAFE_METHODS:
        return "ingestion"
    if path.startswith(SEARCH_PATHS):
        return "searches"
    return None if path.startswith("/health/") else "reads"


def read_address(scope: Scope) -> str:
    """Read the client's address as the server knows it (behind a trusted proxy: as that one says)."""
    client = scope.get("client")
    return client[0] if client else ""


@lru_cache(maxsize=4096)
def find_prefix(address: str) -> str:
    """Find what is counted as one client: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6 and parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return address if parsed.version == 4 else str(ip_network((parsed, 64), strict=False))


def _read_budget(name: str, text: str, *, factor: int) -> Budget | None:
    if text == "off":
        return None
    item = parse(text)
    return Budget(name, item.amount * factor, item.get_expiry())


def _read_budgets(settings: Settings, *, factor: int) -> dict[str, Budget]:
    limits = {
        "reads": settings.rate_limit_reads,
        "searches": settings.rate_limit_searches,
        "ingestion": settings.rate_limit_ingestion,
    }
    budgets = {name: _read_budget(name, text, factor=factor) for name, text in limits.items()}
    return {name: budget for name, budget in budgets.items() if budget is not None}
