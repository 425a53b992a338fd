"""Long texts posted by themselves: cleaned beside the server, told of in full, and cut off in time."""

import pytest
from fastapi.testclient import TestClient

from app.database import make_engine, write_session
from app.errors import Problem
from app.ingest import cleaners
from app.keys import Scope, create_key
from app.main import create_app

PLAIN = {"Content-Type": "text/plain"}
PROSE = "\n\n".join(
    f"The council said on Monday that bridge {n} over the river would be repaired." for n in range(1500)
)
LINKS = "Share\nHome\nNews\n" * 8000
# A child in which one text meets an expression that never ends, and which has little patience.
SLOW = """
import re
from app.ingest import cleaners
cleaners.CPU_SECONDS = 2.5
prepare_text = cleaners.prepare_text
cleaners.prepare_text = lambda text: (
    re.match("(a+)+b", "a" * 99 * text.raw.count("poison")) or prepare_text(text))
cleaners.main()
"""


@pytest.fixture(scope="module")
def client(new_store, tmp_path_factory):
    """An application whose children are slow with one text."""
    with (
        new_store("sqlite", tmp_path_factory.mktemp("long")) as settings,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(cleaners, "CHILD", ("-c", SLOW))
        engine = make_engine(settings)
        with write_session(engine) as session:
            auth = {"Authorization": f"Bearer {create_key(session, Scope.WRITE)[1]}"}
        engine.dispose()
        with TestClient(create_app(settings), headers=auth) as running:
            yield running


def post(client, text, path="/v1/ingest"):
    assert len(text) > cleaners.LONG_TEXT
    return client.post(path, content=text, headers=PLAIN)


def count_articles(client):
    return len(client.get("/v1/articles").json()["items"])


def test_long_text_becomes_an_article(client):
    article = post(client, PROSE).json()
    assert article["body"] == PROSE
    assert post(client, PROSE).status_code == 200, "the same text again is the same article"
    recleaned = client.post(f"/v1/articles/{article['id']}/reclean", params={"dry_run": True})
    assert recleaned.json()["fields"] == []


def test_long_text_without_an_article_is_refused_with_its_ledger(client):
    response = post(client, LINKS[:120_000].replace("\n", " ") + "\n" + "Share\n" * 20, "/v1/clean")
    assert response.status_code == 422
    assert response.json()["code"] == "no-article-found"
    assert response.json()["ledger"][-1]["reason"] == "share-links"


def test_cleaning_that_takes_too_long_is_cut_off(client):
    before = count_articles(client)
    response = post(client, PROSE + "\n\npoison")
    assert (response.status_code, Problem.model_validate(response.json()).code) == (503, "cleaning-failed")
    assert response.headers["Retry-After"]
    assert count_articles(client) == before
    assert post(client, PROSE, "/v1/clean").status_code == 200, "the next one has a child of its own"


def test_so_many_long_texts_at_a_time_and_no_more(client, monkeypatch):
    monkeypatch.setattr(client.app.state.cleaners._long, "_value", 0)
    response = post(client, PROSE, "/v1/clean")
    assert (response.status_code, response.json()["code"]) == (503, "cleaning-busy")
    assert response.headers["Retry-After"]
    short = client.post("/v1/clean", content=PROSE[:1000], headers=PLAIN)
    assert short.status_code == 200
