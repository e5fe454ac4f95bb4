"""The tables as SQLAlchemy knows them. The migrations create them; a test compares the two.

Every primary key starts with the organization and every foreign key carries it: tenancy is in the keys.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    func,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, array

from gateway.records import Channel, ConversationStatus, LeadChannel, LeadStatus, MessageRole

NAME_KEY_LENGTH = 200
"""Leads are ordered by this many characters of their name: an index entry has a size limit, a name has none."""

VERSION_TABLE = "gateway_migrations"
"""Not Alembic's default name: other programs of the same database may use Alembic as well."""

metadata = MetaData()


def _one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_documented")


def _finite(*columns: str) -> CheckConstraint:
    # PostgreSQL's timestamps reach beyond the years 1 to 9999, RFC 3339's and Python's do not.
    within = " AND ".join(f"{column} >= '0001-01-02' AND {column} < '9999-12-31'" for column in columns)
    return CheckConstraint(within, name="timestamps_representable")


def _object(column: str) -> CheckConstraint:
    return CheckConstraint(f"jsonb_typeof({column}) = 'object'", name=f"{column}_is_object")


def _timestamp(name: str, default: str) -> Column[datetime]:
    return Column(name, DateTime(timezone=True), nullable=False, server_default=text(default))


def _id() -> Column[UUID]:
    return Column("id", Uuid, primary_key=True, server_default=text("gen_random_uuid()"))


leads = Table(
    "leads",
    metadata,
    Column("organization_id", Uuid, primary_key=True),
    _id(),
    Column("name", Text, nullable=False),
    Column("phone", Text),
    Column("email", Text),
    Column("company", Text),
    Column("channel", Text, nullable=False),
    Column("channel_id", Text),
    Column("status", Text, nullable=False, server_default=text("'new'")),
    Column("preferred_services", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("appointment_notes", Text),
    Column("metadata", JSONB, nullable=False, server_default=text("'{}'")),
    _timestamp("created_at", "now()"),
    _timestamp("updated_at", "now()"),
    _one_of("channel", LeadChannel),
    _one_of("status", LeadStatus),
    _object("metadata"),
    _finite("created_at", "updated_at"),
    CheckConstraint("array_position(preferred_services, NULL) IS NULL", name="preferred_services_present"),
)

conversations = Table(
    "conversations",
    metadata,
    Column("organization_id", Uuid, primary_key=True),
    _id(),
    Column("lead_id", Uuid, nullable=False),
    Column("session_key", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'active'")),
    Column("message_count", BigInteger, nullable=False, server_default=text("0")),
    _timestamp("created_at", "now()"),
    _timestamp("updated_at", "now()"),
    Column("last_message_at", DateTime(timezone=True)),
    Column("last_message_preview", Text),
    _one_of("channel", Channel),
    _one_of("status", ConversationStatus),
    _finite("created_at", "updated_at"),
    ForeignKeyConstraint(["organization_id", "lead_id"], ["leads.organization_id", "leads.id"], ondelete="CASCADE"),
)

messages = Table(
    "messages",
    metadata,
    Column("organization_id", Uuid, primary_key=True),
    _id(),
    Column("conversation_id", Uuid, nullable=False),
    Column("role", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("metadata", JSONB, nullable=False, server_default=text("'{}'")),
    # A trigger replaces the default with the clock's time, in the order of commits.
    _timestamp("created_at", "'-infinity'"),
    Column("arrival", BigInteger, Identity(always=True), nullable=False),
    Column(
        "transaction_id",
        BigInteger,
        nullable=False,
        server_default=text("pg_current_xact_id()::text::bigint"),
    ),
    _one_of("role", MessageRole),
    _object("metadata"),
    _finite("created_at"),
    ForeignKeyConstraint(
        ["organization_id", "conversation_id"],
        ["conversations.organization_id", "conversations.id"],
        ondelete="CASCADE",
    ),
)

# The length stands in the text, not in a parameter: only then is it the index's expression.
lead_name_key = func.left(leads.c.name, literal_column(str(NAME_KEY_LENGTH)), type_=Text)

# One index per order that a list can have, each starting with the organization.
for table in (leads, conversations):
    for column in ("created_at", "updated_at"):
        Index(f"{table.name}_by_{column}", table.c.organization_id, table.c[column], table.c.id)
Index("leads_by_name", leads.c.organization_id, lead_name_key, leads.c.id)
Index(
    "conversations_by_message_count",
    conversations.c.organization_id,
    conversations.c.message_count,
    conversations.c.id,
)
for column in ("lead_id", "status"):
    Index(
        f"conversations_by_{column}",
        conversations.c.organization_id,
        conversations.c[column],
        conversations.c.updated_at,
        conversations.c.id,
    )
Index(
    "messages_by_conversation",
    messages.c.organization_id,
    messages.c.conversation_id,
    messages.c.created_at,
    messages.c.arrival,
)
Index("messages_by_transaction", messages.c.organization_id, messages.c.transaction_id)
Index("messages_by_created_at", messages.c.organization_id, messages.c.created_at, messages.c.arrival)

# What searches are answered by: functions of the migrations, which the indexes are made of.
message_words = func.gateway_words(messages.c.organization_id, messages.c.content)
lead_parts = func.gateway_parts(
    leads.c.organization_id, array([leads.c.name, leads.c.email, leads.c.company, leads.c.phone])
)
Index("messages_by_words", message_words, postgresql_using="gin")
Index("leads_by_parts", lead_parts, postgresql_using="gin")

row_counts = Table(
    "row_counts",
    metadata,
    Column("organization_id", Uuid, primary_key=True),
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("counted", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("difference", BigInteger, nullable=False),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("organization_id", Uuid, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request", LargeBinary, nullable=False),
    Column("row_id", Uuid, nullable=False),
    _timestamp("created_at", "now()"),
)
Index("idempotency_keys_by_created_at", idempotency_keys.c.organization_id, idempotency_keys.c.created_at)

_views = MetaData()
SEARCHED = {table: table.to_metadata(_views, name=f"searched_{table.name}") for table in (leads, messages)}
"""Views of tables, through which searches use their indexes under row security too."""
