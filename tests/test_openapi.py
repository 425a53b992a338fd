"""The OpenAPI document and its pages: complete, true to the answers, and without the internet."""

import re

import orjson
import pytest

from app.articles.shapes import ArticleRead, ArticleSummary, Ledger
from app.documentation import make_examples
from app.ingest.endpoints import CleanResult
from app.keys import Scope


@pytest.fixture
def document(client):
    return client.get("/openapi.json").json()


def list_operations(document):
    return [(m, p, o) for p, operations in document["paths"].items() for m, o in operations.items()]


def test_every_operation_is_described(document):
    operations = list_operations(document)
    ids = [operation["operationId"] for _, _, operation in operations]
    assert len(set(ids)) == len(ids)
    for method, path, operation in operations:
        assert operation["description"], path
        assert re.fullmatch(r"[a-z_]+", operation["operationId"]), path
        refused = {s: r for s, r in operation["responses"].items() if s[0] in "45"}
        assert {"400", "429", "500", "503"} <= set(refused), path
        assert all(parameter.get("description") for parameter in operation.get("parameters", ())), path
        for status, response in refused.items():
            assert list(response["content"]) == ["application/problem+json"], (method, path, status)


def test_documented_query_parameters_are_known_and_no_others(client, document):
    for method, path, operation in list_operations(document):
        names = [given["name"] for given in operation.get("parameters", ()) if given["in"] == "query"]
        asked = dict.fromkeys([*names, "colour"], "")
        refused = client.request(method, re.sub(r"{\w+}", "1", path), params=asked).json()
        assert refused["errors"] == [{"field": "colour", "message": "unknown parameter"}], (method, path)


def test_wrong_method_is_told_the_documented_ones(client, document):
    for path, operations in document["paths"].items():
        refused = client.request("BREW", re.sub(r"{\w+}", "1", path))
        methods = {*map(str.upper, operations), *(["HEAD"] if "get" in operations else [])}
        assert refused.headers["Allow"] == ", ".join(sorted(methods)), path


def test_no_request_waits_for_the_document_to_be_written(client, app):
    assert client.get("/v1/articles?limit=1").status_code == 200
    assert client.put("/v1/articles").status_code == 405
    assert app.openapi_schema is None


def test_every_reference_leads_somewhere(document):
    schemas = document["components"]["schemas"]
    for name in re.findall(r"#/components/schemas/([\w-]+)", str(document)):
        assert name in schemas, name


def test_examples_have_their_shapes():
    examples = make_examples()
    ArticleRead.model_validate(examples["article"])
    ArticleSummary.model_validate(examples["brief"])
    Ledger.model_validate(examples["ledger"])
    CleanResult.model_validate(examples["clean"])


def test_example_is_the_real_answer(client, document):
    operation = document["paths"]["/v1/ingest"]["post"]
    submission = operation["requestBody"]["content"]["application/json"]["example"]
    shown = operation["responses"]["201"]["content"]["application/json"]["example"]
    article = client.post("/v1/ingest", json=submission).json()
    for varying in ("uri", "created_at", "updated_at"):
        shown.pop(varying), article.pop(varying)
    assert article == shown


def test_every_body_has_an_example(document):
    for method, path, operation in list_operations(document):
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
            assert "example" in content, (method, path, media_type)


def test_example_bodies_are_taken(client, document, make_key):
    def read(path, method, media_type="application/json"):
        return document["paths"][path][method]["requestBody"]["content"][media_type]["example"]

    def post(path, media_type):
        body = read(path, "post", media_type).encode()
        return client.post(path, content=body, headers={"Content-Type": media_type})

    assert client.post("/v1/articles", json=read("/v1/articles", "post")).status_code == 201
    for method in ("put", "patch"):
        body = read("/v1/articles/{article_id}", method)
        answer = client.request(method, "/v1/articles/1", json=body, headers={"If-Match": "*"})
        assert answer.status_code == 200, answer.text
    cleaned = post("/v1/clean", "text/html").json()["article"]
    assert cleaned["headline"] == client.get("/v1/articles/1").json()["headline"]
    assert post("/v1/ingest", "text/html").status_code == 201
    receipts = post("/v1/ingest/batch", "application/x-ndjson").text.splitlines()
    assert [orjson.loads(line)["status"] for line in receipts] == [201, 200]
    admin = make_key(Scope.ADMIN)
    assert client.post("/v1/keys", json=read("/v1/keys", "post"), headers=admin).status_code == 201


def test_answers_conform_to_their_schema(client, page, make_article):
    ingested = client.post("/v1/ingest", content=page, headers={"Content-Type": "text/plain"}).json()
    for article in (ingested, make_article()):
        ArticleRead.model_validate(article)
        Ledger.model_validate(client.get(f"/v1/articles/{ingested['id']}/ledger").json())
    for item in client.get("/v1/articles").json()["items"]:
        ArticleSummary.model_validate(item)
    CleanResult.model_validate(
        client.post("/v1/clean", content=page, headers={"Content-Type": "text/plain"}).json()
    )


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_pages_load_nothing_from_elsewhere(client, path):
    html = client.get(path).text
    addresses = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert addresses
    for address in addresses:
        assert address.startswith("/"), address
        assert client.get(address).status_code == 200, address
