"""Events: what commits is announced, and messages know their transaction, so that none is missed or told twice."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column(
        "messages",
        sa.Column(
            "transaction_id",
            sa.BigInteger,
            nullable=False,
            server_default=sa.text("pg_current_xact_id()::text::bigint"),
        ),
    )
    op.create_index("messages_by_transaction", "messages", ["organization_id", "transaction_id"])
    # What the trigger replaces with the clock's time, once the conversation is locked.
    op.alter_column("messages", "created_at", server_default=sa.text("'-infinity'"))
    schema = op.get_bind().dialect.identifier_preparer.quote(op.get_bind().scalar(sa.text("SELECT current_schema()")))
    for statement in (ARRIVES, ANNOUNCE, *TRIGGERS):
        op.execute(statement.replace("{schema}", schema))


# The conversation is locked before its message gets a number and a time: in one conversation messages arrive,
# and are listed, in the order in which they commit. The function's owner may use the sequence; its caller,
# who may only insert, need not. Bulk imports bring their own order and are not watched.
ARRIVES = """
CREATE FUNCTION {schema}.gateway_message_arrives() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_setting('gateway.bulk', true) IS DISTINCT FROM 'on' THEN
        PERFORM FROM {schema}.conversations c
            WHERE c.organization_id = NEW.organization_id AND c.id = NEW.conversation_id FOR NO KEY UPDATE;
        NEW.arrival := nextval('{schema}.messages_arrival_seq');
        NEW.transaction_id := pg_current_xact_id()::text::bigint;
    ELSE
        NEW.transaction_id := 0;
    END IF;
    NEW.created_at := coalesce(nullif(NEW.created_at, '-infinity'), clock_timestamp());
    RETURN NEW;
END $$
"""

# Ids only, a hundred at a time: an announcement has a size limit.
ANNOUNCE = """
CREATE FUNCTION {schema}.gateway_announce() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('gateway.bulk', true) IS DISTINCT FROM 'on' THEN
        PERFORM pg_notify('gateway_changes', json_build_object(
            'table', TG_TABLE_NAME,
            'organization', organization_id,
            'ids', json_agg(id))::text)
        FROM (SELECT organization_id, id, (row_number() OVER (PARTITION BY organization_id) - 1) / 100 AS part
              FROM changed) AS numbered
        GROUP BY organization_id, part;
    END IF;
    RETURN NULL;
END $$
"""

TRIGGERS = (
    """
    CREATE TRIGGER gateway_message_arrives BEFORE INSERT ON {schema}.messages
    FOR EACH ROW EXECUTE FUNCTION {schema}.gateway_message_arrives()
    """,
    *(
        f"""
        CREATE TRIGGER gateway_announce_{event} AFTER {event} ON {{schema}}.{table}
        REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION {{schema}}.gateway_announce()
        """
        for table in ("leads", "conversations")
        for event in ("insert", "update")
    ),
)
