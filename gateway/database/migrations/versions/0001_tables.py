"""The tables, their indexes, and the triggers that keep what the database keeps itself."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0001"
down_revision = None


def upgrade() -> None:
    _create_leads()
    _create_conversations()
    _create_messages()
    schema = op.get_bind().dialect.identifier_preparer.quote(op.get_bind().scalar(sa.text("SELECT current_schema()")))
    # Functions name the schema: programs with another search path fire these triggers too.
    for statement in (PREVIEW, TOUCH, COUNTERS, RECOUNT, MESSAGES_CHANGED, MESSAGES_TRUNCATED, *TRIGGERS):
        op.execute(statement.replace("{schema}", schema))


def _timestamp(name: str, default: str = "now()") -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=sa.text(default))


def _key() -> list[sa.Column[UUID]]:
    return [
        sa.Column("organization_id", sa.Uuid, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True, server_default=sa.text("gen_random_uuid()")),
    ]


def _create_leads() -> None:
    op.create_table(
        "leads",
        *_key(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("phone", sa.Text),
        sa.Column("email", sa.Text),
        sa.Column("company", sa.Text),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("channel_id", sa.Text),
        sa.Column("status", sa.Text, nullable=False, server_default=sa.text("'new'")),
        sa.Column("preferred_services", ARRAY(sa.Text), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("appointment_notes", sa.Text),
        sa.Column("metadata", JSONB, nullable=False, server_default=sa.text("'{}'")),
        _timestamp("created_at"),
        _timestamp("updated_at"),
        sa.CheckConstraint("channel IN ('whatsapp', 'telegram', 'web', 'email', 'voice')", name="channel_documented"),
        sa.CheckConstraint(
            "status IN ('new', 'contacted', 'booking_offered', 'booked', 'confirmed', 'completed', 'no_show',"
            " 'cancelled', 'lost')",
            name="status_documented",
        ),
        sa.CheckConstraint("jsonb_typeof(metadata) = 'object'", name="metadata_is_object"),
        sa.CheckConstraint(_representable("created_at", "updated_at"), name="timestamps_representable"),
        sa.CheckConstraint("array_position(preferred_services, NULL) IS NULL", name="preferred_services_present"),
    )
    op.create_index("leads_by_created_at", "leads", ["organization_id", "created_at", "id"])
    op.create_index("leads_by_updated_at", "leads", ["organization_id", "updated_at", "id"])
    op.create_index("leads_by_name", "leads", ["organization_id", sa.text('"left"(name, 200)'), "id"])


def _create_conversations() -> None:
    op.create_table(
        "conversations",
        *_key(),
        sa.Column("lead_id", sa.Uuid, nullable=False),
        sa.Column("session_key", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False, server_default=sa.text("'active'")),
        sa.Column("message_count", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        _timestamp("created_at"),
        _timestamp("updated_at"),
        sa.Column("last_message_at", sa.DateTime(timezone=True)),
        sa.Column("last_message_preview", sa.Text),
        sa.CheckConstraint("channel IN ('whatsapp', 'telegram', 'web', 'voice')", name="channel_documented"),
        sa.CheckConstraint("status IN ('active', 'completed', 'escalated', 'abandoned')", name="status_documented"),
        sa.CheckConstraint(_representable("created_at", "updated_at"), name="timestamps_representable"),
        sa.ForeignKeyConstraint(
            ["organization_id", "lead_id"], ["leads.organization_id", "leads.id"], ondelete="CASCADE"
        ),
    )
    for column in ("created_at", "updated_at", "message_count"):
        op.create_index(f"conversations_by_{column}", "conversations", ["organization_id", column, "id"])
    for column in ("lead_id", "status"):
        op.create_index(f"conversations_by_{column}", "conversations", ["organization_id", column, "updated_at", "id"])


def _create_messages() -> None:
    op.create_table(
        "messages",
        *_key(),
        sa.Column("conversation_id", sa.Uuid, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("metadata", JSONB, nullable=False, server_default=sa.text("'{}'")),
        _timestamp("created_at", "clock_timestamp()"),
        sa.Column("arrival", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.CheckConstraint("role IN ('user', 'assistant', 'system')", name="role_documented"),
        sa.CheckConstraint("jsonb_typeof(metadata) = 'object'", name="metadata_is_object"),
        sa.CheckConstraint(_representable("created_at"), name="timestamps_representable"),
        sa.ForeignKeyConstraint(
            ["organization_id", "conversation_id"],
            ["conversations.organization_id", "conversations.id"],
            ondelete="CASCADE",
        ),
    )
    op.create_index(
        "messages_by_conversation",
        "messages",
        ["organization_id", "conversation_id", "created_at", "arrival"],
    )


def _representable(*columns: str) -> str:
    return " AND ".join(f"{column} >= '0001-01-02' AND {column} < '9999-12-31'" for column in columns)


# White space as Unicode has it, named one by one: what \s means depends on the database's locale.
PREVIEW = r"""
CREATE FUNCTION {schema}.gateway_preview(content text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
DECLARE
    space CONSTANT text :=
        '[\u0009-\u000d\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+';
    folded text;
BEGIN
    -- The beginning is enough, unless it is mostly white space.
    folded := btrim(regexp_replace(left(content, 400), space, ' ', 'g'), ' ');
    IF char_length(folded) <= 100 AND char_length(content) > 400 THEN
        folded := btrim(regexp_replace(content, space, ' ', 'g'), ' ');
    END IF;
    RETURN left(folded, 100) || CASE WHEN char_length(folded) > 100 THEN '...' ELSE '' END;
END $$
"""

# A bulk import brings its own times: it sets gateway.bulk for its transaction.
TOUCH = """
CREATE FUNCTION {schema}.gateway_touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('gateway.bulk', true) IS DISTINCT FROM 'on' THEN
        NEW.updated_at := greatest(clock_timestamp(), OLD.updated_at);
    END IF;
    RETURN NEW;
END $$
"""

# Only the messages' trigger, one level deeper, may set what is counted from messages.
COUNTERS = """
CREATE FUNCTION {schema}.gateway_counters() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.message_count := 0;
        NEW.last_message_at := NULL;
        NEW.last_message_preview := NULL;
    ELSIF pg_trigger_depth() < 2 THEN
        NEW.message_count := OLD.message_count;
        NEW.last_message_at := OLD.last_message_at;
        NEW.last_message_preview := OLD.last_message_preview;
    END IF;
    RETURN NEW;
END $$
"""

# The row is locked first, so that the statement after it sees what other writers committed meanwhile.
RECOUNT = """
CREATE FUNCTION {schema}.gateway_recount(organization uuid, conversation uuid, difference bigint)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM {schema}.conversations c
        WHERE c.organization_id = organization AND c.id = conversation FOR NO KEY UPDATE;
    UPDATE {schema}.conversations c
    SET message_count = c.message_count + difference,
        (last_message_at, last_message_preview) = (
            SELECT m.created_at, {schema}.gateway_preview(m.content)
            FROM {schema}.messages m
            WHERE m.organization_id = organization AND m.conversation_id = conversation
            ORDER BY m.created_at DESC, m.arrival DESC LIMIT 1)
    WHERE c.organization_id = organization AND c.id = conversation;
END $$
"""

# Aggregated first, then row by row in one order: concurrent deletes and imports do not deadlock over counters.
MESSAGES_CHANGED = """
CREATE FUNCTION {schema}.gateway_messages_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed record;
BEGIN
    IF TG_OP = 'INSERT' THEN
        FOR changed IN SELECT organization_id, conversation_id, count(*) AS difference
            FROM added GROUP BY 1, 2 ORDER BY 1, 2
        LOOP
            PERFORM {schema}.gateway_recount(
                changed.organization_id, changed.conversation_id, changed.difference);
        END LOOP;
    ELSIF TG_OP = 'DELETE' THEN
        FOR changed IN SELECT organization_id, conversation_id, -count(*) AS difference
            FROM removed GROUP BY 1, 2 ORDER BY 1, 2
        LOOP
            PERFORM {schema}.gateway_recount(
                changed.organization_id, changed.conversation_id, changed.difference);
        END LOOP;
    ELSE
        FOR changed IN SELECT organization_id, conversation_id, sum(one)::bigint AS difference
            FROM (SELECT organization_id, conversation_id, 1 AS one FROM added
                  UNION ALL SELECT organization_id, conversation_id, -1 FROM removed) AS moved
            GROUP BY 1, 2 ORDER BY 1, 2
        LOOP
            PERFORM {schema}.gateway_recount(
                changed.organization_id, changed.conversation_id, changed.difference);
        END LOOP;
    END IF;
    RETURN NULL;
END $$
"""

MESSAGES_TRUNCATED = """
CREATE FUNCTION {schema}.gateway_messages_truncated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE {schema}.conversations
    SET message_count = 0, last_message_at = NULL, last_message_preview = NULL
    WHERE message_count > 0;
    RETURN NULL;
END $$
"""

TRIGGERS = (
    *(
        f"""
        CREATE TRIGGER gateway_touch BEFORE UPDATE ON {{schema}}.{table}
        FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION {{schema}}.gateway_touch()
        """
        for table in ("leads", "conversations")
    ),
    """
    CREATE TRIGGER gateway_counters
    BEFORE INSERT OR UPDATE OF message_count, last_message_at, last_message_preview
    ON {schema}.conversations FOR EACH ROW EXECUTE FUNCTION {schema}.gateway_counters()
    """,
    *(
        f"""
        CREATE TRIGGER gateway_messages_{event} AFTER {operation} ON {{schema}}.messages
        REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION {{schema}}.gateway_messages_changed()
        """
        for event, operation, tables in (
            ("inserted", "INSERT", "NEW TABLE AS added"),
            ("updated", "UPDATE", "NEW TABLE AS added OLD TABLE AS removed"),
            ("deleted", "DELETE", "OLD TABLE AS removed"),
        )
    ),
    """
    CREATE TRIGGER gateway_messages_truncated AFTER TRUNCATE ON {schema}.messages
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.gateway_messages_truncated()
    """,
)
