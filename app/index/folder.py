"""The index's folder: made whole or not at all, with a note of how far it has followed the tables.

<index_dir>/v2-2-1/           one folder per version of the schema; older ones are deleted
    position.json             name of this index, seq that it has reached, and a mark of that change
    reindex                   (only for a while) asks the process that writes to build the index anew
    meta.json, *.term, …      Tantivy's files and its lock: the process that holds it writes
<index_dir>/new-…/            an index that is being built, and takes the place of the other when it is whole
"""

import json
import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import tantivy

from app.index.schema import SCHEMA, STEMMED_AS, VERSION

POSITION_FILE = "position.json"
REQUEST_FILE = "reindex"
# Tantivy keeps the terms of documents in memory up to this, then writes a segment.
_WRITER_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Position:
    """How far an index has followed the tables."""

    index: str
    """A random name, so that an index made in the place of another is told from it."""
    seq: int = 0
    mark: str = ""
    """What the change with that seq was; another database has another change there."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The index as it stood at one moment: it holds every change up to `seq`."""

    searcher: tantivy.Searcher
    seq: int
    languages: tuple[tuple[str, float], ...]
    """The languages by which articles have been stemmed, and their share, the most frequent first."""


def find_folder(index_dir: Path) -> Path:
    """Return the folder of this program's version of the index."""
    return index_dir / VERSION


def open_index(folder: Path) -> tantivy.Index:
    """Open the index, or make an empty one where there is none that can be read."""
    try:
        return read_index(folder)
    except ValueError:  # nothing is lost: it can be built anew
        discard_index(folder)
        _make_index(folder)
        return read_index(folder)


def read_index(folder: Path) -> tantivy.Index:
    """Open the index; raises ValueError, as Tantivy does, if there is none or it is damaged."""
    read_position(folder)
    if not (folder / "meta.json").exists():  # Tantivy would make an empty index
        raise ValueError("there is no index")
    index = tantivy.Index(SCHEMA, str(folder))
    index.config_reader("manual")
    return index


def discard_index(folder: Path) -> None:
    """Delete an index. It is moved away first, so that nobody opens a half of it."""
    try:
        gone = folder.rename(folder.with_name(f"old-{secrets.token_hex(4)}"))
    except FileNotFoundError:
        return
    shutil.rmtree(gone, ignore_errors=True)


def _make_index(folder: Path) -> None:
    """Put an empty index where there is none, and delete those of older versions.

    It is made beside it and moved: of two processes that start at once, one would else empty what the other
    has begun to fill.
    """
    made = make_folder(folder)
    try:
        made.rename(folder)
    except OSError:  # another process was faster
        shutil.rmtree(made, ignore_errors=True)
    for other in folder.parent.glob("v*-*"):
        if _read_version(other) < _read_version(folder):
            discard_index(other)


def make_folder(folder: Path) -> Path:
    """Make an empty index beside the one in this folder."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix="new-", dir=folder.parent))
    tantivy.Index(SCHEMA, str(made))
    write_position(made, Position(secrets.token_hex(8)))
    return made


def put_in_place(made: Path, folder: Path) -> None:
    """Put an index in the place of the one that is there.

    Whoever looks just between the two moves makes an empty one, which goes like the one before.
    """
    while True:
        discard_index(folder)
        try:
            made.rename(folder)
            return
        except OSError:
            if not (folder / POSITION_FILE).exists():
                raise


def _read_version(folder: Path) -> tuple[int, ...]:
    numbers = folder.name.removeprefix("v").split("-")
    return tuple(int(number) for number in numbers if number.isdecimal())


def find_writer(index: tantivy.Index) -> tantivy.IndexWriter | None:
    """Take the lock, which goes with the writer or its process; None while another process has it."""
    try:
        return index.writer(_WRITER_BYTES, 1)
    except ValueError as error:
        if "LockBusy" in str(error):
            return None
        raise


def read_stamp(folder: Path) -> tuple[int, int] | None:
    """Return what changes whenever the position is written; None if the index is gone."""
    try:
        stat = (folder / POSITION_FILE).stat()
    except FileNotFoundError:
        return None
    return stat.st_ino, stat.st_mtime_ns


def read_position(folder: Path) -> Position:
    """Read how far the index has come; raises ValueError if that cannot be read."""
    try:
        return Position(**json.loads((folder / POSITION_FILE).read_text(encoding="utf-8")))
    except (TypeError, FileNotFoundError) as error:
        raise ValueError("the index's position cannot be read") from error


def write_position(folder: Path, position: Position) -> None:
    """Note how far the index has come, once it is committed; what is done twice does no harm."""
    written = folder / f"{POSITION_FILE}.new"
    written.write_text(
        json.dumps({"index": position.index, "seq": position.seq, "mark": position.mark}), encoding="utf-8"
    )
    os.replace(written, folder / POSITION_FILE)


def take_snapshot(index: tantivy.Index, seq: int) -> Snapshot:
    """Make what has been committed visible. Read `seq` before: the snapshot then holds at least that."""
    index.reload()
    searcher = index.searcher()
    counts = dict(searcher.terms_with_prefix(STEMMED_AS, ""))
    total = sum(counts.values())
    languages = sorted(counts, key=lambda language: (-counts[language], language))
    return Snapshot(searcher, seq, tuple((language, counts[language] / total) for language in languages))
