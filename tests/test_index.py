"""The index follows the tables: writes, deletions, crashes, other processes, other databases."""

import json
import shutil
import time

import pytest
import tantivy

from app import index
from app.articles.queries import get_article
from app.articles.shapes import ArticleCreate
from app.articles.writes import create_article, delete_article, update_article
from app.database import make_engine, write_session
from app.index import following
from app.index.folder import find_folder, find_writer, open_index, read_position, write_position
from app.index.schema import SCHEMA, TEXT
from app.tables import Article, Change

SECONDS = 10


@pytest.fixture
def folder(settings):
    return settings.effective_index_dir


@pytest.fixture
def start(engine, folder):
    """Start a follower; all are stopped at the end."""
    followers = []

    def start_one():
        follower = index.Follower(engine, folder)
        follower.start()
        followers.append(follower)
        assert follower.wait_for(0, SECONDS)
        return follower

    yield start_one
    for follower in followers:
        follower.stop()


@pytest.fixture
def write(engine):
    """Store an article and return its row."""

    def write_one(headline="Bridge reopens", body="The harbour bridge opened."):
        with write_session(engine) as session:
            return create_article(session, ArticleCreate(headline=headline, body=body))

    return write_one


def find(snapshot, word):
    query = tantivy.Query.term_query(SCHEMA, TEXT, word)
    hits = snapshot.searcher.search(query, limit=100).hits
    return sorted(snapshot.searcher.fast_field_values("id", [address for _, address in hits]))


def reach(follower, seq):
    follower.wake()
    assert follower.wait_for(seq, SECONDS)
    return follower.take_snapshot()


def wait_until(is_so):
    deadline = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def test_writes_are_followed(start, write, engine):
    follower = start()
    article, other = write(), write("Other", "Nothing")
    assert find(reach(follower, other.seq), "harbour") == [article.id]
    assert follower.lag(following.find_last_seq(engine)) == 0

    with write_session(engine) as session:
        row = session.get(Article, article.id)
        content = ArticleCreate(headline="Tunnel", body="A tunnel.")
        updated = update_article(session, row, content, None)
    snapshot = reach(follower, updated.seq)
    assert (find(snapshot, "harbour"), find(snapshot, "tunnel")) == ([], [article.id])

    with write_session(engine) as session:
        seq = delete_article(session, session.get(Article, article.id))
    snapshot = reach(follower, seq)
    assert (find(snapshot, "tunnel"), snapshot.seq, snapshot.searcher.num_docs) == ([], seq, 1)


def test_writes_are_followed_without_a_call(start, write):
    follower = start()
    assert follower.wait_for(write().seq, SECONDS)


def test_many_articles_are_followed_in_batches(start, engine, monkeypatch):
    monkeypatch.setattr(following, "BATCH", 3)
    monkeypatch.setattr(following, "COMMIT_EVERY", 6)
    with write_session(engine) as session:
        last = [create_article(session, ArticleCreate(headline=str(n), body=f"b {n}")) for n in range(20)][-1]
    assert find(reach(start(), last.seq), "b") == list(range(1, 21))


def test_article_changed_often_is_indexed_once(start, engine, folder):
    with write_session(engine) as session:
        article = get_article(session, create_article(session, ArticleCreate(headline="0", body="zero")).id)
        for n in range(1, 5):
            update_article(session, article, ArticleCreate(headline=str(n), body=f"body {n}"), None)
    follower = start()
    snapshot = reach(follower, 5)
    assert (find(snapshot, "4"), find(snapshot, "3"), snapshot.searcher.num_docs) == ([1], [], 1)
    assert index.check(engine, folder) == []


def test_wait_for_gives_up(start, write):
    assert not start().wait_for(write().seq + 1000, 0.01)


def test_restart_goes_on_where_it_was(start, write):
    first = start()
    reach(first, write().seq)
    first.stop()
    article = write()
    assert reach(start(), article.seq).searcher.num_docs == 2


def test_crash_between_commit_and_position_does_no_harm(write, engine, folder):
    articles = [write(f"Bridge {n}", f"harbour {n}") for n in range(3)]
    index.catch_up_once(engine, folder)
    path = find_folder(folder)
    write_position(path, following.Position(read_position(path).index))
    snapshot = index.catch_up_once(engine, folder)
    assert find(snapshot, "harbour") == [article.id for article in articles]
    assert snapshot.searcher.num_docs == 3
    assert index.check(engine, folder) == []


def test_second_follower_reads_and_takes_over(start, write):
    first = start()
    wait_until(lambda: first.is_writer)
    second = start()
    seq = write().seq
    assert second.wait_for(seq, SECONDS)
    assert (first.is_writer, second.is_writer) == (True, False)
    first.stop()
    assert second.wait_for(write().seq, SECONDS)
    assert second.is_writer


@pytest.mark.parametrize("damage", ["folder", "index", "position", "meta"])
def test_damage_while_running_is_repaired(start, write, engine, folder, damage):
    follower = start()
    reach(follower, write().seq)
    path = find_folder(folder)
    before = read_position(path).index
    if damage == "folder":
        shutil.rmtree(folder, ignore_errors=True)
    elif damage == "index":
        path.rename(folder / "moved")
    elif damage == "position":
        (path / "position.json").write_text("{")
    else:
        for file in path.iterdir():
            file.unlink()
    wait_until(
        lambda: (path / "position.json").exists() and follower.lag(following.find_last_seq(engine)) == 0
    )
    article = write("Tunnel", "A tunnel.")
    assert find(reach(follower, article.seq), "tunnel") == [article.id]
    wait_until(lambda: index.check(engine, folder) == [])
    assert read_position(path).index != before


def test_index_of_another_schema_is_left_and_older_ones_deleted(folder, engine, write):
    for name in ("v0-1", "v99-1"):
        (folder / name).mkdir(parents=True)
    write()
    index.catch_up_once(engine, folder)
    assert sorted(path.name for path in folder.iterdir()) == [find_folder(folder).name, "v99-1"]


def test_unreadable_index_is_built_anew(folder, engine, write):
    article = write()
    index.catch_up_once(engine, folder)
    (find_folder(folder) / "meta.json").write_text("garbage")
    assert index.check(engine, folder) == ["there is no search index that can be read"]
    assert find(index.catch_up_once(engine, folder), "harbour") == [article.id]


def test_index_ahead_of_the_store_is_built_anew(folder, engine, write, caplog):
    write()
    index.catch_up_once(engine, folder)
    path = find_folder(folder)
    position = read_position(path)
    write_position(path, following.Position(position.index, 1000, "1000/1/2020-01-01T00:00:00+00:00"))
    assert index.check(engine, folder) == ["the search index is of another database"]
    assert index.catch_up_once(engine, folder).seq == position.seq
    assert "another database" in caplog.text


def test_index_of_another_database_is_built_anew(folder, engine, write, new_store, tmp_path_factory):
    for _ in range(3):
        write()
    index.catch_up_once(engine, folder)
    with new_store("sqlite", tmp_path_factory.mktemp("other")) as other_settings:
        other = make_engine(other_settings)
        with write_session(other) as session:
            for n in range(5):
                create_article(session, ArticleCreate(headline="Tunnel", body=f"tunnel {n}"))
        snapshot = index.catch_up_once(other, folder)
        other.dispose()
    assert (len(find(snapshot, "tunnel")), find(snapshot, "harbour")) == (5, [])


def test_store_that_went_back_is_noticed_while_running(start, write, engine, folder):
    follower = start()
    write()
    reach(follower, write().seq)
    with write_session(engine) as session:
        session.delete(session.get(Change, 2))
    wait_until(lambda: follower.seq == 1)
    assert index.check(engine, folder) == []


def test_failing_writer_is_replaced(start, write, monkeypatch, caplog):
    follower = start()
    wait_until(lambda: follower.is_writer)
    failures = ["disk full"]
    real = following.write_position

    def fail_once(*arguments):
        if failures:
            raise OSError(failures.pop())
        real(*arguments)

    monkeypatch.setattr(following, "write_position", fail_once)
    assert follower.wait_for(write().seq, SECONDS)
    assert "tries again" in caplog.text
    assert follower.take_snapshot().searcher.num_docs == 1


def test_index_that_cannot_be_opened_answers_that_it_is_behind(engine, tmp_path, monkeypatch):
    monkeypatch.setattr("app.index.follower.OPEN_SECONDS", 0.05)
    (tmp_path / "file").touch()
    follower = index.Follower(engine, tmp_path / "file")
    follower.start()
    with pytest.raises(index.follower.IndexBehind):
        follower.take_snapshot()
    assert follower.seq == 0
    follower.stop()


def test_rebuild_without_a_server(write, engine, folder):
    write()
    assert index.rebuild(engine, folder) == "The search index was built anew: 1 articles, up to change 1."
    assert index.check(engine, folder) == []


def test_rebuild_while_a_server_runs(start, write, engine, folder):
    follower = start()
    article = write()
    reach(follower, article.seq)
    writer_less = open_index(find_folder(folder))
    assert find_writer(writer_less) is None
    assert "1 articles" in index.rebuild(engine, folder)
    assert find(follower.take_snapshot(), "harbour") == [article.id]
    wait_until(lambda: follower.is_writer)


def test_stopped_rebuild_leaves_the_index_as_it_was(write, engine, folder):
    write()
    index.catch_up_once(engine, folder)
    path = find_folder(folder)
    stopping = following.Event()
    stopping.set()
    before = json.loads((path / "position.json").read_text())
    assert not following.build_anew(engine, folder=path, stopping=stopping, meanwhile=lambda: None)
    assert json.loads((path / "position.json").read_text()) == before
    assert [made.name for made in folder.iterdir()] == [path.name]
    assert index.check(engine, folder) == []


def test_writes_are_found_while_the_index_is_built_anew(start, write, engine, folder, monkeypatch):
    monkeypatch.setattr(following, "BATCH", 2)
    monkeypatch.setattr(following, "MEANWHILE_EVERY", 2)
    for number in range(7):
        write(str(number))
    follower = start()
    reach(follower, 7)
    before = read_position(find_folder(folder)).index
    found = []
    real = following._write_some

    def write_some(*arguments, **named):
        if named["limit"] == 2 and len(found) < 3:
            article = write("Tunnel", "A tunnel.")
            follow_now()
            found.append(find(follower.take_snapshot(), "tunnel")[-1] == article.id)
        return real(*arguments, **named)

    follow_now = lambda: None  # noqa: E731
    build = following.build_anew

    def build_anew(*arguments, meanwhile, **named):
        nonlocal follow_now
        follow_now = meanwhile
        return build(*arguments, meanwhile=meanwhile, **named)

    monkeypatch.setattr(following, "_write_some", write_some)
    monkeypatch.setattr("app.index.follower.build_anew", build_anew)
    assert "10 articles" in index.rebuild(engine, folder)
    assert found == [True, True, True]
    wait_until(lambda: follower.seq == 10 and index.check(engine, folder) == [])
    assert find(follower.take_snapshot(), "tunnel") == [8, 9, 10]
    assert read_position(find_folder(folder)).index != before


def test_index_that_is_far_behind_is_replaced_without_being_brought_up(write, engine, folder, monkeypatch):
    monkeypatch.setattr("app.index.follower.COMMIT_EVERY", 2)
    for _ in range(3):
        write()
    positions = []
    build = following.build_anew

    def build_anew(*arguments, folder, meanwhile, **named):
        meanwhile()
        positions.append(read_position(folder).seq)
        return build(*arguments, folder=folder, meanwhile=meanwhile, **named)

    monkeypatch.setattr("app.index.follower.build_anew", build_anew)
    assert "3 articles, up to change 3" in index.rebuild(engine, folder)
    assert positions == [0]
    assert index.check(engine, folder) == []


def test_lag_counts_what_searches_do_not_see(start, write):
    follower = start()
    reach(follower, write().seq)
    assert (follower.lag(1), follower.lag(4), follower.lag(0)) == (0, 3, 0)


def test_check_finds_differences(write, engine, folder):
    assert index.check(engine, folder) == []
    articles = [write(str(n), f"body {n}") for n in range(4)]
    assert index.check(engine, folder) == ["there is no search index that can be read"]
    index.catch_up_once(engine, folder)
    assert index.check(engine, folder) == []

    opened = open_index(find_folder(folder))
    writer = find_writer(opened)
    writer.delete_documents_by_term("id", articles[0].id)
    for article_id, seq in ((articles[1].id, 999), (77, 1), (articles[2].id, articles[2].seq)):
        if article_id == articles[1].id:
            writer.delete_documents_by_term("id", article_id)
        document = tantivy.Document()
        document.add_integer("id", article_id)
        document.add_integer("seq", seq)
        writer.add_document(document)
    writer.commit()
    del writer
    write()
    assert index.check(engine, folder) == [
        "1 articles are not in the search index: 1",
        "1 articles are in the search index in another version: 2",
        "1 articles are in the search index but not in the store: 77",
        "1 articles are more than once in the search index",
        "the search index has not followed the last 1 changes yet",
    ]
