"""The OpenAPI document: what FastAPI writes, and beside it examples that are real answers.

The examples are made by the program itself from the first demo text when the document is first asked for, so
they cannot differ from what it answers; only ids and times are fixed.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from app.articles.rows import build_row, prepare_article
from app.articles.shapes import ArticleCreate
from app.demo import read_demo_submissions
from app.errors import PROBLEM_JSON, NotFound, Problem
from app.formats import MEDIA_TYPES, Format, render_article
from app.ingest.articles import clean_submission, render_ledger, render_result
from app.ingest.batch import BatchReceipt
from app.ingest.submissions import RawSubmission
from app.keys import require_admin, require_writer

DESCRIPTION = """\
Post the raw text of a news page to `/v1/ingest`: Dateline cleans it into an article (headline, byline,
dateline with place, date and agency, captions, body, dates, language, counters), says of every raw line what
became of it and why, stores it and serves it as JSON.

Reading is open unless the operator closes it; writing needs a key: `Authorization: Bearer dl_…`
(button **Authorize**). Errors are `application/problem+json` (RFC 9457) with a stable `code`.
"""
PATCH = {"section": "Harbour", "tags": ["ferries"]}
KEY = {"scope": "write", "name": "scraper", "source": "Quay Herald", "expires_at": "2031-01-01T00:00:00Z"}
_EXAMPLE_TIME = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def describe_api(app: FastAPI) -> None:
    """Make `app.openapi()` return the document with its examples, written once."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes
            )
            _add_schemas(document)
            _open_reads(document, app)
            _add_examples(document)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _open_reads(document: dict[str, Any], app: FastAPI) -> None:
    """Say of operations that need no key that they take one, unless reading is closed."""
    if not app.state.settings.public_read:
        return
    closed = {route.operation_id for route in list_routes(app.routes) if _needs_key(route.dependant)}
    for operations in document["paths"].values():
        for operation in operations.values():
            if "security" in operation and operation["operationId"] not in closed:
                operation["security"].append({})


def list_routes(routes: Sequence[BaseRoute]) -> list[APIRoute]:
    """List those of an application's routes that FastAPI serves: not its folders of files."""
    return [route for route in routes if isinstance(route, APIRoute)]


def _needs_key(dependant: Dependant) -> bool:
    return dependant.call in (require_writer, require_admin) or any(map(_needs_key, dependant.dependencies))


def list_methods(app: FastAPI, path: str) -> list[str]:
    """List the methods of a documented address.

    From the routes themselves: the document takes half a second to write.
    """
    documented = {
        method
        for route in list_routes(app.routes)
        if route.include_in_schema and route.path_regex.match(path)
        for method in route.methods or ()
    }
    return sorted(documented | ({"HEAD"} if "GET" in documented else set()))


def _add_schemas(document: dict[str, Any]) -> None:
    """Add the shapes that FastAPI cannot see, and take out its own shape of errors, which nothing answers."""
    schemas = document["components"]["schemas"]
    # What a request may leave out has other required fields than an answer: FastAPI calls the two forms of a
    # shape X-Input and X-Output.
    for shape, form in ((RawSubmission, "-Input"), (BatchReceipt, ""), (Problem, "")):
        schema = shape.model_json_schema(ref_template=f"#/components/schemas/{{model}}{form}")
        schemas.update({f"{name}{form}": part for name, part in schema.pop("$defs", {}).items()})
        schemas[shape.__name__] = schema
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for operations in document["paths"].values():
        for operation in operations.values():
            if PROBLEM_JSON not in operation["responses"].get("422", {}).get("content", {PROBLEM_JSON: {}}):
                del operation["responses"]["422"]
    # Generators of clients name their classes by these names and titles: X, and XInput for requests.
    document |= _rename_forms(document)
    for name, schema in document["components"]["schemas"].items():
        schema["title"] = name


def _rename_forms(value: Any) -> Any:
    """Rename X-Output to X and X-Input to XInput, where they are defined and where they are referred to."""
    if isinstance(value, dict):
        return {_rename_form(name): _rename_forms(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_rename_forms(part) for part in value]
    return _rename_form(value) if isinstance(value, str) and value.startswith("#/") else value


def _rename_form(name: str) -> str:
    return re.sub("-Input$", "Input", name.removesuffix("-Output"))


def _add_examples(document: dict[str, Any]) -> None:
    """Put the example request and its real answers to the operations that they belong to."""
    examples = make_examples()
    paths = document["paths"]
    request = paths["/v1/ingest"]["post"]["requestBody"]["content"]
    for content in (request, paths["/v1/clean"]["post"]["requestBody"]["content"]):
        content["text/plain"]["example"] = examples["raw"]
        content["application/json"]["example"] = examples["submission"]
    for path, method, media_type, example in (
        ("/v1/ingest", "post", "text/html", examples["html"]),
        ("/v1/clean", "post", "text/html", examples["html"]),
        ("/v1/ingest/batch", "post", "application/x-ndjson", examples["batch"]),
        ("/v1/articles", "post", "application/json", examples["content"]),
        ("/v1/articles/{article_id}", "put", "application/json", examples["content"]),
        ("/v1/articles/{article_id}", "patch", "application/json", PATCH),
        ("/v1/articles/{article_id}", "patch", "application/merge-patch+json", PATCH),
        ("/v1/stories/{story_id}/split", "post", "application/json", {"article_ids": [2]}),
        ("/v1/stories/{story_id}/join", "post", "application/json", {"story_ids": [2]}),
        ("/v1/keys", "post", "application/json", KEY),
    ):
        paths[path][method]["requestBody"]["content"][media_type]["example"] = example
    for path, method, status in (
        ("/v1/ingest", "post", "200"),
        ("/v1/ingest", "post", "201"),
        ("/v1/articles/{article_id}", "get", "200"),
        ("/v1/articles/{article_id}", "put", "200"),
        ("/v1/articles/{article_id}", "patch", "200"),
        ("/v1/articles/{article_id}/versions/{version}", "get", "200"),
    ):
        _set_example(paths[path][method], status, examples["article"])
    for path in ("/v1/articles/{article_id}", "/v1/articles/{article_id}/versions/{version}"):
        for written in (Format.JSONLD, Format.TEXT, Format.MARKDOWN):
            media_type = MEDIA_TYPES[written].partition(";")[0]
            paths[path]["get"]["responses"]["200"]["content"][media_type]["example"] = examples[written]
    for status in ("200", "201"):
        _set_example(paths["/v1/articles"]["post"], status, {**examples["article"], "cleaning": None})
    _set_example(paths["/v1/clean"]["post"], "200", examples["clean"])
    _set_example(paths["/v1/articles"]["get"], "200", {"items": [examples["brief"]], "next": None})
    _set_example(paths["/v1/articles/{article_id}/ledger"]["get"], "200", examples["ledger"])
    for operations in paths.values():
        for operation in operations.values():
            if "404" in operation["responses"]:
                not_found = NotFound("There is no article with this id.").render("3f2c9a5b7d1e8f60")
                operation["responses"]["404"]["content"][PROBLEM_JSON]["example"] = not_found


def _set_example(operation: dict[str, Any], status: str, example: Any) -> None:
    operation["responses"][status]["content"]["application/json"]["example"] = example


def make_examples() -> dict[str, Any]:
    """Make the examples: the first demo text, and what this program makes of it."""
    submission = read_demo_submissions()[0]
    found = clean_submission(submission)
    row = build_row(
        prepare_article(found.content, found.summary),
        article_id=1,
        uri="urn:uuid:7f1c2d5e-3a4b-4c6d-8e9f-0a1b2c3d4e5f",
        seq=1,
        now=_EXAMPLE_TIME,
        story_id=1,
        duplicate_of=None,
    )
    article = orjson.loads(row["document"])
    content = {name: article[name] for name in ArticleCreate.model_fields if article[name]}
    stated = submission.stated.model_dump(mode="json", exclude_none=True)
    paragraphs = "\n".join(f"<p>{escape(text)}</p>" for text in article["body"].split("\n\n"))
    return {
        "html": f"<h1>{escape(article['headline'])}</h1>\n{paragraphs}\n",
        "batch": b"".join(orjson.dumps(line) + b"\n" for line in (stated, {"article": content})).decode(),
        "content": content,
        Format.JSONLD: orjson.loads(render_article(row["document"], Format.JSONLD)),
        Format.TEXT: render_article(row["document"], Format.TEXT).decode(),
        Format.MARKDOWN: render_article(row["document"], Format.MARKDOWN).decode(),
        "raw": submission.raw,
        "submission": stated,
        "article": article,
        "brief": orjson.loads(row["brief"]),
        "ledger": {"article_id": 1, "version": 1, "cleaning_version": found.cleaned.version}
        | render_ledger(found.cleaned),
        "clean": orjson.loads(render_result(found)),
    }
