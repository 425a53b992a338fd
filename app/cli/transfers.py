"""`dateline export` and `dateline import`: articles as files of lines, out of a store and into one."""

import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import chain, repeat
from pathlib import Path
from typing import IO, Annotated, cast, get_origin
from urllib.parse import parse_qs

import httpx
import orjson
import typer
from pydantic import ValidationError
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TransferSpeedColumn,
)
from sqlmodel import Session

from app.articles.exports import ExportFormat, ExportQuery, write_export
from app.cli.terminal import fail, open_store, terminal
from app.database import enlarge_cache, read_session, write_session
from app.errors import BatchInterrupted
from app.index.beside import finish_following, start_following
from app.ingest.articles import OnDuplicate
from app.ingest.cleaners import Cleaners
from app.ingest.lines import Grouper, Line, LineSplitter
from app.ingest.storing import Group, Receipt, store_lines, take_prepared
from app.settings import Settings

commands = typer.Typer()

READ_AT_ONCE = 256 * 1024
# Groups that are read before the first of them is stored: as many as a transaction takes, and as many more,
# for those that prepare them meanwhile.
GROUPS_AHEAD = 10
# How long a server may take for a group of lines.
ANSWER_SECONDS = 120.0

# Stores groups of lines as they come, and gives each back with its receipts.
Store = Callable[[Iterator[list[Line]]], Iterator[tuple[list[Line], list[Receipt]]]]


@commands.command(name="export")
def export_articles(
    file: Annotated[str, typer.Argument(help="The file to write; - writes standard output.")],
    form: Annotated[ExportFormat, typer.Option("--format", help="How it is written.")] = ExportFormat.NDJSON,
    query: Annotated[
        str, typer.Option(metavar="FILTERS", help="Filters as in a URL: 'source=Reuters&from=2026-01'.")
    ] = "",
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on after the last article that the file holds.")
    ] = False,
) -> None:
    """Export articles as lines that `import` takes, or as CSV, in the order of their ids."""
    asked = _read_query(query)
    if resume and (form is ExportFormat.CSV or file == "-"):
        raise typer.BadParameter("only a file of lines can be gone on with", param_hint="--resume")
    _settings, engine = open_store()
    try:
        with ExitStack() as stack:
            out, after = cast(IO[bytes], sys.stdout.buffer), asked.after
            if file != "-":
                goes_on = resume and Path(file).exists()
                out = stack.enter_context(Path(file).open("r+b" if goes_on else "wb"))
                after = max(after, _cut_at_last_article(out)) if goes_on else after
            progress = stack.enter_context(_make_progress())
            task = progress.add_task("exporting", total=None)
            for part in write_export(lambda: read_session(engine), asked, form=form, after=after):
                out.write(part)
                progress.advance(task, len(part))
            out.flush()
    except OSError as error:
        fail(f"{file}: {error.strerror}")


def _read_query(query: str) -> ExportQuery:
    """Read filters as a URL has them; a wrong one is wrong usage."""
    fields = {field.alias or name: field for name, field in ExportQuery.model_fields.items()}
    given = parse_qs(query, keep_blank_values=True)
    if unknown := given.keys() - fields.keys():
        raise typer.BadParameter(f"unknown: {', '.join(sorted(unknown))}", param_hint="--query")
    values = {
        name: found if get_origin(fields[name].annotation) is list else found[-1]
        for name, found in given.items()
    }
    try:
        return ExportQuery.model_validate(values)
    except ValidationError as error:
        names = ", ".join(str(fault["loc"][0]) for fault in error.errors())
        raise typer.BadParameter(f"impossible values: {names}", param_hint="--query") from error


def _cut_at_last_article(out: IO[bytes]) -> int:
    """Cut a file of lines after its last whole line and return the id in that; 0 if there is none."""
    last, end = b"", 0
    for line in out:
        if line.endswith(b"\n"):
            last, end = line, end + len(line)
    out.seek(end)
    out.truncate()
    return int(orjson.loads(last)["article"]["id"]) if last else 0


def _make_progress(total: int | None = None) -> Progress:
    columns = (TextColumn("{task.description}"), DownloadColumn(), TransferSpeedColumn(), TimeElapsedColumn())
    bar = (BarColumn(),) if total else ()
    return Progress(*bar, *columns, console=terminal, disable=not terminal.is_terminal)


@commands.command(name="import")
def import_articles(
    file: Annotated[
        str, typer.Argument(help="A file of lines, as `export` writes it; - reads standard input.")
    ],
    on_duplicate: Annotated[
        OnDuplicate, typer.Option(help="What to do with an article that is stored already.")
    ] = OnDuplicate.LINK,
    rejects: Annotated[
        Path | None,
        typer.Option(
            help="Where to write the lines that are not taken, with reasons; by default FILE.rejects."
        ),
    ] = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Begin with the first line, though an import was cut.")
    ] = False,
    url: Annotated[str | None, typer.Option(help="A server to send the lines to.")] = None,
    key: Annotated[
        str | None, typer.Option(envvar="DATELINE_KEY", help="The key for it; better in the environment.")
    ] = None,
) -> None:
    """Import articles, one JSON object a line, as `POST /v1/ingest/batch` takes them.

    An import that was cut goes on where it was when it is called again.
    """
    source = Path("import" if file == "-" else file)
    counts: Counter[str] = Counter()
    try:
        state = None if file == "-" else _State(source.with_name(source.name + ".import-state"), source)
        done = state.find_done() if state and not restart else 0
        with ExitStack() as stack:
            lines = sys.stdin.buffer if file == "-" else stack.enter_context(source.open("rb"))
            refused = _Rejects(rejects or source.with_name(source.name + ".rejects"), goes_on=done > 0)
            stack.callback(refused.close)
            total = None if file == "-" else source.stat().st_size
            progress = stack.enter_context(_make_progress(total))
            task = progress.add_task("importing", total=total)
            groups = _read_groups(lines, done, lambda size: progress.advance(task, size))
            store = _store_at(url, key, on_duplicate) if url else _store_here(on_duplicate)
            for group, receipts in store(groups):
                for line, receipt in zip(group, receipts, strict=True):
                    counts[_name_outcome(receipt)] += 1
                    if receipt["status"] >= 400:
                        refused.add(line, receipt)
                if state:
                    state.note(group[-1].number)
    except OSError as error:
        fail(f"{error.filename or file}: {error.strerror}")
    if state:
        state.remove()
    typer.echo("\n".join(f"{counts[name]}\t{name}" for name in ("new", "known", "rejected")))
    if counts["rejected"]:
        fail(f"{counts['rejected']} of {counts.total()} lines were not taken; {refused.path} says why")


def _name_outcome(receipt: Receipt) -> str:
    return "rejected" if receipt["status"] >= 400 else "new" if receipt["status"] == 201 else "known"


class _State:
    """How far the import of a file has come, in a file beside it."""

    def __init__(self, path: Path, source: Path) -> None:
        self._path = path
        about = source.stat()
        self._source = {"size": about.st_size, "modified_ns": about.st_mtime_ns}

    def find_done(self) -> int:
        """Find the number of the last line that is done; 0 if the file is another than the one begun with."""
        try:
            noted = orjson.loads(self._path.read_bytes())
        except (OSError, ValueError):
            return 0
        return int(noted["line"]) if noted["source"] == self._source else 0

    def note(self, number: int) -> None:
        """Note that all lines up to this one are done."""
        beside = self._path.with_name(self._path.name + "~")
        beside.write_bytes(orjson.dumps({"line": number, "source": self._source}))
        beside.replace(self._path)

    def remove(self) -> None:
        """Forget it: the import is complete."""
        self._path.unlink(missing_ok=True)


class _Rejects:
    """The lines that were not taken, each with its receipt: made when the first one comes."""

    def __init__(self, path: Path, *, goes_on: bool) -> None:
        self.path = path
        self._mode = "ab" if goes_on else "wb"
        self._file: IO[bytes] | None = None

    def add(self, line: Line, receipt: Receipt) -> None:
        """Add a line."""
        self._file = self._file or self.path.open(self._mode)
        assert self._file is not None
        text = None if line.text is None else line.text.decode("utf-8", "replace")
        self._file.write(orjson.dumps({**receipt, "text": text}) + b"\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._file is not None:
            self._file.close()


def _read_groups(source: IO[bytes], done: int, tell: Callable[[int], None]) -> Iterator[list[Line]]:
    """Read groups of lines, those left out that are done; `tell` is called with the bytes that were read."""
    splitter, grouper = LineSplitter(Settings().max_body_bytes), Grouper()
    while data := source.read(READ_AT_ONCE):
        tell(len(data))
        yield from grouper.add([line for line in splitter.feed(data) if line.number > done])
    yield from grouper.add([line for line in splitter.finish() if line.number > done])
    if grouper.lines:
        yield grouper.take()


def _store_here(on_duplicate: OnDuplicate) -> Store:
    """Store in the settings' store, cleaned on all cores, while the search index follows."""
    _settings, engine = open_store()

    def run(work: Callable[[Session], list[Receipt]]) -> list[Receipt]:
        with write_session(engine) as session:
            enlarge_cache(session.connection())
            receipts = work(session)
        return receipts

    def store(groups: Iterator[list[Line]]) -> Iterator[tuple[list[Line], list[Receipt]]]:
        cleaners = Cleaners()
        pending: deque[Group] = deque()
        following = None
        try:
            for group in chain(groups, repeat(None)):
                if group is not None:
                    pending.append((group, cleaners.prepare(group)))
                    if len(pending) <= GROUPS_AHEAD:
                        continue
                    following = following or start_following()
                if not pending:
                    break
                lines, prepared = take_prepared(pending)
                yield lines, store_lines(run, lines, prepared, on_duplicate)
            if following is not None and not finish_following(following):
                terminal.print("[yellow]warning:[/yellow] the search index is behind; a server makes it up")
        finally:
            cleaners.close()
            if following is not None:
                following.kill()
                following.wait()

    return store


def _store_at(url: str, key: str | None, on_duplicate: OnDuplicate) -> Store:
    """Send to a server, some groups in a request."""

    def store(groups: Iterator[list[Line]]) -> Iterator[tuple[list[Line], list[Receipt]]]:
        headers = {"Content-Type": "application/x-ndjson", "Authorization": f"Bearer {key or ''}"}
        with httpx.Client(base_url=url, headers=headers, timeout=ANSWER_SECONDS) as client:
            for lines in groups:
                yield lines, _send(client, lines, on_duplicate)

    return store


def _send(client: httpx.Client, lines: list[Line], on_duplicate: OnDuplicate) -> list[Receipt]:
    """Send lines as one batch; a line that is too long goes as one that no server takes."""
    body = b"\n".join(line.text or b"-" for line in lines)
    try:
        answer = client.post("/v1/ingest/batch", content=body, params={"on_duplicate": on_duplicate})
    except httpx.HTTPError as error:
        fail(f"the server cannot be reached: {type(error).__name__}")
    if answer.status_code != 200:
        fail(f"the server answers {answer.status_code}: {_read_detail(answer)}")
    receipts: list[Receipt] = [orjson.loads(line) for line in answer.content.splitlines()]
    if len(receipts) != len(lines) or receipts[-1].get("code") == BatchInterrupted.code:
        fail(f"the server has stopped the batch: {receipts[-1]['detail'] if receipts else 'no answer'}")
    return [{**receipt, "line": line.number} for line, receipt in zip(lines, receipts, strict=True)]


def _read_detail(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return answer.reason_phrase
