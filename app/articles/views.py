"""What of an article a read shows: some of its fields, its parts beside them, or another format."""

from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, Field
from sqlmodel import Session

from app.articles.filters import Filters
from app.articles.queries import FIELD_NAMES, Sort, get_article, list_blocks
from app.errors import FieldError, InvalidParameter
from app.formats import Format
from app.paging import DEFAULT_LIMIT, MAX_LIMIT

AskedFormat = Annotated[
    Format | None,
    Field(
        description="`json` (the default), `ninjs`, `jsonld`, `text` or `markdown`; goes before Accept. "
        "`ninjs`, and lists of `jsonld`, come as application/json too, in the shape of their own standard."
    ),
]


class View(BaseModel):
    """Which fields of an article to show."""

    fields: str | None = Field(
        None,
        max_length=1000,
        description="Comma-separated names of the only fields wanted; `id` is always there.",
    )
    include: list[Literal["blocks"]] = Field(
        [], max_length=5, description="`blocks`: the parts in reading order."
    )
    format: AskedFormat = None

    def name(self) -> str:
        """Name the view for its ETag; the whole article without additions has no name."""
        return (
            self.model_dump_json(include={"fields", "include"})
            if self.fields is not None or self.include
            else ""
        )

    def list_fields(self) -> list[str] | None:
        """List the wanted fields; None for all. Raises InvalidParameter for a name that is no field."""
        if self.fields is None:
            return None
        names = [name.strip() for name in self.fields.split(",") if name.strip()]
        if unknown := set(names) - FIELD_NAMES - {"excerpt"}:
            raise InvalidParameter(
                f"{len(unknown)} of the names in `fields` are no fields of an article.",
                errors=[FieldError(field="fields", message="names an unknown field")],
            )
        return ["id", *(name for name in dict.fromkeys(names) if name != "id")]

    def refuse_parts(self) -> None:
        """Raise InvalidParameter if parts of an article are asked for: only its own JSON can be parted."""
        if self.name():
            raise InvalidParameter(
                "`fields` and `include` go with format=json only.",
                errors=[FieldError(field="format", message="is not the format of which parts can be shown")],
            )


class ListQuery(Filters, View):
    """Everything that a list can be asked."""

    sort: Sort = Field(Sort.NEWEST, description="Order: by the date that `date_field` names, or of change.")
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Articles of a page.")
    cursor: str | None = Field(None, description="The `next` of the page before.")


def view_document(session: Session, document: str, view: View) -> str:
    """Show what is wanted of an article's JSON."""
    fields = view.list_fields()
    if fields is None and not view.include:
        return document
    values: dict[str, Any] = orjson.loads(document)
    if view.include:
        values["blocks"] = list_blocks(session, get_article(session, values["id"]))
    if fields is not None:
        values = {name: values[name] for name in (*fields, *view.include) if name in values}
    return orjson.dumps(values).decode()
