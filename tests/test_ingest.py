"""Raw text in, article out, over HTTP; and every way in which it can be refused."""

import gzip
import json

import pytest


def post(client, raw, **over):
    return client.post("/v1/ingest", content=raw, **{"headers": {"Content-Type": "text/plain"}, **over})


def test_page_becomes_an_article(client, page):
    response = post(client, page)
    assert response.status_code == 201
    article = response.json()
    assert article["headline"] == "Harbour bridge reopens after winter repairs"
    assert article["metrics"] == [{"kind": "reads", "value": 1204}]
    assert article["media"] == [
        {
            "type": "picture",
            "caption": "Cyclists cross the harbour bridge on its first morning in Helsinki.",
            "credit": "AP",
        }
    ]
    assert article["dateline"]["text"] == "HELSINKI, May 7, (AP):"
    assert article["dateline"]["places"] == [{"name": "Helsinki", "region": None, "country": "FI"}]
    assert (article["agency"], article["authors"], article["byline"]) == ("AP", [], None)
    assert article["body"].startswith("The harbour bridge of Helsinki opened again")
    assert article["body"].endswith("let boats pass.")
    assert (article["language"], article["published_at"]) == ("en", None)
    assert article["cleaning"]["removed"] == 3
    assert client.get(f"/v1/articles/{article['id']}").json() == article


def test_ledger_accounts_for_every_line(client, page):
    article = post(client, page).json()
    ledger = client.get(f"/v1/articles/{article['id']}/ledger").json()
    assert (ledger["article_id"], ledger["version"]) == (article["id"], 1)
    assert [line["line"] for line in ledger["lines"]] == list(range(1, len(page.splitlines()) + 1))
    removed = {line["text"]: line["reason"] for line in ledger["lines"] if line["role"] == "removed"}
    assert removed == {
        "This news has been read 1204 times!": "read-counter",
        "Related Articles": "related-links",
        "Kindly disable the Ad blocker": "ad-blocker-notice",
    }
    assert all((line["reason"] is not None) == (line["role"] == "removed") for line in ledger["lines"])


def test_raw_text_is_kept_byte_for_byte(client, page):
    raw = page.replace("\n", "\r\n").encode() + b"\r\nna\xc3\xafve \xe2\x80\x8b end"
    article = post(client, raw).json()
    response = client.get(f"/v1/articles/{article['id']}/raw")
    assert response.content == raw
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.headers["Dateline-Content-Type"] == "text/plain"


def test_explain_adds_the_ledger(client, page):
    article = post(client, page, params={"explain": "true"}).json()
    stored = client.get(f"/v1/articles/{article['id']}/ledger").json()
    assert article.pop("ledger") == {"lines": stored["lines"], "edits": stored["edits"]}
    assert article.pop("duplicate") is None
    assert client.get(f"/v1/articles/{article['id']}").json() == article


def test_same_text_is_one_article(client, page):
    first = post(client, page, headers={"Content-Type": "text/plain", "Idempotency-Key": "a"})
    second = post(client, page, headers={"Content-Type": "text/plain", "Idempotency-Key": "b"})
    third = client.post("/v1/ingest", json={"raw": page})
    assert [each.status_code for each in (first, second, third)] == [201, 200, 200]
    assert first.json() == second.json() == third.json()
    assert client.get("/v1/changes").json()["last_seq"] == 1


def test_same_text_can_be_refused_or_stored_again(client, page):
    first = post(client, page).json()
    refused = post(client, page, params={"on_duplicate": "reject"})
    assert (refused.status_code, refused.json()["code"]) == (409, "duplicate-article")
    assert refused.json()["article_id"] == first["id"]
    copy = post(client, page, params={"on_duplicate": "new"})
    assert copy.status_code == 201
    assert copy.json()["duplicate_of"] == first["id"]


def test_json_carries_what_the_sender_knows(client, page):
    body = {
        "raw": page,
        "content_type": "text/plain",
        "url": "https://www.harbour.example/bridge?id=1",
        "source": "Harbour Post",
        "received_at": "2024-05-07T20:00:00+02:00",
        "language": "en-GB",
        "published_at": "2024-05-07",
        "external_id": "hp-7",
    }
    article = client.post("/v1/ingest", json=body).json()
    assert article["source"] == {"name": "Harbour Post", "domain": "harbour.example"}
    assert (article["url"], article["external_id"], article["language"]) == (body["url"], "hp-7", "en-GB")
    assert article["published_at"] == {"value": "2024-05-07", "precision": "day", "evidence": "caller"}
    date = article["dateline"]["date"]
    assert (date["value"], date["year_inferred"], date["evidence"]) == ("2024-05-07", True, "received_at")


def test_new_text_under_an_external_id_is_a_new_version(client, page):
    first = client.post("/v1/ingest", json={"raw": page, "external_id": "x"})
    longer = page.replace("Related Articles", "The works cost nine million euros, the city said on Tuesday.")
    second = client.post("/v1/ingest", json={"raw": longer, "external_id": "x"})
    assert (first.status_code, second.status_code) == (201, 200)
    assert (second.json()["id"], second.json()["version"]) == (first.json()["id"], 2)
    path = f"/v1/articles/{first.json()['id']}"
    assert client.get(f"{path}/versions/1").json() == first.json()
    assert client.get(f"{path}/raw").text == longer
    assert client.get(f"{path}/ledger").json()["version"] == 2
    other_junk = longer.replace("Kindly disable the Ad blocker", "Back to top button")
    same = client.post("/v1/ingest", json={"raw": other_junk, "external_id": "x"})
    assert (same.status_code, same.json()["version"]) == (200, 2)


def test_blocks_name_the_raw_lines(client, page):
    article = post(client, page).json()
    blocks = client.get(f"/v1/articles/{article['id']}", params={"include": "blocks"}).json()["blocks"]
    assert blocks[0] == {"role": "headline", "text": article["headline"], "line": 1}
    assert [block["line"] for block in blocks if block["role"] == "paragraph"] == [7, 8, 9]


def test_html_becomes_an_article(client):
    html = """<html><head><title>x</title><style>p{}</style></head><body>
    <nav><a href="/">Home</a> <a href="/w">World</a></nav>
    <h1>Harbour bridge reopens after winter repairs</h1>
    <p>The harbour bridge of Helsinki opened again on Tuesday after four months of repairs, the city said.</p>
    <p>Three of the eleven cables were replaced &amp; the deck was raised by nine centimetres.</p>
    <script>alert("never text")</script></body></html>"""
    response = client.post("/v1/ingest", content=html, headers={"Content-Type": "text/html; charset=utf-8"})
    assert response.status_code == 201
    article = response.json()
    assert article["headline"] == "Harbour bridge reopens after winter repairs"
    assert "replaced & the deck" in article["body"]
    assert "never text" not in json.dumps(article)
    raw = client.get(f"/v1/articles/{article['id']}/raw")
    assert raw.text == html
    assert raw.headers["Content-Type"].startswith("text/plain"), "a browser must not run it"


def test_html_may_have_many_source_lines(client):
    paragraph = "<p>The harbour bridge of Helsinki opened again on Tuesday, the city said in the morning.</p>"
    html = "\n" * 30_000 + f"<body><h1>Harbour bridge reopens</h1>{paragraph}</body>"
    response = client.post("/v1/ingest", content=html, headers={"Content-Type": "text/html"})
    assert response.status_code == 201


def test_clean_shows_and_stores_nothing(client, page):
    response = client.post("/v1/clean", content=page, headers={"Content-Type": "text/plain"})
    assert response.status_code == 200
    result = response.json()
    assert result["article"]["headline"] == "Harbour bridge reopens after winter repairs"
    assert len(result["ledger"]["lines"]) == len(page.splitlines())
    assert result["blocks"][0]["role"] == "headline"
    assert client.get("/v1/articles").json()["items"] == []
    assert client.get("/v1/changes").json()["last_seq"] == 0
    stored = post(client, page).json()
    assert {name: stored[name] for name in result["article"]} == result["article"]


TEXT, JSON = "text/plain", "application/json"


@pytest.mark.parametrize("path", ["/v1/ingest", "/v1/clean"])
@pytest.mark.parametrize(
    ("content_type", "body", "status", "code"),
    [
        (TEXT, b"", 422, "empty-text"),
        (TEXT, " \u200b\n\u00a0 ".encode(), 422, "empty-text"),
        (TEXT, b"\x89PNG\r\n\x1a\n\xff\xfe", 400, "undecodable-text"),
        (TEXT + "; charset=klingon", b"text", 400, "undecodable-text"),
        (TEXT + "; charset=zlib", b"text", 400, "undecodable-text"),
        (TEXT + "; charset=ascii", "naïve".encode(), 400, "undecodable-text"),
        (TEXT, b"Home\nWorld\nSign in\n", 422, "no-article-found"),
        ("text/html", b"<html><body><a href='/'>Home</a></body></html>", 422, "no-article-found"),
        (TEXT, b"a\n" * 10_001, 422, "too-many-lines"),
        (TEXT, b"a" * 200_001, 413, "body-too-large"),
        ("application/pdf", b"%PDF-1.7", 415, "unsupported-media-type"),
        ("", b"text", 415, "unsupported-media-type"),
        ("multipart/form-data; boundary=x", b"--x--", 415, "unsupported-media-type"),
        (JSON, b"{", 400, "malformed-request"),
        (JSON, b"", 400, "malformed-request"),
        (JSON, b"[" * 100_000, 400, "malformed-request"),
        (JSON, b"[]", 422, "invalid-payload"),
        (JSON, b"null", 422, "invalid-payload"),
        (JSON, b"{}", 422, "invalid-payload"),
        (JSON, b'{"raw": 5}', 422, "invalid-payload"),
        (JSON, b'{"raw": "text", "mood": "good"}', 422, "invalid-payload"),
        (JSON, b'{"raw": "text", "\\ud800": 1}', 422, "invalid-payload"),
        (JSON, b'{"raw": "text", "url": "javascript:alert(1)"}', 422, "invalid-payload"),
        (JSON, b'{"raw": "text", "received_at": "2024-05-07"}', 422, "invalid-payload"),
        (JSON, b'{"raw": "text", "received_at": 1715000000}', 422, "invalid-payload"),
        (JSON, b'{"raw": "text", "content_type": "image/png"}', 422, "invalid-payload"),
        (JSON, b'{"raw": ""}', 422, "empty-text"),
    ],
)
def test_bad_input_is_refused_and_not_stored(client, path, content_type, body, status, code):
    headers = {"Content-Type": content_type} if content_type else {}
    response = client.post(path, content=body, headers=headers)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["Content-Type"] == "application/problem+json"
    assert client.get("/v1/changes").json() == {"items": [], "next": None, "last_seq": 0}


def test_body_in_gzip_is_the_same_text(client, page):
    plain = post(client, page)
    packed = gzip.compress(page.encode())
    both = gzip.compress(page[:100].encode()) + gzip.compress(page[100:].encode())
    for body, name in ((packed, "gzip"), (packed, "x-gzip"), (packed, " GZIP "), (both, "gzip")):
        headers = {"Content-Type": TEXT, "Content-Encoding": name}
        response = client.post("/v1/ingest", content=body, headers=headers)
        assert (response.status_code, response.json()["id"]) == (200, plain.json()["id"]), name


@pytest.mark.parametrize(
    ("body", "encoding", "status", "code"),
    [
        (b"plain", "gzip", 400, "malformed-request"),
        (gzip.compress(b"text " * 1000)[:-9], "gzip", 400, "malformed-request"),
        (gzip.compress(b"text") + b"rest", "gzip", 400, "malformed-request"),
        (b"", "gzip", 400, "malformed-request"),
        (gzip.compress(b"0" * 200_001), "gzip", 413, "body-too-large"),
        (gzip.compress(b"0" * 50_000_000), "gzip", 413, "body-too-large"),
        (b"text", "br", 415, "unsupported-media-type"),
        (b"text", "gzip, gzip", 415, "unsupported-media-type"),
    ],
    ids=["no gzip", "cut off", "more behind", "empty", "too large", "bomb", "brotli", "twice"],
)
def test_bad_encoded_body_is_refused(client, body, encoding, status, code):
    headers = {"Content-Type": TEXT, "Content-Encoding": encoding}
    response = client.post("/v1/ingest", content=body, headers=headers)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert client.get("/v1/changes").json()["last_seq"] == 0


def test_changed_article_still_tells_of_its_cleaning(client, page):
    article = post(client, page).json()
    path = f"/v1/articles/{article['id']}"
    changed = client.patch(path, json={"section": "City"}, headers={"If-Match": '"1-1"'}).json()
    assert (changed["section"], changed["cleaning"]) == ("City", article["cleaning"])
    blocks = client.get(path, params={"include": "blocks"}).json()["blocks"]
    assert blocks[-1]["text"].endswith("let boats pass.")


def test_chunked_body_is_cut_at_the_limit(client):
    sent = 0

    def chunks():
        nonlocal sent
        for _ in range(100):
            sent += 1
            yield b"a" * 10_000

    response = client.post("/v1/ingest", content=chunks(), headers={"Content-Type": "text/plain"})
    assert (response.status_code, response.json()["code"]) == (413, "body-too-large")


def test_no_article_tells_what_each_line_was_taken_for(client):
    problem = post(client, "Home\n\nSign in\n").json()
    assert [(line["line"], line["role"]) for line in problem["ledger"]] == [(1, "removed"), (3, "removed")]
    assert problem["lines_total"] == 3
    assert "Sign in" not in json.dumps(problem), "the input is not echoed"


def test_text_with_lone_surrogates_is_taken_and_kept(client, page):
    broken = page.replace("eleven", "ele\ud83dven")
    body = json.dumps({"raw": broken})
    response = client.post("/v1/ingest", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 201
    article = response.json()
    assert "ele\ufffdven" in article["body"]
    raw = client.get(f"/v1/articles/{article['id']}/raw").content
    assert raw.decode("utf-8", "surrogatepass") == broken
    edits = json.loads(client.get(f"/v1/articles/{article['id']}/ledger").content)["edits"]
    assert any("ele\ud83dven" in edit["before"] for edit in edits)


def test_legacy_encoding_is_read_by_its_charset(client, page):
    raw = page.replace("eleven", "élévén").encode("windows-1252")
    response = client.post(
        "/v1/ingest", content=raw, headers={"Content-Type": "text/plain; charset=windows-1252"}
    )
    assert "élévén cables" in response.json()["body"]
