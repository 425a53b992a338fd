"""/metrics and the log: what is counted, who may see it, and how lines look."""

import json
import logging
import re
import shutil
import threading

import pytest
from fastapi.testclient import TestClient

from app.keys import Scope
from app.logs import REQUEST_ID, JsonFormatter, TextFormatter
from app.main import create_app
from app.settings import Settings


def read_metrics(client, **options):
    """Read the samples by their name and labels."""
    response = client.get("/metrics", **options)
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"].startswith("text/plain")
    samples = re.findall(r"^([a-z_]+(?:\{.*?\})?) (\S+)$", response.text, re.MULTILINE)
    return {name: float(value) for name, value in samples}


def count_new(before, after):
    return {
        name: value - before.get(name, 0) for name, value in after.items() if value != before.get(name, 0)
    }


def test_requests_are_counted_by_route_method_and_status(client, make_article):
    before = read_metrics(client)
    article = make_article()
    for _ in range(3):
        client.get(f"/v1/articles/{article['id']}")
    client.get("/v1/articles/999999"), client.get("/v1/articles/x"), client.put("/health/live")
    assert client.get("/static/pages.css").status_code == 200
    client.get("/nothing/1"), client.get("/nothing/2"), client.request("FROBNICATE", "/v1/articles")
    new = count_new(before, read_metrics(client))

    def requests(method, route, status):
        return new.get(f'dateline_http_requests_total{{method="{method}",route="{route}",status="{status}"}}')

    assert requests("POST", "/v1/articles", 201) == 1
    assert requests("GET", "/v1/articles/{article_id}", 200) == 3
    assert requests("GET", "/v1/articles/{article_id}", 404) == 1
    assert requests("GET", "/v1/articles/{article_id}", 400) == 1
    assert requests("PUT", "/health/live", 405) == 1
    assert requests("GET", "none", 404) == 2
    assert requests("GET", "/static", 200) == 1
    assert requests("other", "/v1/articles", 405) == 1
    timed = 'dateline_http_request_seconds_count{method="GET",route="/v1/articles/{article_id}"}'
    assert new[timed] == 5


def test_cleaning_and_the_store_have_figures(client, app, page):
    before = read_metrics(client)
    assert client.post("/v1/ingest", content=page, headers={"Content-Type": "text/plain"}).status_code == 201
    client.post("/v1/clean", content="Home\nSign in\n", headers={"Content-Type": "text/plain"})
    assert app.state.follower.wait_for(app.state.commits.seq, 10)
    after = read_metrics(client)
    new = count_new(before, after)
    assert new['dateline_cleaned_total{outcome="article"}'] == 1
    assert new['dateline_cleaned_total{outcome="no-article-found"}'] == 1
    assert new['dateline_removed_lines_total{reason="ad-blocker-notice"}'] == 1
    assert new["dateline_cleaning_seconds_count"] == 2
    assert after["dateline_database_up"] == after["dateline_last_seq"] == 1
    assert after["dateline_index_changes_behind"] == after["dateline_commit_queue_depth"] == 0
    for name in (
        "dateline_database_bytes",
        "dateline_index_bytes",
        'dateline_disk_free_bytes{folder="data"}',
    ):
        assert after[name] > 0, name


def test_metrics_need_a_key_unless_they_are_public(client, settings, make_key):
    del client.headers["Authorization"]
    assert client.get("/metrics").json()["code"] == "key-required"
    assert read_metrics(client, headers=make_key(Scope.READ))
    with TestClient(create_app(settings.model_copy(update={"public_metrics": True}))) as public:
        assert read_metrics(public)


def test_metrics_are_told_while_folders_of_the_index_go(client, settings):
    """As they do while the index is built anew."""
    over = threading.Event()

    def build_again_and_again():
        while not over.is_set():
            folder = settings.effective_index_dir / "new-x"
            for name in range(20):
                (folder / str(name)).mkdir(parents=True)
            shutil.rmtree(folder)

    builder = threading.Thread(target=build_again_and_again)
    builder.start()
    try:
        assert {client.get("/metrics").status_code for _ in range(50)} == {200}
    finally:
        over.set()
        builder.join()


def test_metrics_tell_of_a_database_that_cannot_be_used(tmp_path):
    settings = Settings(data_dir=tmp_path, public_metrics=True, _env_file=None)  # without a schema
    with TestClient(create_app(settings)) as client:
        assert read_metrics(client)["dateline_database_up"] == 0


@pytest.fixture
def record():
    """A log record with an exception, a text that no encoding can write, and one that moves the cursor."""
    try:
        raise ValueError("no good")
    except ValueError as error:
        exc_info = (ValueError, error, error.__traceback__)
    made = logging.makeLogRecord({"name": "app.x", "levelname": "WARNING", "exc_info": exc_info})
    made.msg, made.args, made.article_id = "odd %s \x1b[2J\nforged", ("\ud800",), 7
    return made


def test_json_line_holds_what_is_known(record):
    token = REQUEST_ID.set("abc")
    text = JsonFormatter().format(record)
    REQUEST_ID.reset(token)
    line = json.loads(text)
    assert "\n" not in text
    assert (line["level"], line["logger"], line["request_id"], line["article_id"]) == (
        "warning",
        "app.x",
        "abc",
        7,
    )
    assert line["message"] == "odd \\ud800 \x1b[2J\nforged"
    assert line["exception"].endswith("ValueError: no good")
    assert "request_id" not in json.loads(JsonFormatter().format(record))


def test_text_line_cannot_move_the_cursor(record):
    first, *rest = TextFormatter().format(record).splitlines()
    assert re.fullmatch(r"\d\d:\d\d:\d\d warning odd \\ud800 \\x1b\[2J\\nforged article_id=7", first)
    assert rest[-1] == "ValueError: no good"
