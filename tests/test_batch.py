"""POST /v1/ingest/batch: a receipt for every line, whatever the line is."""

import json

import orjson

NDJSON = {"Content-Type": "application/x-ndjson"}
ARTICLE = {"headline": "Bridge reopens", "body": "The bridge reopened.\n\nTraffic flows."}


def write(*lines):
    return b"\n".join(line if isinstance(line, bytes) else orjson.dumps(line) for line in lines)


def send(client, *lines, **over):
    response = client.post("/v1/ingest/batch", content=write(*lines), **{"headers": NDJSON, **over})
    assert response.status_code == 200, response.text
    return [json.loads(line) for line in response.text.splitlines()]


def test_every_line_gets_its_receipt_in_order(client, page):
    receipts = send(
        client,
        {"article": ARTICLE},
        b"",
        {"raw": page, "source": "Harbour News"},
        b"{broken",
        {"article": {**ARTICLE, "headline": 5, "colour": "red"}},
        {"raw": "Related Articles"},
        {"raw": page},
        {"article": {**ARTICLE, "body": "Another body."}, "id": 4},
        [],
        {"raw": " "},
        b"\xff\xfe",
        b'{"raw": "\\ud800 ' + b"x" * 200_000 + b'"}',
        {"article": {**ARTICLE, "body": "Another body.", "tags": ["bridge"]}},
    )
    assert [(receipt["line"], receipt["status"], receipt.get("code")) for receipt in receipts] == [
        (1, 201, None),
        (3, 201, None),
        (4, 400, "malformed-request"),
        (5, 422, "invalid-payload"),
        (6, 422, "no-article-found"),
        (7, 200, None),
        (8, 422, "invalid-payload"),
        (9, 422, "invalid-payload"),
        (10, 422, "empty-text"),
        (11, 400, "malformed-request"),
        (12, 413, "body-too-large"),
        (13, 201, None),
    ]
    assert {error["field"] for error in receipts[3]["errors"]} == {"headline", "colour"}
    assert receipts[5]["article_id"] == receipts[1]["article_id"]
    for receipt in receipts:
        if receipt["status"] == 201:
            article = client.get(f"/v1/articles/{receipt['article_id']}").json()
            assert (article["version"], article["seq"]) == (receipt["version"], receipt["seq"])
    assert article["tags"] == ["bridge"]
    assert [found["id"] for found in client.get("/v1/articles?tag=BRIDGE").json()["items"]] == [article["id"]]
