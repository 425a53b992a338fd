"""API keys: what they may do, how they are stored, who bears one. The names here are what others use."""

from app.keys.access import (
    Admin,
    KeyRing,
    MetricsReader,
    Reader,
    VerifiedKey,
    Writer,
    authenticate,
    check_source,
    find_known_writer,
    require_admin,
    require_source,
    require_writer,
)
from app.keys.queries import (
    Scope,
    add_key,
    create_key,
    describe_state,
    list_keys,
    make_first_key,
    revoke_key,
)

__all__ = [
    "Admin",
    "KeyRing",
    "MetricsReader",
    "Reader",
    "Scope",
    "VerifiedKey",
    "Writer",
    "add_key",
    "authenticate",
    "check_source",
    "create_key",
    "describe_state",
    "find_known_writer",
    "list_keys",
    "make_first_key",
    "require_admin",
    "require_source",
    "require_writer",
    "revoke_key",
]
