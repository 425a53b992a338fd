"""What an operator can set: one frozen object, read once, every field with a default.

A setting comes from the environment (`DATELINE_DATA_DIR=…`), from a file that the environment names
(`DATELINE_DATABASE_URL_FILE=…`, the way container secrets arrive), from `.env`, or from its default, in that
order. Constants of cleaning are no settings: they change results, so they change `cleaning.VERSION`.
"""

import os
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal

from limits import parse
from pydantic import Field, SecretStr, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

PREFIX = "DATELINE_"
DRIVERS = ("sqlite", "postgresql", "postgresql+psycopg")


class Settings(BaseSettings):
    """Dateline's settings; docs/settings.md lists them, held to this class by a test."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    data_dir: Path = Field(Path("data"), description="Folder of the SQLite database and the search index.")
    database_url: SecretStr | None = Field(
        None, description="SQLAlchemy URL of the database; by default SQLite in the data folder."
    )
    database_read_url: SecretStr | None = Field(
        None, description="SQLAlchemy URL of a streaming replica that serves reads; by default none does."
    )
    index_dir: Path | None = Field(
        None, description="Folder of the search index; by default `index` in the data folder."
    )
    host: str = Field("127.0.0.1", description="Address that `dateline serve` listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port that `dateline serve` listens on.")
    workers: int = Field(1, ge=1, le=64, description="Server processes that `dateline serve` starts.")
    public_url: str | None = Field(
        None,
        pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*[^\s?#/])?$",
        description="Address of this server as clients see it, no slash at the end; feeds link with it.",
    )
    public_read: bool = Field(True, description="Whether reading needs no key. Writing always needs one.")
    public_metrics: bool = Field(
        False, description="Whether /metrics needs no key; else one with scope read."
    )
    log_format: Literal["auto", "json", "text"] = Field(
        "auto", description="How the log is written; `auto` is text on a terminal and JSON elsewhere."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least severe lines that are logged."
    )
    access_log: bool = Field(False, description="Whether to log a line for each request.")
    admin_key: SecretStr | None = Field(
        None, description="The first admin key, in place of one that the first start makes and prints."
    )
    max_body_bytes: int = Field(
        2 * 1024 * 1024,
        ge=1024,
        description="Largest request body, and line of a batch; a larger one is refused with 413.",
    )
    max_batch_bytes: int | None = Field(
        None, ge=1024, description="Largest body of `/v1/ingest/batch`, which is streamed; by default any."
    )
    busy_timeout_seconds: float = Field(
        5.0,
        ge=0,
        le=60,
        description="How long a request waits for a lock or a connection: then it answers 503.",
    )
    rate_limit_reads: str = Field(
        "600/minute", description="Reads of an address without a key, such as `10/second`; or `off`."
    )
    rate_limit_searches: str = Field(
        "120/minute", description="Searches, feeds and exports of an address without a key; or `off`."
    )
    rate_limit_ingestion: str = Field(
        "120/minute", description="Writes and cleanings of an address without a key; or `off`."
    )
    rate_limit_wrong_keys: str = Field(
        "60/minute", description="Wrong keys from an address, also from an exempt one; or `off`."
    )
    rate_limit_key_factor: int = Field(
        20, ge=1, le=1_000_000, description="How many times the three budgets a client with a key has."
    )
    rate_limit_exempt: str = Field(
        "127.0.0.0/8 ::1",
        description="Addresses and networks without budgets and without a limit of open requests.",
    )
    rate_limit_url: SecretStr | None = Field(
        None, description="Redis that the budgets are shared through; by default each process counts alone."
    )
    max_open_requests: int = Field(
        64, ge=1, description="Requests of one client, streams included, that may be open in a process."
    )
    trusted_proxies: str | None = Field(
        None,
        description="Addresses and networks whose X-Forwarded-* headers are believed; by default none.",
    )
    trusted_hosts: str | None = Field(
        None,
        description="Host names to answer to, such as `news.example *.example.org`; by default any.",
    )
    cors_origins: str | None = Field(
        None, description="Origins whose pages may read the API from a browser, or `*`; by default none."
    )

    @field_validator(
        "database_url",
        "database_read_url",
        "admin_key",
        "public_url",
        "public_read",
        "public_metrics",
        "log_format",
        "log_level",
        "access_log",
        "port",
        "workers",
        "max_body_bytes",
        "max_batch_bytes",
        "busy_timeout_seconds",
        "rate_limit_reads",
        "rate_limit_searches",
        "rate_limit_ingestion",
        "rate_limit_wrong_keys",
        "rate_limit_key_factor",
        "rate_limit_url",
        "max_open_requests",
        "trusted_proxies",
        "trusted_hosts",
        "cors_origins",
        mode="before",
    )
    @classmethod
    def read_empty_as_default(cls, value: Any, info: Any) -> Any:
        """Take an empty variable as one that is not set, as compose files write it."""
        return cls.model_fields[info.field_name].default if value == "" else value

    @field_validator("database_url", "database_read_url")
    @classmethod
    def check_database_url(cls, value: SecretStr | None) -> SecretStr | None:
        """Refuse what is no URL of a database that Dateline knows, before anything tries to use it."""
        if value is not None:
            try:
                driver = make_url(value.get_secret_value()).drivername
            except ArgumentError as error:
                raise ValueError("not a database URL") from error
            if driver not in DRIVERS:
                raise ValueError("not a URL of SQLite or PostgreSQL")
        return value

    @field_validator(
        "rate_limit_reads", "rate_limit_searches", "rate_limit_ingestion", "rate_limit_wrong_keys"
    )
    @classmethod
    def check_limit(cls, value: str) -> str:
        """Refuse what is neither a limit nor `off`."""
        if value != "off" and (parse(value).amount < 1 or not value.isascii()):
            raise ValueError("not a limit such as 600/minute, nor off")
        return value

    @field_validator("rate_limit_exempt", "trusted_proxies")
    @classmethod
    def check_networks(cls, value: str | None) -> str | None:
        """Refuse what is no list of addresses and networks."""
        if value is not None:
            read_networks(value)
        return value

    @field_validator("rate_limit_url")
    @classmethod
    def check_rate_limit_url(cls, value: SecretStr | None) -> SecretStr | None:
        """Refuse what is no URL of Redis."""
        if value is not None and not value.get_secret_value().startswith(("redis://", "rediss://")):
            raise ValueError("not a URL of Redis")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put the `*_FILE` variables between the environment and `.env`."""
        return init_settings, env_settings, SecretFiles(settings_cls), dotenv_settings

    @property
    def effective_database_url(self) -> str:
        """The database's SQLAlchemy URL."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir / 'dateline.db'}"

    @property
    def effective_index_dir(self) -> Path:
        """The folder of the search index."""
        return self.index_dir or self.data_dir / "index"


SECRET_FIELDS = ("database_url", "database_read_url", "admin_key", "rate_limit_url")


def read_list(text: str | None) -> list[str]:
    """Read a list with commas or spaces between."""
    return (text or "").replace(",", " ").split()


def read_networks(text: str | None) -> list[IPv4Network | IPv6Network]:
    """Read a list of addresses and networks; raises ValueError for anything else."""
    return [ip_network(part, strict=False) for part in read_list(text)]


class SecretFiles(PydanticBaseSettingsSource):
    """Reads a secret from the file that `DATELINE_<NAME>_FILE` names."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        """Return the file's text without its line end, or None; the two others as pydantic asks for."""
        path = os.environ.get(f"{PREFIX}{field_name.upper()}_FILE")
        if field_name not in SECRET_FIELDS or not path:
            return None, field_name, False
        return Path(path).read_text(encoding="utf-8").strip(), field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return the secrets that were given as files."""
        fields = self.settings_cls.model_fields
        found = {name: self.get_field_value(field, name)[0] for name, field in fields.items()}
        return {name: value for name, value in found.items() if value is not None}


def list_unknown_variables() -> list[str]:
    """List the `DATELINE_*` variables that name no setting: a typing error must not pass in silence."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    known |= {f"{PREFIX}{name.upper()}_FILE" for name in SECRET_FIELDS}
    known.add(f"{PREFIX}KEY")  # of clients: the documents' commands take their key from it
    # Variables of the test suite and the image, not of the program.
    return sorted(
        name for name in os.environ if name.startswith(PREFIX) and name not in known and "_TEST_" not in name
    )
