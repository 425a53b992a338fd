"""Stories: which texts are copies, who leads, what writers decide, and that nothing comes apart."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

import orjson
import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, text
from sqlmodel import SQLModel, select

from app.articles.queries import get_article
from app.articles.rows import prepare_article
from app.articles.shapes import ArticleContent, Status
from app.articles.writes import create_article, delete_article, read_content, show_row, update_article
from app.database import make_engine, read_session, write_session
from app.store_checks import check_store
from app.stories import membership
from app.stories.membership import join_stories, list_members, split_story
from app.stories.placing import place_articles, read_newcomer
from app.stories.rebuilding import list_stored, place_stored
from app.stories.sketches import FEWEST, MOST, SHINGLE, sketch_words
from app.stories.texts import Text
from app.tables import Article, ArticleShingle, Story

PARAGRAPHS = (
    "The ferry to the outer islands will sail again on Tuesday after four months of repairs, the harbour"
    " office of Helsinki said, ending a winter in which supplies had to come by helicopter twice a week.",
    "Divers replaced 11 of the 32 blades of the bow thruster in February, and the hull was painted against"
    " the ice that had scraped it for nearly thirty years, said Aino Lehto, who led the works at the yard.",
    "The repairs cost 2.4 million euros, of which the city pays two thirds and the islands the rest, in six"
    " yearly parts that begin next spring, according to the contract that the council signed in October.",
    "Shopkeepers on the islands welcomed the news with relief, since the ice road had melted in the middle of"
    " March, three weeks earlier than usual, and their shelves had been half empty ever since.",
    "Three crossings a day are planned until June and six a day in the summer months, with a late boat on"
    " Fridays for those who work in town and want to spend the weekend at home.",
)
STORY = "\n\n".join(PARAGRAPHS)
MARKET = (
    "Stocks closed {how} on the Helsinki exchange on {day}, with the general index {index} points at {close}"
    " after {volume} million shares changed hands, brokers said. The forestry index ended at {forest} and the"
    " engineering index at {engines}. Trading was quiet ahead of the monthly figures, dealers at the main"
    " houses said, and foreign buyers stayed away for the most part of the session."
)
MONDAY = MARKET.format(
    how="higher", day="Monday", index="up 12.4", close="3,120.8", volume="41", forest="911.2", engines="604.7"
)
TUESDAY = MARKET.format(
    how="lower",
    day="Tuesday",
    index="down 8.1",
    close="3,112.7",
    volume="38",
    forest="902.5",
    engines="611.3",
)
CJK = (
    "赫尔辛基外岛的渡轮经过四个月的维修之后将于星期二恢复航行"
    "港务局星期一表示整个冬天物资每周只能由直升机运送两次"
)

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def make(make_article: Make) -> Make:
    """Store an article of its own headline."""

    def store(body: str, headline: str = "Ferry sails again", **over: Any) -> dict[str, Any]:
        return make_article(headline=headline, body=body, **over)

    return store


def read(client: TestClient, article_id: int) -> dict[str, Any]:
    return client.get(f"/v1/articles/{article_id}").json()


def list_ids(client: TestClient, path: str = "/v1/articles", **params: Any) -> list[int]:
    return sorted(item["id"] for item in client.get(path, params=params).json()["items"])


def patch(client: TestClient, article_id: int, **changes: Any) -> dict[str, Any]:
    response = client.patch(f"/v1/articles/{article_id}", json=changes, headers={"If-Match": "*"})
    assert response.status_code == 200, response.text
    return response.json()


OTHER_DAY = {"11": "14", "32": "36", "2.4": "3.1", "Lehto": "Salo", "Three": "Nine", "Helsinki": "Turku",
             "October": "January", "February": "December", "Tuesday": "Friday"}  # fmt: skip
IN_THE_MOULD = STORY
for old, new in OTHER_DAY.items():
    IN_THE_MOULD = IN_THE_MOULD.replace(old, new)
VERDICTS = {
    "cut": (STORY, "\n\n".join(PARAGRAPHS[:2]), True),
    "moved": (STORY, "\n\n".join([*PARAGRAPHS[3:], *PARAGRAPHS[:3]]), True),
    "corrected": (
        STORY,
        STORY.replace("2.4 million", "2.6 mln").replace("said, ending", "said. It ends"),
        True,
    ),
    "boilerplate": (STORY, "HELSINKI (AP) -- " + STORY + "\n\nGet our newsletter at seven.", True),
    "longer": (STORY + "\n\n" + MONDAY, STORY, True),
    "chinese": (CJK, CJK[4:] + "当地商店老板对此表示欢迎", True),
    "other day": (MONDAY, TUESDAY, False),
    "mould": (STORY, IN_THE_MOULD, False),
    "background": (STORY, PARAGRAPHS[0] + "\n\n" + MONDAY + "\n\n" + TUESDAY, False),
    "notice": ("Watch the video", "Watch the video", False),
}


def test_verdicts(make, client):
    """All in one store, emptied between the cases: what has been deleted is found no more."""
    verdicts = {}
    for case, (first, second, _) in VERDICTS.items():
        one, other = make(first), make(second, headline="Islands reached anew")
        assert one["story_id"] == one["id"]
        assert (other["duplicate_of"] == one["id"]) == (other["story_id"] == one["story_id"])
        verdicts[case] = other["duplicate_of"] == one["id"]
        for article in (one, other):
            client.delete(f"/v1/articles/{article['id']}", headers={"If-Match": "*"})
    assert verdicts == {case: expected for case, (_, _, expected) in VERDICTS.items()}


def test_ingestion_tells_what_matched(client, page):
    def post(raw: str, **params: str) -> Any:
        return client.post("/v1/ingest", content=raw, params=params, headers={"Content-Type": "text/plain"})

    alone = post(page, explain="true").json()
    assert (alone["duplicate"], alone["duplicate_of"]) == (None, None)
    told = post(page.replace("winter repairs", "long repairs"), explain="true").json()["duplicate"]
    assert told == {"article_id": alone["id"], "method": "exact", "similarity": 1.0, "differs": []}
    changed = page.replace("Three of the eleven", "4 of the eleven").replace("until June", "until May")
    near = post(changed, explain="true").json()
    assert (near["duplicate_of"], near["duplicate"]["article_id"]) == (alone["id"], alone["id"])
    assert near["duplicate"]["method"] == "near"
    assert 0.5 < near["duplicate"]["similarity"] < 1
    assert {"kind": "name", "here": "May", "there": "June"} in near["duplicate"]["differs"]
    refused = post(changed.replace("deck", "roadway"), on_duplicate="reject")
    problem = refused.json()
    assert (refused.status_code, problem["code"], problem["method"]) == (409, "duplicate-article", "near")
    assert problem["article_id"] == near["id"]
    assert problem["differs"] == [{"kind": "wording", "here": "roadway", "there": "deck"}]
    assert client.get(f"/v1/stories/{alone['id']}").json()["size"] == 3


def test_whole_text_joins_the_stories_of_its_parts(make, client, engine):
    seq = make("Rain is expected in the north by the evening.", "Weather")["seq"]
    parts = [make("\n\n".join(PARAGRAPHS[:2]), agency="AP"), make("\n\n".join(PARAGRAPHS[2:]), agency="dpa")]
    assert [part["duplicate_of"] for part in parts] == [None, None]
    etag = client.get(f"/v1/articles/{parts[1]['id']}").headers["ETag"]
    whole = make(STORY)
    first, second = parts[0]["id"], parts[1]["id"]
    assert (whole["story_id"], whole["duplicate_of"]) == (first, first)
    moved = read(client, second)
    assert (moved["story_id"], moved["duplicate_of"], moved["version"]) == (first, first, 1)
    changes = client.get("/v1/changes", params={"since": seq, "kind": "merged"}).json()["items"]
    assert [(item["article_id"], item["fields"]) for item in changes] == [
        (second, ["story_id", "duplicate_of"])
    ]
    # Another place in the stories is another representation, but the text that may be changed is the same.
    assert client.get(f"/v1/articles/{second}", headers={"If-None-Match": etag}).status_code == 200
    changed = client.patch(f"/v1/articles/{second}", json={"section": "Sea"}, headers={"If-Match": etag})
    assert changed.status_code == 200
    newest = changed.json()["seq"]
    for path, over in (("/v1/articles", {}), ("/v1/search", {"q": "ferry OR crossings", "min_seq": newest})):
        assert list_ids(client, path, duplicates="only", **over) == [second, whole["id"]]
        assert first in list_ids(client, path, duplicates="collapse", **over)
    story = client.get(f"/v1/stories/{first}").json()
    assert (story["size"], story["lead"]["id"], story["agencies"]) == (3, first, ["AP", "dpa"])
    assert [item["id"] for item in story["articles"]] == [first, second, whole["id"]]
    copies = client.get(f"/v1/articles/{first}/duplicates").json()["items"]
    assert [(item["article"]["id"], item["method"]) for item in copies] == [
        (second, "linked"),
        (whole["id"], "near"),
    ]
    assert check_store(engine) == []


def test_lead_passes_on_and_withheld_articles_are_not_told_of(make, client, engine):
    first, second, third = (make(STORY, name)["id"] for name in ("One", "Two", "Three"))
    patch(client, first, status="withheld")
    assert [read(client, number)["duplicate_of"] for number in (first, second, third)] == [None, None, second]
    reader = TestClient(client.app)  # without a key
    story = reader.get(f"/v1/stories/{first}").json()
    assert (story["lead"]["id"], story["size"]) == (second, 2)
    told = reader.get(f"/v1/articles/{third}/duplicates").json()["items"]
    assert [item["article"]["id"] for item in told] == [second]
    assert list_ids(reader, duplicates="collapse") == [second]
    assert reader.get(f"/v1/articles/{first}/duplicates").status_code == 403
    patch(client, second, status="canceled")
    assert read(client, second)["duplicate_of"] == third
    patch(client, first, status="usable")
    assert [read(client, number)["duplicate_of"] for number in (first, second, third)] == [None, first, first]
    client.delete(f"/v1/articles/{first}", headers={"If-Match": "*"})
    assert read(client, second)["duplicate_of"] == third
    assert client.get(f"/v1/stories/{first}").json()["size"] == 2
    client.delete(f"/v1/articles/{third}", headers={"If-Match": "*"})
    assert (read(client, second)["duplicate_of"], client.get("/v1/stories").json()["items"]) == (None, [])
    assert check_store(engine) == []


def test_copy_leaves_a_story_without_its_members_being_read(make, client, engine):
    """Of a story of thousands, reading them costs seconds."""
    first, second, third, last = (make(STORY, name)["id"] for name in ("One", "Two", "Three", "Four"))
    statements = []
    event.listen(
        client.app.state.engine,
        "before_cursor_execute",
        lambda *seen: statements.append(" ".join(seen[2].split())),
    )
    members = " ".join(str(membership._MEMBERS).split()).partition(" WHERE ")[0]
    client.delete(f"/v1/articles/{second}", headers={"If-Match": "*"})
    patch(client, third, body="Rain is expected in the north of the country by the evening.")
    assert statements
    assert not any(each.startswith(members) for each in statements)
    story = client.get(f"/v1/stories/{first}").json()
    assert (story["lead"]["id"], story["size"]) == (first, 2)
    assert read(client, last)["duplicate_of"] == first
    client.delete(f"/v1/articles/{last}", headers={"If-Match": "*"})  # which ends the story
    assert any(each.startswith(members) for each in statements)
    assert client.get("/v1/stories").json()["items"] == []
    assert check_store(engine) == []


def test_edited_text_leaves_its_story_or_joins_one(make, client, engine):
    first, second, other = make(STORY), make(STORY, "Two"), make(MONDAY, "Stocks")
    stayed = patch(client, second["id"], body=STORY.replace("relief", "joy"))
    assert stayed["duplicate_of"] == first["id"]
    moved = patch(client, second["id"], body=MONDAY.replace("quiet", "calm"))
    assert (moved["duplicate_of"], moved["story_id"]) == (None, other["story_id"])
    assert read(client, other["id"])["duplicate_of"] == second["id"]  # which was stored earlier
    alone = patch(client, second["id"], body="Rain is expected in the north of the country by the evening.")
    assert alone["duplicate_of"] is None
    assert alone["story_id"] not in (first["story_id"], other["story_id"])
    assert patch(client, second["id"], body="Snow, then.")["story_id"] == alone["story_id"]
    # What is looked up is the new text, not the old one.
    assert make(MONDAY.replace("quiet", "calm"))["duplicate_of"] == other["id"]
    assert check_store(engine) == []


def test_machine_does_not_undo_what_a_writer_decided(make, client, engine):
    first, second, third = (make(STORY, name)["id"] for name in ("One", "Two", "Three"))
    other = make(MONDAY, "Stocks")["id"]
    story = client.get(f"/v1/stories/{first}")
    stale = client.post(
        f"/v1/stories/{first}/split", json={"article_ids": [second]}, headers={"If-Match": '"old"'}
    )
    assert (stale.status_code, stale.json()["code"]) == (412, "stale-version")
    split = client.post(
        f"/v1/stories/{first}/split",
        json={"article_ids": [second]},
        headers={"If-Match": story.headers["ETag"]},
    )
    taken = split.json()
    assert (split.status_code, taken["size"], taken["settled"]) == (200, 1, True)
    assert read(client, second)["duplicate_of"] is None
    fourth = make(STORY, "Four")  # a copy of both: it joins one of them, and does not join them
    assert fourth["story_id"] == first
    assert client.get(f"/v1/stories/{taken['id']}").json()["size"] == 1
    joined = client.post(f"/v1/stories/{first}/join", json={"story_ids": [other]}).json()
    assert (joined["id"], joined["size"], joined["settled"]) == (first, 4, True)
    assert patch(client, other, body="Something else altogether is said here now.")["story_id"] == first
    assert read(client, third)["duplicate_of"] == first
    assert check_store(engine) == []
    undone = client.post(f"/v1/stories/{first}/join", json={"story_ids": [taken["id"]]}).json()
    assert undone["size"] == 5
    assert client.get(f"/v1/stories/{taken['id']}").status_code == 404


def test_impossible_changes_are_refused(make, client):
    assert make(STORY)["id"] == 1
    assert make(STORY, "Two")["duplicate_of"] == 1
    for action, payload in (
        ("split", {"article_ids": [999]}),
        ("split", {"article_ids": [1, 2]}),
        ("split", {"article_ids": []}),
        ("split", {"article_ids": ["1"]}),
        ("join", {"story_ids": [999]}),
        ("join", {"story_ids": [2**63]}),
        ("join", {"story_ids": [1], "force": True}),
    ):
        refused = client.post(f"/v1/stories/1/{action}", json=payload)
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid-payload"), payload
    assert client.get("/v1/stories/1").json()["size"] == 2
    absent = client.post("/v1/stories/77/join", json={"story_ids": [1]})
    assert (absent.status_code, absent.json()["code"]) == (404, "not-found")


def test_stories_are_listed_and_paged(make, client):
    bodies = (STORY, MONDAY, "Rain is expected in the north of the country by the evening, the office said.")
    for count, body in enumerate(bodies, start=2):
        for number in range(count):
            make(
                body,
                f"{number}",
                agency=("AP", "dpa", "AFP")[count - 2],
                source={"domain": f"{count}.example"},
            )
    make("Nobody else tells of this.", "Alone")
    by_size = client.get("/v1/stories", params={"sort": "size"}).json()["items"]
    assert [item["size"] for item in by_size] == [4, 3, 2]
    for sort, expected in (("newest", [4, 3, 2]), ("oldest", [2, 3, 4]), ("size", [4, 3, 2])):
        sizes, cursor = [], None
        while cursor or not sizes:
            page = client.get("/v1/stories", params={"sort": sort, "limit": 1, "cursor": cursor} if cursor
                              else {"sort": sort, "limit": 1}).json()  # fmt: skip
            sizes += [item["size"] for item in page["items"]]
            cursor = page["next"]
        assert sizes == expected
    for params, expected in (
        ({"size_min": 3}, [4, 3]),
        ({"agency": "AP"}, [2]),
        ({"domain": ["3.example", "4.example"]}, [4, 3]),
        ({"language": "fi"}, []),
        ({"to": "2001"}, []),
        ({"from": "2001"}, [4, 3, 2]),
    ):
        found = client.get("/v1/stories", params={**params, "sort": "size"}).json()["items"]
        assert [item["size"] for item in found] == expected
    assert client.get("/v1/stories", params={"cursor": "nonsense"}).json()["code"] == "invalid-cursor"
    assert client.get("/v1/stories", params={"agencies": "AP"}).json()["code"] == "unknown-parameter"


def test_related_articles_are_of_other_stories(make, client):
    subject = make(STORY)
    make("\n\n".join(PARAGRAPHS[1:]), "Its copy")
    near = make(
        "Islanders want a second ferry, since the harbour of Helsinki freezes and the thruster of the old one"
        " fails each winter. Shopkeepers and the council disagree about the repairs.",
        "Second ferry for the islands asked for",
    )
    newest = make(MONDAY, "Stocks")["seq"]
    client.get("/v1/search", params={"q": "ferry", "min_seq": newest})
    items = client.get(f"/v1/articles/{subject['id']}/related").json()["items"]
    assert [item["id"] for item in items] == [near["id"]]
    assert 0 < items[0]["score"] < 1


def test_copies_posted_at_once_are_one_story(settings):
    barrier = threading.Barrier(4)
    engines = [make_engine(settings) for _ in range(4)]

    def store(number: int, engine: Engine) -> None:
        barrier.wait()
        for body in (STORY, MONDAY):
            with write_session(engine) as session:
                create_article(session, ArticleContent(headline=f"{number}", body=f"{body}\n\nBy {number}."))

    threads = [threading.Thread(target=store, args=(number, engine)) for number, engine in enumerate(engines)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with read_session(engines[0]) as session:
        assert sorted(session.exec(select(Story.size))) == [4, 4]
    assert check_store(engines[0]) == []
    for engine in engines:
        engine.dispose()


def test_articles_that_are_stored_together_find_each_other(engine):
    bodies = (
        "\n\n".join(PARAGRAPHS[:2]),
        MONDAY,
        "\n\n".join(PARAGRAPHS[2:]),
        STORY,
        TUESDAY,
        MONDAY + " Amen.",
    )
    with write_session(engine) as session:
        now = datetime.now(UTC)
        articles = [
            show_row(prepare_article(ArticleContent(headline="h", body=body)), number, now)
            for number, body in enumerate(bodies, start=1)
        ]
        places = place_articles(session, [read_newcomer(article) for article in articles])
        found = [(place.member.story_id, place.member.duplicate_of) for place in places]
        # The fourth is a copy of the first and the third, which are one story since it came.
        assert found == [(1, None), (2, None), (1, 1), (1, 1), (5, None), (2, 2)]
        stories = (
            session.connection().execute(text("SELECT id, lead_id, size FROM stories ORDER BY id")).all()
        )
        assert [tuple(row) for row in stories] == [(1, 1, 3), (2, 2, 2)]


def test_stored_articles_are_looked_up_by_command(make, engine):
    for body in (STORY, "\n\n".join(PARAGRAPHS[:3]), MONDAY, "\n\n".join(PARAGRAPHS[2:]), TUESDAY):
        make(body)
    with write_session(engine) as session:  # as an older version has left them
        for statement in (
            "DELETE FROM article_shingles",
            "DELETE FROM stories",
            "UPDATE articles SET story_id = id, duplicate_of = NULL",
        ):
            session.connection().execute(text(statement))
    for _ in range(2):
        with write_session(engine) as session:
            assert place_stored(session, list_stored(session)) == 2
        with read_session(engine) as session:
            assert [(story.lead_id, story.size) for story in session.exec(select(Story))] == [(1, 3)]
            assert session.exec(select(ArticleShingle)).first() is not None
    assert check_store(engine) == []


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE stories SET size = 7", "count other articles"),
        ("UPDATE stories SET lead_id = 3", "have a lead that is not theirs"),
        ("DELETE FROM stories", "have no row"),
        ("UPDATE articles SET story_id = NULL WHERE id = 3", "have no story"),
        ("UPDATE articles SET duplicate_of = 3 WHERE id = 2", "not the lead of their story"),
        ("UPDATE articles SET duplicate_of = NULL WHERE id = 2", "as if they led it"),
        ("UPDATE articles SET deleted_at = created_at WHERE id = 3", "do not exist but have sketches"),
    ],
)
def test_check_finds_what_is_wrong(make, engine, statement, fault):
    make(STORY), make(STORY, "Two"), make(MONDAY)
    assert check_store(engine) == []
    with write_session(engine) as session:
        session.connection().execute(text(statement))
    assert any(fault in line for line in check_store(engine))


BODIES = (
    STORY,
    "\n\n".join(PARAGRAPHS[:2]),
    "\n\n".join(PARAGRAPHS[2:]),
    MONDAY,
    TUESDAY,
    STORY + MONDAY,
    "Rain.",
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("create", "create", "create", "edit", "status", "delete", "split", "join")),
        st.integers(0, 50),
        st.integers(0, len(BODIES) - 1),
        st.sampled_from(list(Status)),
    ),
    min_size=4,
    max_size=12,
)


def test_no_order_of_writes_breaks_a_story(new_store, tmp_path):
    with new_store("sqlite", tmp_path) as made:
        engine = make_engine(made)

        @given(steps=STEPS)
        @settings(max_examples=12)
        def write(steps: list[tuple[str, int, int, Status]]) -> None:
            with write_session(engine) as session:
                for table in reversed(SQLModel.metadata.sorted_tables):
                    if table.name != "counters":
                        session.connection().execute(table.delete())
            for action, number, body, status in steps:
                with write_session(engine) as session:
                    _take_step(session, action, number, ArticleContent(
                        status=status, headline=f"{number}", body=BODIES[body]
                    ))  # fmt: skip
                assert [fault for fault in check_store(engine) if "numbers" not in fault] == []
                with read_session(engine) as session:
                    for article in session.exec(select(Article).where(Article.deleted_at.is_(None))):
                        served = read_document(article.document)
                        assert served == (article.story_id, article.duplicate_of, article.seq)

        write()
        engine.dispose()


def read_document(document: str) -> tuple[Any, ...]:
    values = orjson.loads(document)
    return values["story_id"], values["duplicate_of"], values["seq"]


def _take_step(session: Any, action: str, number: int, content: ArticleContent) -> None:
    stored = list_stored(session)
    if action == "create" or not stored:
        create_article(session, content)
        return
    article = get_article(session, stored[number % len(stored)])
    stories = sorted({get_article(session, other).story_id for other in stored})
    if action == "edit":
        update_article(session, article, content)
    elif action == "status":
        changed = read_content(article).model_copy(update={"status": content.status})
        update_article(session, article, changed)
    elif action == "delete":
        delete_article(session, article)
    elif action == "split" and len(list_members(session, [article.story_id])) > 1:
        split_story(session, article.story_id, {article.id})
    elif action == "join" and len(stories) > 1:
        join_stories(session, article.story_id, {stories[number % len(stories)]} - {article.story_id})


@given(st.text(max_size=300), st.integers(1, 300))
@settings(max_examples=25)
def test_any_text_has_a_bounded_sketch(written, times):
    words = Text(None, written * times, None).words
    sketch = sketch_words(words)
    assert len(sketch) <= MOST
    assert bool(sketch) == bool(words)
    assert sketch == sorted(set(sketch))
    assert all(-(2**31) <= number < 2**31 for number in sketch)
    shingles = {" ".join(words[n : n + SHINGLE]) for n in range(max(1, len(words) - SHINGLE + 1))} - {""}
    hashes = sorted(crc32(shingle.encode("utf-8", "surrogatepass")) - 2**31 for shingle in shingles)
    assert sketch == hashes[: len(sketch)]
    assert len(sketch) == len(hashes) or len(sketch) >= FEWEST
