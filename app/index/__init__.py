"""The search index: a Tantivy folder that follows the tables and can be built anew at any time."""

from app.index.checks import check
from app.index.folder import Snapshot
from app.index.follower import Follower, catch_up_once, rebuild

__all__ = ["Follower", "Snapshot", "catch_up_once", "check", "rebuild"]
