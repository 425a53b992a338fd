"""Withheld and canceled articles, and the reason of a deletion."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.keys import Scope

SECRET = "Zanzibarium"
BELOW = ("", "/raw", "/ledger", "/versions", "/versions/1", "/versions/2", "/diff")


def match(article: dict[str, Any]) -> dict[str, str]:
    return {"If-Match": f'"{article["id"]}-{article["version"]}"'}


@pytest.fixture(params=["nobody", "read"])
def reader(request, client, make_key) -> TestClient:
    """A client that may only read: without a key, and with one."""
    return TestClient(client.app, headers=make_key(Scope.READ) if request.param == "read" else {})


@pytest.fixture
def set_status(client):
    """Change an article's status and return its JSON."""

    def change(article: dict[str, Any], status: str | None) -> dict[str, Any]:
        response = client.patch(
            f"/v1/articles/{article['id']}", json={"status": status}, headers=match(article)
        )
        assert response.status_code == 200, response.text
        return response.json()

    return change


@pytest.fixture
def withheld(client, page, set_status) -> dict[str, Any]:
    """An article that was usable and is withheld."""
    raw = page.replace("Harbour", SECRET)
    article = client.post("/v1/ingest", content=raw, headers={"Content-Type": "text/plain"}).json()
    return set_status(article, "withheld")


def test_withheld_article_is_shown_only_to_who_may_write(client, reader, withheld):
    for below in BELOW:
        refused = reader.get(f"/v1/articles/{withheld['id']}{below}")
        assert (refused.status_code, refused.json()["code"]) == (403, "article-withheld"), below
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert SECRET not in refused.text
        assert client.get(f"/v1/articles/{withheld['id']}{below}").status_code == 200, below


def test_withheld_article_is_not_confirmed_by_its_etag(reader, withheld):
    headers = {"If-None-Match": f'"{withheld["id"]}-{withheld["version"]}", *'}
    assert reader.get(f"/v1/articles/{withheld['id']}", headers=headers).status_code == 403


def test_withheld_article_is_in_no_list_that_does_not_ask_for_it(client, reader, withheld, make_article):
    other = make_article()
    for who in (client, reader):
        for params in ({}, {"ids": withheld["id"]}, {"not_status": "canceled"}, {"fields": "body"}):
            response = who.get("/v1/articles", params=params)
            assert response.status_code == 200
            assert SECRET not in response.text
            assert {item["id"] for item in response.json()["items"]} <= {other["id"]}


def test_withheld_articles_are_listed_for_who_may_write_and_asks(client, reader, withheld, make_article):
    other = make_article()
    found = client.get("/v1/articles", params={"status": "withheld"}).json()["items"]
    assert [item["id"] for item in found] == [withheld["id"]]
    both = client.get("/v1/articles", params={"status": ["withheld", "usable"]}).json()["items"]
    assert {item["id"] for item in both} == {withheld["id"], other["id"]}
    refused = reader.get("/v1/articles", params={"status": ["usable", "withheld"]})
    assert (refused.status_code, refused.json()["code"]) == (403, "article-withheld")


def test_withheld_article_is_found_by_no_search(client, reader, withheld):
    for who in (client, reader):
        for params in ({"q": SECRET}, {"q": ""}, {"q": SECRET, "fields": "body"}, {"status": "withheld"}):
            found = who.get("/v1/search", params={**params, "min_seq": withheld["seq"]})
            assert found.status_code == 200, found.text
            assert SECRET not in found.text
            assert found.json()["items"] == []


def test_change_feed_tells_of_the_status_and_not_of_the_text(reader, withheld):
    changes = reader.get("/v1/changes", params={"since": withheld["seq"] - 1})
    assert changes.json()["items"][-1]["fields"] == ["status"]
    assert SECRET not in changes.text


def test_released_article_is_readable_but_its_withheld_version_is_not(client, reader, withheld, set_status):
    released = set_status(withheld, "usable")
    path = f"/v1/articles/{withheld['id']}"
    assert reader.get(path).json() == released
    assert [item["version"] for item in reader.get(f"{path}/versions").json()["items"]] == [3, 1]
    assert [item["status"] for item in client.get(f"{path}/versions").json()["items"]] == [
        "usable",
        "withheld",
        "usable",
    ]
    for address in ("/versions/2", "/diff", "/diff?from=1&to=2"):
        refused = reader.get(path + address)
        assert (refused.status_code, refused.json()["code"]) == (403, "article-withheld"), address
        assert client.get(path + address).status_code == 200
    assert reader.get(f"{path}/diff?from=1&to=3").json()["fields"] == []


def test_article_can_be_made_withheld_from_the_start(reader, make_article):
    article = make_article(status="withheld", headline=SECRET)
    assert reader.get(f"/v1/articles/{article['id']}").status_code == 403


def test_put_without_status_does_not_publish(client, reader, withheld):
    path = f"/v1/articles/{withheld['id']}"
    body = {"headline": "Other", "body": "Other."}
    assert client.put(path, json=body, headers=match(withheld)).json()["status"] == "withheld"
    assert reader.get(path).status_code == 403
    usable = client.put(path, json={**body, "status": "usable"}, headers={"If-Match": "*"}).json()
    assert usable["status"] == "usable"


def test_patch_with_null_gives_the_default_status(withheld, set_status):
    assert set_status(withheld, None)["status"] == "usable"


def test_new_text_of_the_source_does_not_publish(client, reader, page):
    first = client.post("/v1/ingest", json={"raw": page, "external_id": "x"}).json()
    path = f"/v1/articles/{first['id']}"
    client.patch(path, json={"status": "withheld"}, headers=match(first))
    longer = page.replace("Related Articles", f"The works cost nine million euros, {SECRET} said on Tuesday.")
    second = client.post("/v1/ingest", json={"raw": longer, "external_id": "x"}).json()
    assert (second["version"], second["status"]) == (3, "withheld")
    assert reader.get(path).status_code == 403


def test_canceled_article_is_readable_and_says_so(reader, make_article, set_status):
    article = set_status(make_article(), "canceled")
    assert reader.get(f"/v1/articles/{article['id']}").json()["status"] == "canceled"
    assert [item["status"] for item in reader.get("/v1/articles").json()["items"]] == ["canceled"]
    assert reader.get("/v1/articles", params={"not_status": "canceled"}).json()["items"] == []


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (None, None),
        ("", None),
        (" \u200b ", None),
        ("Retracted by the agency", "Retracted by the agency"),
        ("a\u0000b\u202e cafe\u0301 ", "ab café"),
    ],
)
def test_deletion_tells_when_and_why(client, reader, make_article, sent, told):
    article = make_article()
    path = f"/v1/articles/{article['id']}"
    params = {} if sent is None else {"reason": sent}
    assert client.delete(path, params=params, headers=match(article)).status_code == 204
    for below in BELOW:
        gone = reader.get(path + below)
        assert (gone.status_code, gone.json()["code"], gone.json()["reason"]) == (
            410,
            "article-deleted",
            told,
        )
        assert gone.json()["deleted_at"].endswith("Z")


def test_reason_has_a_limit(client, make_article):
    article = make_article()
    path = f"/v1/articles/{article['id']}"
    response = client.delete(path, params={"reason": "x" * 501}, headers=match(article))
    assert (response.status_code, response.json()["code"]) == (400, "invalid-parameter")
    assert client.get(path).status_code == 200


def test_deleted_withheld_article_is_gone(client, reader, withheld):
    client.delete(f"/v1/articles/{withheld['id']}", headers=match(withheld))
    assert reader.get(f"/v1/articles/{withheld['id']}").status_code == 410
