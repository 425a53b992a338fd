"""Versions of an article and what differs between them."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.articles.diffs import MAX_COMPARED, diff_contents, diff_texts
from app.articles.shapes import ArticleContent

PARAGRAPHS = st.lists(st.sampled_from(["a", "b", "c", "a\nb", "", " "]), max_size=12)
TEXTS = st.none() | PARAGRAPHS.filter(bool).map("\n\n".join)
VALUES = st.none() | st.sampled_from(["x", "y"]) | st.lists(st.integers(0, 2), max_size=2)
CONTENTS = st.fixed_dictionaries(
    {name: TEXTS if name in ("body", "standfirst") else VALUES for name in ArticleContent.model_fields}
)
# 2 MiB of body hold so many paragraphs of 20 characters.
HOSTILE = 100_000


def match(article: dict[str, Any]) -> dict[str, str]:
    return {"If-Match": f'"{article["id"]}-{article["version"]}"'}


@pytest.fixture
def patch(client):
    """Change an article and return its JSON."""

    def change(article: dict[str, Any], **fields: Any) -> dict[str, Any]:
        response = client.patch(f"/v1/articles/{article['id']}", json=fields, headers=match(article))
        assert response.status_code == 200, response.text
        return response.json()

    return change


def apply(parts: list[tuple[str, str]], *, side: str) -> str | None:
    """Put a text together again from its parts: `removed` is the side before, `added` the side after."""
    kept = [text for op, text in parts if op in ("equal", side)]
    return "\n\n".join(kept) if kept else None


def test_versions_tell_how_they_came_to_be(client, make_article, patch):
    first = make_article()
    second = patch(first, headline="Bridge opens", tags=["bridges"])
    path = f"/v1/articles/{first['id']}"
    put = client.put(path, json={"headline": "Bridge opens", "body": "Open."}, headers=match(second)).json()
    versions = client.get(f"{path}/versions").json()
    assert versions == {
        "items": [
            {
                "version": number,
                "kind": kind,
                "fields": fields,
                "status": "usable",
                "headline": text["headline"],
                "word_count": text["word_count"],
                "updated_at": text["updated_at"],
            }
            for number, kind, fields, text in (
                (3, "updated", ["tags", "body"], put),
                (2, "updated", ["headline", "tags"], second),
                (1, "created", [], first),
            )
        ],
        "next": None,
    }


def test_versions_come_in_pages(client, make_article, patch):
    article = make_article()
    for number in range(6):
        article = patch(article, headline=f"Headline {number}")
    path = f"/v1/articles/{article['id']}/versions"
    seen, cursor = [], None
    while True:
        page = client.get(path, params={"limit": 3, **({"cursor": cursor} if cursor else {})})
        seen.append([item["version"] for item in page.json()["items"]])
        cursor = page.json()["next"]
        assert ("Link" in page.headers) == (cursor is not None)
        if cursor is None:
            break
    assert seen == [[7, 6, 5], [4, 3, 2], [1]]
    other = make_article(body="Other.")
    first_page = client.get(path, params={"limit": 3}).json()["next"]
    wrong = client.get(f"/v1/articles/{other['id']}/versions", params={"cursor": first_page})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid-cursor")


def test_versions_are_not_modified_for_who_has_them(client, make_article):
    path = f"/v1/articles/{make_article()['id']}/versions"
    etag = client.get(path).headers["ETag"]
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304


def test_diff_shows_the_last_change(client, make_article, patch):
    first = make_article(body="One.\n\nTwo.\n\nThree.\n\nFour.")
    changed = {
        "headline": "Bridge opens",
        "body": "One.\n\nTwo!\n\nThree.\n\nFour.\n\nFive.",
        "section": "City",
    }
    patch(first, **changed)
    path = f"/v1/articles/{first['id']}/diff"
    diff = client.get(path).json()
    body_parts = [
        ("equal", "One."),
        ("removed", "Two."),
        ("added", "Two!"),
        ("equal", "Three.\n\nFour."),
        ("added", "Five."),
    ]
    assert diff == {
        "article_id": first["id"],
        "from": 1,
        "to": 2,
        "fields": [
            {"field": "headline", "before": "Bridge reopens", "after": "Bridge opens", "parts": None},
            {"field": "section", "before": None, "after": "City", "parts": None},
            {
                "field": "body",
                "before": None,
                "after": None,
                "parts": [{"op": op, "text": text} for op, text in body_parts],
            },
        ],
    }
    back = client.get(path, params={"from": 2, "to": 1}).json()
    assert (back["from"], back["to"], back["fields"][0]["after"]) == (2, 1, "Bridge reopens")


def test_diff_between_any_two_versions(client, make_article, patch):
    article = first = make_article()
    for number in range(3):
        article = patch(article, headline=f"Headline {number}")
    patch(article, headline=first["headline"], kicker="Harbour")
    path = f"/v1/articles/{first['id']}/diff"
    assert [each["field"] for each in client.get(path, params={"from": 1}).json()["fields"]] == ["kicker"]
    assert client.get(path, params={"from": 3, "to": 3}).json()["fields"] == []
    assert client.get(path, params={"to": 3}).json()["from"] == 2


def test_diff_of_an_article_with_one_version_is_empty(client, make_article):
    diff = client.get(f"/v1/articles/{make_article()['id']}/diff").json()
    assert (diff["from"], diff["to"], diff["fields"]) == (1, 1, [])


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"from": 9}, 404),
        ({"to": 9}, 404),
        ({"to": 2**63 - 1}, 404),
        ({"from": 0}, 400),
        ({"to": 2**63}, 400),
        ({"from": "x"}, 400),
        ({"form": 1}, 400),
    ],
)
def test_diff_of_a_version_that_is_not_there_is_refused(client, make_article, params, status):
    assert client.get(f"/v1/articles/{make_article()['id']}/diff", params=params).status_code == status


@pytest.mark.parametrize("address", ["", "/versions", "/versions/1", "/diff"])
def test_versions_of_nothing_are_not_found(client, make_article, address):
    assert client.get(f"/v1/articles/99{address}").status_code == 404
    article = make_article()
    client.delete(f"/v1/articles/{article['id']}", headers=match(article))
    assert client.get(f"/v1/articles/{article['id']}{address}").status_code == 410


@given(TEXTS, TEXTS)
def test_diff_applied_to_a_text_gives_the_other(before, after):
    parts = diff_texts(before, after)
    assert apply(parts, side="removed") == before
    assert apply(parts, side="added") == after
    if before == after:
        assert {op for op, _ in parts} <= {"equal"}


@given(CONTENTS, CONTENTS)
def test_diff_applied_to_a_content_gives_the_other(before, after):
    applied = dict(before)
    for field in diff_contents(before, after):
        parts = field["parts"]
        if parts is not None:
            applied[field["field"]] = apply([(part["op"], part["text"]) for part in parts], side="added")
        else:
            assert field["before"] == before[field["field"]]
            applied[field["field"]] = field["after"]
    assert applied == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([f"paragraph {n}" for n in range(HOSTILE)], [f"paragraph {n}" for n in range(HOSTILE, 0, -1)]),
        (["a", "b"] * (HOSTILE // 2), ["b", "a"] * (HOSTILE // 2)),
        (["same", "old"] * (HOSTILE // 2), ["new"] + ["same"] * (HOSTILE - 1)),
        ([""] * HOSTILE, [""] * (HOSTILE - 1)),
        (
            [text for n in range(MAX_COMPARED // 2) for text in (str(n % 61), f"old {n}")],
            [text for n in range(MAX_COMPARED // 2) for text in (str(n % 61), f"new {n}")],
        ),
    ],
)
def test_diff_of_hostile_texts_takes_bounded_time_and_space(before, after):
    old, new = "\n\n".join(before), "\n\n".join(after)
    started = time.process_time()
    parts = diff_texts(old, new)
    assert time.process_time() - started < 2
    assert (apply(parts, side="removed"), apply(parts, side="added")) == (old, new)
    assert len(parts) <= 2 * MAX_COMPARED + 2
    assert sum(len(text) for _, text in parts) <= len(old) + len(new)


def test_one_change_in_a_long_text_is_found():
    before = [f"paragraph {n}" for n in range(HOSTILE)]
    after = [*before[:50_000], "inserted", *before[50_000:]]
    parts = diff_texts("\n\n".join(before), "\n\n".join(after))
    assert [op for op, _ in parts] == ["equal", "added", "equal"]
    assert parts[1][1] == "inserted"
