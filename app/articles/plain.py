"""Lists and searches in the plain case, answered without FastAPI's dependencies.

To read some fifty parameters its way, and to resolve what the endpoint depends on, cost more than to find the
page of a list. Only the plain case passes that by: parameters that are known and valid, and a client who may
read and wants the usual JSON. All else, and every error of the request, is left to the endpoint, which says
what a request means.
"""

from collections.abc import Callable, Coroutine
from functools import cache
from typing import Any, TypeVar, get_origin

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from app.articles.stored import is_plain
from app.database import read_session

Query = TypeVar("Query", bound=BaseModel)


def make_read_route(
    model: type[Query], answer: Callable[[Request, Session, Query], Response]
) -> type[APIRoute]:
    """Make the class of a route that reads: its parameters, and what answers them in a thread."""

    class ReadRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            answer_any = super().get_route_handler()

            async def answer_plain(request: Request) -> Response:
                query = _read_query(request, model)
                if query is None:
                    return await answer_any(request)
                return await run_in_threadpool(_answer, request, query)

            return answer_plain

    def _answer(request: Request, query: Query) -> Response:
        with read_session(request.app.state.engine) as session:
            return answer(request, session, query)

    return ReadRoute


def _read_query(request: Request, model: type[Query]) -> Query | None:
    """Read the parameters of the plain case; None if it is another."""
    if request.app.state.replica is not None or not is_plain(request.scope):
        return None
    kinds = _list_parameters(model)
    values: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        if name not in kinds:
            return None
        if kinds[name]:
            values.setdefault(name, []).append(value)
        else:
            values[name] = value  # of one that came twice the last counts, as in FastAPI
    try:
        return model.model_validate(values)
    except ValueError:
        return None


@cache
def _list_parameters(model: type[BaseModel]) -> dict[str, bool]:
    """List the parameters, and of each whether it can have several values."""
    return {
        field.alias or name: get_origin(field.annotation) is list
        for name, field in model.model_fields.items()
    }
