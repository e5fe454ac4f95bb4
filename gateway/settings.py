"""Settings: `GATEWAY_...` environment variables or a `.env` file, read once."""

import re
from importlib.util import find_spec
from typing import Literal

from pydantic import AnyHttpUrl, AwareDatetime, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "GATEWAY_"
MINIMUM_SECRET_BYTES = 32
LONGEST_SECONDS = 86_400

_ORIGIN = re.compile(r"https?://[^/?#@\s]+|\*|null")


class Settings(BaseSettings):
    """What an operator can set. Every field is `GATEWAY_` and its name in upper case."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    database_url: str = Field(default="", description="PostgreSQL's address: `postgresql://user@host/name`.")
    direct_url: str = Field(
        default="",
        description="The same database without a pooler in between, for listening and commands: [how](scale.md).",
    )
    prepare: bool = Field(
        default=True, description="Whether statements are prepared; off behind a PgBouncer before 1.21."
    )
    pool_size: int = Field(
        default=10,
        ge=1,
        le=1000,
        description="Most database connections a process opens; an organization gets at most four fifths:"
        " [why](reliability.md).",
    )
    pool_timeout: float = Field(
        default=5, gt=0, le=LONGEST_SECONDS, description="Seconds a request waits for a connection."
    )
    statement_timeout: float = Field(
        default=10, ge=0.001, le=LONGEST_SECONDS, description="Seconds a statement may take."
    )
    lock_timeout: float = Field(
        default=5,
        ge=0,
        le=LONGEST_SECONDS,
        description="Seconds a statement waits for a lock; `0`: no limit but its own timeout.",
    )
    row_security: bool = Field(
        default=False, description="Whether row-level security separates organizations, too: [how](security.md)."
    )
    replica_urls: str = Field(
        default="",
        description="Addresses of replicas to read from, separated by spaces: [how](scale.md).",
    )
    replica_lag: float = Field(
        default=5, gt=0, le=LONGEST_SECONDS, description="Seconds a replica may lag behind and still be used."
    )

    jwt_secret: SecretStr | None = Field(
        default=None,
        description="Key of HS256 tokens: 32 bytes or more, the same as the identity provider's.",
    )
    jwks_url: AnyHttpUrl | None = Field(
        default=None, description="Where the public keys of RS256, ES256 and EdDSA tokens are."
    )
    jwt_issuer: str | None = Field(default=None, description="The `iss` that tokens must carry, if set.")
    jwt_audience: str | None = Field(default=None, description="The `aud` that tokens must carry, if set.")

    request_timeout: float = Field(
        default=30, ge=0.001, le=LONGEST_SECONDS, description="Seconds a REST call or a GraphQL operation may take."
    )
    client_timeout: float = Field(
        default=30,
        ge=0.001,
        le=LONGEST_SECONDS,
        description="Seconds a client may take to send a request, or to take 64 KiB of a large answer.",
    )
    max_connections: int = Field(default=2000, ge=1, description="Most client connections of a process.")
    max_requests: int = Field(
        default=256,
        ge=1,
        description="Most requests that run at once in a process, an organization's at most four fifths; further ones"
        " get 503 at once.",
    )
    max_head_bytes: int = Field(default=32_768, ge=1, description="Longest head of a request; beyond it: 431.")
    max_body_bytes: int = Field(default=1_000_000, ge=1, description="Largest request body; beyond it: 413.")
    max_answer_bytes: int = Field(
        default=16_000_000,
        ge=0,
        description="Most bytes that an operation or a batch may read from the database; what is shown several times"
        " counts each time. `0`: no limit.",
    )
    budget: int | None = Field(
        default=None, ge=1, description="Rows an organization may ask for in a minute, in each process."
    )
    cors_origins: str = Field(
        default="", description="Origins whose pages may call from browsers, separated by spaces; `*`: all."
    )
    drain: float = Field(
        default=5,
        ge=0,
        le=LONGEST_SECONDS,
        description="Seconds a process keeps serving after SIGTERM, while `/readyz` is 503.",
    )

    max_depth: int = Field(default=15, ge=1, description="Deepest nesting of a GraphQL operation.")
    max_aliases: int = Field(default=50, ge=0, description="Most aliases of an operation.")
    max_directives: int = Field(default=50, ge=0, description="Most directives of an operation.")
    max_root_fields: int = Field(default=100, ge=1, description="Most root fields of an operation.")
    max_fields: int = Field(default=2000, ge=1, description="Most fields, counted as often as fragments spread them.")
    max_tokens: int = Field(default=2000, ge=1, description="Most tokens of a document.")
    max_characters: int = Field(default=1_000_000, ge=1, description="Longest document, in characters.")
    max_cost: int = Field(default=10_000, ge=1, description="Most rows that an operation's pages may ask for.")
    max_batch: int = Field(default=10, ge=1, description="Most operations of a batched request.")
    max_socket_operations: int = Field(default=100, ge=1, description="Most operations on a WebSocket at once.")
    max_sockets: int = Field(
        default=5_000, ge=1, description="Most WebSockets of an organization at once, in each process."
    )
    max_subscriptions: int = Field(
        default=10_000, ge=1, description="Most subscriptions of an organization at once, in each process."
    )
    documents: str | None = Field(default=None, description="File of trusted documents (a manifest).")
    documents_mode: Literal["off", "log", "only"] = Field(
        default="off",
        description="Other documents are: `off`, run; `log`, run and logged; `only`, refused.",
    )
    introspection: bool = Field(
        default=True, description="Whether introspection is allowed; if not, errors do not suggest names either."
    )
    compiled: bool = Field(
        default=True, description="Whether GraphQL operations are compiled; off: graphql-core runs them."
    )
    federation: bool = Field(
        default=False,
        description="Whether the schema is an Apollo Federation 2 subgraph, with `_entities` and `_service`.",
    )

    rest_deprecated_at: AwareDatetime | None = Field(
        default=None, description="Since when the REST interface is deprecated: sent as `Deprecation` (RFC 9745)."
    )
    rest_sunset_at: AwareDatetime | None = Field(
        default=None, description="When the REST interface ends: sent as `Sunset` (RFC 8594)."
    )

    metrics_token: SecretStr | None = Field(default=None, description="The bearer token that `/metrics` asks for.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="DEBUG, INFO, WARNING or ERROR."
    )
    log_format: Literal["console", "json"] = Field(default="console", description="`console` or `json`.")
    slow_milliseconds: int = Field(
        default=1000,
        ge=0,
        description="Requests that take this long are logged with their SQL, without values; `0`: none.",
    )
    server_timing: bool = Field(default=False, description="Whether responses have the header `Server-Timing`.")
    otel: bool = Field(
        default=False,
        description="Whether traces and metrics go to an OpenTelemetry collector, which the variables `OTEL_...` name.",
    )

    @property
    def session_url(self) -> str:
        """Where a connection is ours for as long as we hold it."""
        return self.direct_url or self.database_url

    @field_validator("jwt_secret")
    @classmethod
    def _long_enough(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and len(secret.get_secret_value().encode()) < MINIMUM_SECRET_BYTES:
            raise ValueError(f"must be at least {MINIMUM_SECRET_BYTES} bytes long")
        return secret

    @field_validator("documents_mode")
    @classmethod
    def _has_documents(cls, mode: str, others: ValidationInfo) -> str:
        if mode == "only" and not others.data.get("documents"):
            raise ValueError("must not be only while GATEWAY_DOCUMENTS is not set: nothing could be run")
        return mode

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, origins: str) -> str:
        for origin in origins.split():
            if not _ORIGIN.fullmatch(origin):
                raise ValueError("must be origins like https://app.example.com, without a path")
        return origins

    @field_validator("rest_sunset_at")
    @classmethod
    def _after_deprecation(cls, sunset: AwareDatetime | None, others: ValidationInfo) -> AwareDatetime | None:
        deprecated = others.data.get("rest_deprecated_at")
        if sunset and deprecated and sunset < deprecated:
            raise ValueError("must not be before GATEWAY_REST_DEPRECATED_AT")
        return sunset

    @field_validator("otel")
    @classmethod
    def _is_installed(cls, otel: bool) -> bool:
        if otel and not (find_spec("opentelemetry") and find_spec("opentelemetry.sdk")):
            raise ValueError("needs OpenTelemetry: install conversations-gateway[otel]")
        return otel

    @field_validator("metrics_token")
    @classmethod
    def _fits_a_header(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and not re.fullmatch("[!-~]+", token.get_secret_value()):
            raise ValueError("must be of visible ASCII characters")
        return token


def read_settings() -> Settings:
    """Read the environment and `.env`. Raises pydantic's ValidationError, naming the setting."""
    return Settings()


def settings_table() -> str:
    """Write all settings as a table in Markdown: the one in the documentation."""
    rows = ["| setting | default | what it is |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        default = str(field.default).lower() if isinstance(field.default, bool) else field.default
        shown = f"`{default}`" if default not in {None, ""} else ""
        rows.append(f"| `{PREFIX}{name.upper()}` | {shown} | {field.description} |")
    return "\n".join(rows)
