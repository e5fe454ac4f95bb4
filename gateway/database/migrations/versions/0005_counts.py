"""Counts of rows by status and channel: a list's length, without counting it.

A change adds a row with its difference, and so waits for nobody; a count is the sum of the rows. Now and then a
writer adds some of them up, passing over those that others have in hand.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "row_counts",
        sa.Column("organization_id", sa.Uuid, primary_key=True),
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("counted", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("difference", sa.BigInteger, nullable=False),
    )
    schema = op.get_bind().dialect.identifier_preparer.quote(op.get_bind().scalar(sa.text("SELECT current_schema()")))
    for statement in (ADD_UP, COUNT, COUNT_CHANGE, COUNT_TRUNCATE, *TRIGGERS, *ALREADY_THERE):
        op.execute(statement.replace("{schema}", schema).replace("{as_owner}", AS_OWNER))


# Run by whoever writes, who need not have a right to this table.
AS_OWNER = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp"

ADD_UP = """
CREATE FUNCTION {schema}.gateway_add_up(organization uuid) RETURNS void {as_owner} AS $$
BEGIN
    WITH free AS (
        SELECT c.id FROM {schema}.row_counts c WHERE c.organization_id = organization
        LIMIT 1000 FOR UPDATE SKIP LOCKED
    ), taken AS (
        DELETE FROM {schema}.row_counts c USING free
        WHERE c.organization_id = organization AND c.id = free.id
        RETURNING c.counted, c.status, c.channel, c.difference
    )
    INSERT INTO {schema}.row_counts (organization_id, counted, status, channel, difference)
    SELECT organization, counted, status, channel, sum(difference) FROM taken
    GROUP BY counted, status, channel HAVING sum(difference) <> 0;
END $$
"""

COUNT = """
CREATE FUNCTION {schema}.gateway_count() RETURNS trigger {as_owner} AS $$
DECLARE
    one CONSTANT integer := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
BEGIN
    INSERT INTO {schema}.row_counts (organization_id, counted, status, channel, difference)
    SELECT organization_id, TG_TABLE_NAME, status, channel, one * count(*) FROM changed
    GROUP BY organization_id, status, channel;
    IF random() < 0.02 AND current_setting('transaction_isolation') = 'read committed' THEN
        PERFORM {schema}.gateway_add_up(one_of_them.organization_id)
            FROM (SELECT organization_id FROM changed LIMIT 1) AS one_of_them;
    END IF;
    RETURN NULL;
END $$
"""

COUNT_CHANGE = """
CREATE FUNCTION {schema}.gateway_count_change() RETURNS trigger {as_owner} AS $$
BEGIN
    INSERT INTO {schema}.row_counts (organization_id, counted, status, channel, difference) VALUES
        (OLD.organization_id, TG_TABLE_NAME, OLD.status, OLD.channel, -1),
        (NEW.organization_id, TG_TABLE_NAME, NEW.status, NEW.channel, 1);
    IF random() < 0.02 AND current_setting('transaction_isolation') = 'read committed' THEN
        PERFORM {schema}.gateway_add_up(NEW.organization_id);
    END IF;
    RETURN NULL;
END $$
"""

COUNT_TRUNCATE = """
CREATE FUNCTION {schema}.gateway_count_truncate() RETURNS trigger {as_owner} AS $$
BEGIN
    DELETE FROM {schema}.row_counts WHERE counted = TG_TABLE_NAME;
    RETURN NULL;
END $$
"""

_COUNTED = ("leads", "conversations")

TRIGGERS = [
    trigger
    for table in _COUNTED
    for trigger in (
        f"""
        CREATE TRIGGER gateway_count_insert AFTER INSERT ON {{schema}}.{table}
        REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION {{schema}}.gateway_count()
        """,
        f"""
        CREATE TRIGGER gateway_count_delete AFTER DELETE ON {{schema}}.{table}
        REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION {{schema}}.gateway_count()
        """,
        f"""
        CREATE TRIGGER gateway_count_update AFTER UPDATE ON {{schema}}.{table} FOR EACH ROW
        WHEN ((OLD.organization_id, OLD.status, OLD.channel)
            IS DISTINCT FROM (NEW.organization_id, NEW.status, NEW.channel))
        EXECUTE FUNCTION {{schema}}.gateway_count_change()
        """,
        f"""
        CREATE TRIGGER gateway_count_truncate AFTER TRUNCATE ON {{schema}}.{table}
        FOR EACH STATEMENT EXECUTE FUNCTION {{schema}}.gateway_count_truncate()
        """,
    )
]

ALREADY_THERE = [
    """
    INSERT INTO {schema}.row_counts (organization_id, counted, status, channel, difference)
    SELECT organization_id, '{table}', status, channel, count(*) FROM {schema}.{table}
    GROUP BY organization_id, status, channel
    """.replace("{table}", table)
    for table in _COUNTED
]
