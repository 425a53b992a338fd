"""The README's first request gives the answer that the README shows."""

import json
import re
from pathlib import Path

README = (Path(__file__).parent.parent / "README.md").read_text()
VARYING = ("id", "uri", "seq", "created_at", "updated_at", "story_id")


def test_first_request_gives_the_shown_answer(client):
    raw = re.search(r"--data-binary '(.*?)'\n```", README, re.DOTALL)[1]
    shown = json.loads(re.search(r"```json\n(.*?)```", README, re.DOTALL)[1])
    answer = client.post("/v1/ingest", content=raw, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 201
    article = answer.json()
    assert list(shown) == list(article)
    assert {k: v for k, v in shown.items() if k not in VARYING} == {
        k: v for k, v in article.items() if k not in VARYING
    }
    ledger = client.get(f"/v1/articles/{article['id']}/ledger").json()["lines"]
    rows = re.findall(r"^\| (\d+) \| ([a-z-]+) \| ([a-z-]*) ?\| (.*?) ?\|$", README, re.MULTILINE)
    assert [(str(x["line"]), x["role"], x["reason"] or "") for x in ledger if x["role"] != "blank"] == [
        row[:3] for row in rows
    ]
