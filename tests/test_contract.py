"""Requests made from the OpenAPI document itself, and every answer held against it, by schemathesis.

All checks of schemathesis, with a fixed seed. DATELINE_TEST_EXAMPLES sets how many requests each operation
gets (5, which takes some seconds); `scripts/fuzz contract` gives them 500.
"""

import os
import socket
import threading
import time

import pytest
import requests
import schemathesis
import uvicorn
from hypothesis import HealthCheck, settings
from schemathesis.checks import load_all_checks, positive_data_acceptance
from schemathesis.specs.openapi.checks import negative_data_rejection

from app.connections import PatientProtocol
from app.database import make_engine, write_session
from app.keys import Scope, create_key
from app.main import create_app

EXAMPLES = int(os.environ.get("DATELINE_TEST_EXAMPLES", "5"))


@pytest.fixture(scope="module")
def api(new_store, tmp_path_factory):
    """What asks a running server, its address, and a key that may do everything."""
    folder = tmp_path_factory.mktemp("contract")
    with new_store("sqlite", folder) as store, socket.create_server(("127.0.0.1", 0)) as listener:
        engine = make_engine(store)
        with write_session(engine) as session:
            key = create_key(session, Scope.ADMIN)[1]
        engine.dispose()
        config = uvicorn.Config(create_app(store), http=PatientProtocol, ws="none", log_config=None)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        with requests.Session() as session:  # a new one for each request would cost more than the server
            session.trust_env = False
            yield session, f"http://127.0.0.1:{listener.getsockname()[1]}", {"Authorization": f"Bearer {key}"}
        server.should_exit = True
        thread.join()


# It cannot make lines of JSON: tests/test_batch.py.
schema = schemathesis.openapi.from_dict(create_app().openapi()).exclude(operation_id="ingest_batch")
load_all_checks()
# All but one: that whatever fits the schema is accepted. Cursors, ETags and names of fields are strings that
# only this server can tell good from bad, a change without If-Match is 428 on purpose, and so on.
EXCLUDED = [positive_data_acceptance]


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_keeps_the_contract(case, api):
    # A stream has no end, and a long poll waits for news that nobody makes.
    if case.path == "/v1/changes":
        case.query = {name: value for name, value in (case.query or {}).items() if name != "wait"}
        case.headers = {name: value for name, value in (case.headers or {}).items() if name != "Accept"}
    # A change that is not there yet is waited for, and then 503: as meant, but no use here.
    if case.path == "/v1/search":
        case.query = {name: value for name, value in (case.query or {}).items() if name != "min_seq"}
    # ninjs has no media type of its own, nor have lists of it or of JSON-LD: they are application/json, and
    # the document describes what else comes so. tests/test_formats.py holds them against their standards.
    if (case.query or {}).get("format") in ("ninjs", "jsonld"):
        case.query = {name: value for name, value in case.query.items() if name != "format"}
    session, url, key = api
    # Whatever is sent as text is text, also what was meant to be none.
    is_text = (case.media_type or "").startswith("text/")
    excluded = [*EXCLUDED, negative_data_rejection] if is_text else EXCLUDED
    case.call_and_validate(url, session, key, timeout=10, excluded_checks=excluded)
