"""Ten raw texts in the shapes that services post, written for Dateline; `serve --demo` loads them."""

from pathlib import Path

import orjson
from sqlalchemy import Engine

from app.database import write_session
from app.ingest.articles import clean_submission, store_submission
from app.ingest.submissions import RawSubmission, Submission

_FOLDER = Path(__file__).parent


def read_demo_submissions() -> list[Submission]:
    """Read the demo texts as if a service had posted them."""
    submissions = []
    for entry in orjson.loads((_FOLDER / "manifest.json").read_bytes()):
        received = (_FOLDER / entry.pop("file")).read_bytes()
        stated = RawSubmission.model_validate({"raw": received.decode(), **entry})
        submissions.append(Submission(stated, received))
    return submissions


def load_demo(engine: Engine) -> int:
    """Store the demo articles that are not there yet, and return how many were new."""
    new = 0
    for submission in read_demo_submissions():
        found = clean_submission(submission)
        with write_session(engine) as session:
            new += store_submission(session, found)[1]
    return new
