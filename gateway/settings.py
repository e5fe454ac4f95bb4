"""Settings: `GATEWAY_...` environment variables or a `.env` file, read once."""

from pydantic import AnyHttpUrl, AwareDatetime, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

MINIMUM_SECRET_BYTES = 32


class Settings(BaseSettings):
    """What an operator can set. Every field is `GATEWAY_` and its name in upper case."""

    model_config = SettingsConfigDict(
        env_prefix="GATEWAY_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    database_url: str = Field(default="", description="PostgreSQL's address: `postgresql://user@host/name`.")
    pool_size: int = Field(default=10, ge=1, description="Most database connections a process opens.")
    pool_timeout: float = Field(default=5, gt=0, description="Seconds a request waits for a connection.")
    statement_timeout: float = Field(default=10, gt=0, description="Seconds a statement may take.")

    jwt_secret: SecretStr | None = Field(
        default=None,
        description="Key of HS256 tokens: 32 bytes or more, the same as the identity provider's.",
    )
    jwks_url: AnyHttpUrl | None = Field(
        default=None, description="Where the public keys of RS256, ES256 and EdDSA tokens are."
    )
    jwt_issuer: str | None = Field(default=None, description="The `iss` that tokens must carry, if set.")
    jwt_audience: str | None = Field(default=None, description="The `aud` that tokens must carry, if set.")

    max_body_bytes: int = Field(default=1_000_000, ge=1, description="Largest request body; beyond it: 413.")
    max_depth: int = Field(default=15, ge=1, description="Deepest nesting of a GraphQL operation.")
    max_aliases: int = Field(default=50, ge=0, description="Most aliases of an operation.")
    max_directives: int = Field(default=50, ge=0, description="Most directives of an operation.")
    max_root_fields: int = Field(default=100, ge=1, description="Most root fields of an operation.")
    max_fields: int = Field(default=2000, ge=1, description="Most fields, counted as often as fragments spread them.")
    max_tokens: int = Field(default=2000, ge=1, description="Most tokens of a document.")
    max_characters: int = Field(default=1_000_000, ge=1, description="Longest document, in characters.")
    max_batch: int = Field(default=10, ge=1, description="Most operations of a batched request.")
    max_cost: int = Field(default=10_000, ge=1, description="Most rows that an operation's pages may ask for.")
    compiled: bool = Field(
        default=True, description="Whether GraphQL operations are compiled; off: graphql-core runs them."
    )
    federation: bool = Field(
        default=False,
        description="Whether GraphQL also answers an Apollo Federation 2 router: `_entities`, `_service`.",
    )
    budget: int | None = Field(
        default=None, ge=1, description="Rows an organization may ask for in a minute, in each process."
    )
    documents: str | None = Field(default=None, description="File of trusted documents (a manifest).")
    documents_mode: str = Field(
        default="off",
        pattern="^(off|log|only)$",
        description="What becomes of other documents: `off` runs them, `log` notes them, `only` refuses them.",
    )
    cors_origins: str = Field(
        default="", description="Origins whose pages may ask from browsers, separated by spaces; `*`: all."
    )
    rest_deprecated_at: AwareDatetime | None = Field(
        default=None, description="Since when the REST interface is deprecated: its answers say so (RFC 9745)."
    )
    rest_sunset_at: AwareDatetime | None = Field(
        default=None, description="When the REST interface goes away: its answers say so (RFC 8594)."
    )
    metrics_token: SecretStr | None = Field(default=None, description="The bearer token that `/metrics` asks for.")
    log_level: str = Field(
        default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="DEBUG, INFO, WARNING or ERROR."
    )
    log_format: str = Field(default="console", pattern="^(console|json)$", description="`console` or `json`.")

    @field_validator("jwt_secret")
    @classmethod
    def _long_enough(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and len(secret.get_secret_value().encode()) < MINIMUM_SECRET_BYTES:
            raise ValueError(f"must be at least {MINIMUM_SECRET_BYTES} bytes long")
        return secret


def read_settings() -> Settings:
    """Read the environment and `.env`. Raises pydantic's ValidationError, naming the setting."""
    return Settings()
