"""The change feed: every write of an article is an entry, in the order of `seq`.

The entry is written in the transaction of the write itself, so that neither can be there without the other.
Write transactions run one after the other, so a reader never meets a gap that fills later (decision 0002).
"""

from app.changes.queries import (
    append_changes,
    find_last_before,
    get_last_seq,
    list_changes,
    prune_changes,
)
from app.changes.shapes import ChangeKind, ChangeList, ChangeRead
from app.changes.watching import ChangeWatch

__all__ = [
    "ChangeKind",
    "ChangeList",
    "ChangeRead",
    "ChangeWatch",
    "append_changes",
    "find_last_before",
    "get_last_seq",
    "list_changes",
    "prune_changes",
]
