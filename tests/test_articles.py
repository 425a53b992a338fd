"""CRUD of structured articles: versions, conditions, merge patch, tombstones, idempotency."""

import json
from typing import Any

import pytest

from app.keys import Scope

CONTENT: dict[str, Any] = {
    "headline": "Bridge reopens",
    "body": "The bridge reopened on Tuesday.\n\nTraffic flows.",
    "byline": "By Aino Lehto",
    "authors": [{"name": "Aino Lehto"}],
    "dateline": {
        "text": "HELSINKI, May 7 (AP) —",
        "places": [{"name": "Helsinki", "country": "FI"}],
        "date": {"value": "2024-05-07"},
        "agency": "AP",
    },
    "agency": "AP",
    "source": {"name": "Harbour Post", "domain": "harbour.example"},
    "url": "https://harbour.example/bridge",
    "external_id": "hp-1",
    "language": "en",
    "section": "City",
    "tags": ["bridges", "Helsinki"],
    "media": [{"caption": "The bridge.", "credit": "AP"}],
    "metrics": [{"kind": "reads", "value": 12}],
    "published_at": "2024-05-07T12:15:00+03:00",
}
# What differs between two articles that say the same.
DECIDED = ("id", "uri", "seq", "story_id", "duplicate_of", "external_id", "created_at", "updated_at")
WHOLE = b'{"headline": "H", "body": "B"}'


def match(article: dict[str, Any]) -> dict[str, str]:
    return {"If-Match": f'"{article["id"]}-{article["version"]}"'}


def test_time_of_change_is_stored_listed_and_edited(client, make_article):
    article = make_article(**{**CONTENT, "modified_at": "2024-05-08T10:00:00+03:00"})
    changed = {"value": "2024-05-08T07:00:00Z", "precision": "second", "evidence": "caller"}
    assert article["modified_at"] == changed != article["updated_at"]
    assert client.get("/v1/articles").json()["items"][0]["modified_at"] == changed
    lines = client.get("/v1/export?format=csv").text.splitlines()
    header, row = lines[0], lines[-1]  # the body has line breaks
    assert (header.rpartition(",")[2], row.rpartition(",")[2]) == ("modified_at", changed["value"])
    address = f"/v1/articles/{article['id']}"
    patched = client.patch(address, json={"modified_at": None}, headers=match(article))
    assert (patched.json()["modified_at"], patched.json()["version"]) == (None, 2)
    (field,) = client.get(f"{address}/diff?from=1&to=2").json()["fields"]
    assert (field["field"], field["before"], field["after"]) == ("modified_at", changed, None)
    refused = client.patch(address, json={"modified_at": "soon"}, headers=match(patched.json()))
    assert refused.json()["errors"][0]["field"] == "modified_at"


def test_created_article_is_answered_whole(client):
    response = client.post("/v1/articles", json=CONTENT)
    assert response.status_code == 201
    article = response.json()
    assert response.headers["Location"] == f"/v1/articles/{article['id']}"
    assert response.headers["ETag"] == f'"{article["id"]}-1"'
    assert response.headers["Dateline-Seq"] == str(article["seq"])
    assert article["published_at"] == {
        "value": "2024-05-07T09:15:00Z",
        "precision": "second",
        "evidence": "caller",
    }
    assert article["version"] == 1
    assert article["word_count"] == 7
    assert article["cleaning"] is None
    assert article["duplicate_of"] is None
    assert article["dateline"]["places"] == [{"name": "Helsinki", "region": None, "country": "FI"}]
    for name in ("headline", "body", "byline", "agency", "source", "url", "external_id", "section", "tags"):
        assert article[name] == CONTENT[name], name
    assert client.get(response.headers["Location"]).json() == article


def test_article_is_the_same_whichever_way_the_request_takes(client):
    """An Idempotency-Key, a charset, what only a lenient parser reads: none of them is the plain case."""
    answers = [
        client.post("/v1/articles", content=body, headers={"Content-Type": "application/json", **headers})
        for number, (body, headers) in enumerate(
            [
                (json.dumps(CONTENT), {}),
                (json.dumps(CONTENT), {}),
                (json.dumps(CONTENT), {"Idempotency-Key": "one"}),
                (json.dumps(CONTENT), {"Content-Type": "application/json; charset=utf-8"}),
                ("\n" + json.dumps(CONTENT, indent=1), {"Content-Type": "application/merge+json"}),
            ]
        )
        for body in [body.replace("hp-1", f"hp-{number}")]
    ]
    assert [answer.status_code for answer in answers] == [201] * 5
    told = [
        {name: value for name, value in answer.json().items() if name not in DECIDED} for answer in answers
    ]
    assert told[1:] == told[:1] * 4
    assert [answer.json()["external_id"] for answer in answers] == [f"hp-{number}" for number in range(5)]
    assert len({frozenset(answer.headers) for answer in answers}) == 1


@pytest.mark.parametrize(
    ("body", "headers", "path", "expected"),
    [
        (b"{", {}, "", (400, "malformed-request")),
        (b'{"headline": "H", "body": "B", "authors": NaN}', {}, "", (422, "invalid-payload")),
        (b'{"headline": "H", "body": "B", "boddy": "C"}', {}, "", (422, "invalid-payload")),
        (b'{"headline": "H", "body": "<p></p>"}', {}, "", (422, "invalid-payload")),
        (b"[]", {}, "", (422, "invalid-payload")),
        (b"", {}, "", (422, "invalid-payload")),
        (WHOLE, {}, "?dry_run=1", (400, "unknown-parameter")),
        (WHOLE, {"Content-Type": "text/plain"}, "", (415, "unsupported-media-type")),
        (WHOLE, {"Content-Encoding": "br"}, "", (415, "unsupported-media-type")),
        (WHOLE, {"Authorization": "Bearer dl_x_y"}, "", (401, "invalid-key")),
    ],
)  # fmt: skip
def test_wrong_post_is_refused_also_when_the_key_is_known(client, body, headers, path, expected):
    assert client.post("/v1/articles", json=CONTENT).status_code == 201
    headers = {"Content-Type": "application/json", **headers}
    answer = client.post("/v1/articles" + path, content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == expected
    assert len(client.get("/v1/articles").json()["items"]) == 1


def test_key_that_may_only_read_posts_nothing_also_when_it_is_known(client, make_key):
    headers = make_key(Scope.READ)
    for _ in range(2):
        assert client.post("/v1/articles", json=CONTENT, headers=headers).json()["code"] == "scope-missing"


def test_article_is_not_modified_for_who_has_it(client, make_article):
    article = make_article()
    path = f"/v1/articles/{article['id']}"
    etag = client.get(path).headers["ETag"]
    response = client.get(path, headers={"If-None-Match": etag})
    assert (response.status_code, response.content) == (304, b"")
    assert response.headers["ETag"] == etag
    assert client.get(path, headers={"If-None-Match": '"0-0"'}).status_code == 200


def test_view_has_another_etag_than_the_whole(client, make_article):
    path = f"/v1/articles/{make_article()['id']}"
    whole, part = client.get(path), client.get(path, params={"fields": "headline, body"})
    assert part.json() == {"id": 1, "headline": "Bridge reopens", "body": whole.json()["body"]}
    assert whole.headers["ETag"] != part.headers["ETag"]
    assert client.get(path, headers={"If-None-Match": part.headers["ETag"]}).status_code == 200


def test_blocks_of_structured_article_come_from_its_body(client, make_article):
    article = client.get(f"/v1/articles/{make_article()['id']}", params={"include": "blocks"}).json()
    assert article["blocks"] == [
        {"role": "headline", "text": "Bridge reopens", "line": None},
        {"role": "paragraph", "text": "The bridge reopened.", "line": None},
        {"role": "paragraph", "text": "Traffic flows.", "line": None},
    ]


def test_blocks_say_once_what_is_standfirst_and_opening(client, make_article):
    own, opening = "Traffic flows again.", "The bridge reopened."
    for standfirst, count in ((own, 4), (opening, 3)):
        path = f"/v1/articles/{make_article(standfirst=standfirst)['id']}"
        blocks = client.get(path, params={"include": "blocks"}).json()["blocks"]
        assert [block["text"] for block in blocks].count(standfirst) == 1
        assert len(blocks) == count


def test_unknown_field_name_is_refused(client, make_article):
    response = client.get(f"/v1/articles/{make_article()['id']}", params={"fields": "headline,password"})
    assert (response.status_code, response.json()["code"]) == (400, "invalid-parameter")
    assert "password" not in response.text


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_change_needs_the_version_that_was_seen(client, make_article, method):
    article = make_article()
    path = f"/v1/articles/{article['id']}"
    body: dict[str, Any] = {} if method == "delete" else {"json": {"headline": "x", "body": "y"}}
    missing = client.request(method, path, **body)
    assert (missing.status_code, missing.json()["code"]) == (428, "if-match-required")
    stale = client.request(method, path, headers={"If-Match": '"1-7"'}, **body)
    assert (stale.status_code, stale.json()["code"]) == (412, "stale-version")
    assert stale.headers["ETag"] == '"1-1"'
    assert client.get(path).json() == article


def test_language_is_written_as_usual(make_article):
    """The letter case of a tag says nothing (RFC 5646 §2.1.1)."""
    written = {"EN": "en", "en-us": "en-US", "ZH-HANT-tw": "zh-Hant-TW", "de-1996": "de-1996"}
    for sent, stored in written.items():
        assert make_article(language=sent)["language"] == stored


def test_version_may_be_named_on_a_line_of_its_own(client, make_article):
    """Of a header that is a list, the lines are parts (RFC 9110 §5.3)."""
    path = f"/v1/articles/{make_article()['id']}"
    lines = [("If-Match", '"1-7"'), ("If-Match", '"1-1"')]
    assert client.patch(path, json={"headline": "x"}, headers=lines).status_code == 200


def test_patch_makes_a_version_and_keeps_the_old_one(client, make_article):
    first = make_article(**CONTENT)
    path = f"/v1/articles/{first['id']}"
    patch = {"headline": "Bridge opens", "kicker": "Harbour", "source": {"name": "Post"}, "section": None}
    response = client.patch(
        path, json=patch, headers={**match(first), "Content-Type": "application/merge-patch+json"}
    )
    assert response.status_code == 200
    second = response.json()
    assert (second["version"], second["headline"], second["kicker"]) == (2, "Bridge opens", "Harbour")
    assert second["source"] == {"name": "Post", "domain": "harbour.example"}
    assert second["section"] is None
    assert second["body"] == first["body"]
    assert second["uri"] == first["uri"]
    assert second["created_at"] == first["created_at"]
    versions = client.get(f"{path}/versions").json()
    assert [(each["version"], each["headline"]) for each in versions["items"]] == [
        (2, "Bridge opens"),
        (1, "Bridge reopens"),
    ]
    assert client.get(f"{path}/versions/1").json() == first
    assert client.get(f"{path}/versions/2").json() == second
    assert client.get(f"{path}/versions/3").status_code == 404
    change = client.get("/v1/changes", params={"since": first["seq"]}).json()["items"]
    assert [(each["kind"], each["version"], set(each["fields"])) for each in change] == [
        ("updated", 2, {"headline", "kicker", "source", "section"})
    ]


def test_empty_patch_changes_nothing(client, make_article):
    article = make_article()
    response = client.patch(f"/v1/articles/{article['id']}", json={}, headers=match(article))
    assert (response.status_code, response.json()) == (200, article)
    assert client.patch(f"/v1/articles/{article['id']}", json={}).status_code == 200
    assert client.get("/v1/changes").json()["last_seq"] == article["seq"]


@pytest.mark.parametrize(
    ("patch", "field"),
    [
        ({"headline": None}, "headline"),
        ({"body": "  \u200b "}, "body"),
        ({"id": 7}, "id"),
        ({"cleaning": None}, "cleaning"),
        ({"headline": 12}, "headline"),
        ({"mood": "good"}, "mood"),
        ({"language": "<script>"}, "language"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"published_at": "yesterday"}, "published_at"),
        ({"published_at": "2024-05-07T12:00:00"}, "published_at"),
        ({"published_at": {"value": "2024-02-30"}}, "published_at"),
        ({"tags": ["x"] * 201}, "tags"),
        ({"dateline": {"text": "X", "places": [{"name": "Y", "country": "Finland"}]}}, "dateline"),
        ({"metrics": [{"kind": "reads", "value": -1}]}, "metrics"),
        ({"status": "hidden"}, "status"),
        ({"dateline": {"text": "x", "date": {"value": "2024-02-30"}}}, "dateline"),
        ({"dateline": {"text": "x", "date": {"value": "--02-30"}}}, "dateline"),
        ({"dateline": {"text": "x", "date": {"value": "2024-02-03", "year_inferred": 0}}}, "dateline"),
    ],
)
def test_impossible_patch_is_refused_and_named(client, make_article, patch, field):
    article = make_article()
    response = client.patch(f"/v1/articles/{article['id']}", json=patch, headers=match(article))
    assert (response.status_code, response.json()["code"]) == (422, "invalid-payload")
    assert response.json()["errors"][0]["field"].split(".")[0] == field
    assert client.get(f"/v1/articles/{article['id']}").json() == article


def test_patch_nested_too_deeply_is_refused(client, make_article):
    article = make_article()
    patch = '{"a":' * 900 + "1" + "}" * 900
    headers = {**match(article), "Content-Type": "application/merge-patch+json"}
    response = client.patch(f"/v1/articles/{article['id']}", content=patch, headers=headers)
    assert (response.status_code, response.json()["code"]) == (422, "invalid-payload")


def test_article_can_be_read_edited_and_put_back(client, make_article):
    article = make_article(**CONTENT)
    edited = {**article, "headline": "Bridge open", "tags": []}
    response = client.put(f"/v1/articles/{article['id']}", json=edited, headers=match(article))
    assert response.status_code == 200
    assert (response.json()["version"], response.json()["headline"], response.json()["tags"]) == (
        2,
        "Bridge open",
        [],
    )


def test_put_leaves_out_what_it_does_not_name(client, make_article):
    article = make_article(**CONTENT)
    body = {"headline": "Bridge", "body": "Open."}
    replaced = client.put(f"/v1/articles/{article['id']}", json=body, headers=match(article)).json()
    assert (replaced["byline"], replaced["authors"], replaced["external_id"]) == (None, [], None)


def test_put_cannot_change_what_dateline_sets(client, make_article):
    article = make_article()
    response = client.put(
        f"/v1/articles/{article['id']}",
        json={**article, "created_at": "1970-01-01T00:00:00Z"},
        headers=match(article),
    )
    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "created_at")


def test_deleted_article_leaves_a_tombstone(client, make_article):
    article = make_article(external_id="x-1")
    path = f"/v1/articles/{article['id']}"
    response = client.delete(path, headers=match(article))
    assert response.status_code == 204
    for gone in (
        client.get(path),
        client.get(f"{path}/versions"),
        client.delete(path, headers=match(article)),
    ):
        assert (gone.status_code, gone.json()["code"]) == (410, "article-deleted")
        assert "deleted_at" in gone.json()
    assert client.get("/v1/articles").json()["items"] == []
    last = client.get("/v1/changes").json()["items"][-1]
    assert (last["kind"], last["article_id"], str(last["seq"])) == (
        "deleted",
        1,
        response.headers["Dateline-Seq"],
    )
    assert make_article(external_id="x-1")["id"] == 2, "ids are never used again"


@pytest.mark.parametrize("article_id", ["0", "-1", "9223372036854775808", "1.0", "x", "%2e%2e"])
def test_impossible_id_is_refused(client, article_id):
    assert client.get(f"/v1/articles/{article_id}").status_code in (400, 404)


def test_unknown_id_is_not_found(client):
    response = client.get("/v1/articles/99")
    assert (response.status_code, response.json()["code"]) == (404, "not-found")


def test_structured_article_has_no_raw_text(client, make_article):
    path = f"/v1/articles/{make_article()['id']}"
    assert client.get(f"{path}/raw").status_code == 404
    assert client.get(f"{path}/ledger").status_code == 404


def test_same_external_id_with_same_text_is_one_article(client):
    first = client.post("/v1/articles", json=CONTENT)
    second = client.post("/v1/articles", json=CONTENT)
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json() == first.json()


def test_same_external_id_with_another_text_is_a_conflict(client):
    first = client.post("/v1/articles", json=CONTENT).json()
    response = client.post("/v1/articles", json={**CONTENT, "headline": "Other"})
    assert (response.status_code, response.json()["code"]) == (409, "external-id-taken")
    assert response.json()["article_id"] == first["id"]
    other_source = client.post("/v1/articles", json={**CONTENT, "source": {"name": "Other Post"}})
    assert other_source.status_code == 201


def test_patch_cannot_take_the_external_id_of_another_article(client, make_article):
    make_article(external_id="a")
    second = make_article(external_id="b")
    response = client.patch(f"/v1/articles/{second['id']}", json={"external_id": "a"}, headers=match(second))
    assert (response.status_code, response.json()["code"]) == (409, "external-id-taken")


def test_same_body_is_a_copy_of_the_first(client, make_article):
    first = make_article()
    second = make_article(headline="Another headline")
    assert (second["duplicate_of"], second["story_id"]) == (first["id"], first["story_id"])
    found = client.get("/v1/articles", params={"duplicates": "collapse"}).json()["items"]
    assert [each["id"] for each in found] == [first["id"]]


def test_idempotency_key_gives_the_first_answer_again(client):
    headers = {"Idempotency-Key": "k-1"}
    first = client.post("/v1/articles", json=CONTENT, headers=headers)
    again = client.post("/v1/articles", json=CONTENT, headers=headers)
    assert (again.status_code, again.json(), again.headers["Location"]) == (
        201,
        first.json(),
        first.headers["Location"],
    )
    assert again.headers["Idempotent-Replayed"] == "true"
    other = client.post("/v1/articles", json={**CONTENT, "headline": "Other"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert len(client.get("/v1/articles").json()["items"]) == 1


def test_refused_request_does_not_use_up_its_idempotency_key(client):
    headers = {"Idempotency-Key": "k-2"}
    assert client.post("/v1/articles", json={"headline": "x"}, headers=headers).status_code == 422
    assert client.post("/v1/articles", json=CONTENT, headers=headers).status_code == 201


def test_idempotency_keys_of_two_api_keys_are_apart(client, make_key):
    from app.keys import Scope

    for number, headers in enumerate((make_key(Scope.WRITE), make_key(Scope.ADMIN))):
        body = {"headline": f"h{number}", "body": f"b{number}"}
        response = client.post("/v1/articles", json=body, headers={**headers, "Idempotency-Key": "same"})
        assert response.status_code == 201


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("a\u0000b words", "ab words"),
        ("invoice \u202egpj.exe", "invoice gpj.exe"),
        ("bad \ud800 here", "bad \ufffd here"),
        ("cafe\u0301", "café"),
    ],
)
def test_unsafe_characters_are_never_stored(client, sent, stored):
    import json

    response = client.post(
        "/v1/articles",
        content=json.dumps({"headline": sent, "body": "One.\n\n" + sent}),
        headers={"Content-Type": "application/json"},
    )
    assert response.status_code == 201
    assert response.json()["headline"] == stored
    assert response.json()["body"] == "One.\n\n" + stored


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("<p>Real text.</p><script>alert(1)</script><style>p{}</style><!-- no -->", "Real text."),
        ("<p>Hello world.</p><scr<script>ipt>alert(1)</scr</script>ipt>", None),
        ("<p>One &amp; two.</p><p>Three.</p>", "One & two.\n\nThree."),
        ("Shares fell <5% to >60%, and a < b.", "Shares fell <5% to >60%, and a < b."),
        (
            "The tags <p> and <script> are old; &amp; stays.",
            "The tags <p> and <script> are old; &amp; stays.",
        ),
    ],
)
def test_body_that_comes_as_html_is_stored_as_text(client, given, stored):
    response = client.post("/v1/articles", json={"headline": "h", "body": given})
    assert response.status_code == 201
    body = response.json()["body"]
    assert "<script" not in body or given == body
    assert stored is None or body == stored
    url, match = f"/v1/articles/{response.json()['id']}", {"If-Match": response.headers["ETag"]}
    again = client.put(url, json=response.json(), headers=match)
    assert (again.json()["version"], again.json()["body"]) == (1, body), "what was read can be sent back"
    changed = client.patch(url, json={"body": given + "<b>!</b>"}, headers=match).json()["body"]
    assert "alert" not in changed or stored is None


def test_html_without_text_is_refused(client):
    response = client.post("/v1/articles", json={"headline": "h", "body": "<nav></nav><script>1</script>"})
    assert (response.status_code, response.json()["code"]) == (422, "invalid-payload")
