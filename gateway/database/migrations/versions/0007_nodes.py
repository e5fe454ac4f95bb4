"""Functions of triggers as the nodes of a cluster need them: on Citus, rows lie in shards.

A shard is called like its table, with a number behind. And there what joins the changed rows with a table does not find
them: they are taken apart first.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    schema = op.get_bind().dialect.identifier_preparer.quote(op.get_bind().scalar(sa.text("SELECT current_schema()")))
    for function in (ANNOUNCE, COUNT, COUNT_CHANGE):
        op.execute(function.replace("{schema}", schema).replace("{as_owner}", AS_OWNER))


AS_OWNER = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp"

ANNOUNCE = """
CREATE OR REPLACE FUNCTION {schema}.gateway_announce() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('gateway.bulk', true) IS DISTINCT FROM 'on' THEN
        PERFORM pg_notify('gateway_changes', json_build_object(
            'table', rtrim(TG_TABLE_NAME, '_0123456789'),
            'organization', organization_id,
            'ids', json_agg(id))::text)
        FROM (SELECT organization_id, id, (row_number() OVER (PARTITION BY organization_id) - 1) / 100 AS part
              FROM changed) AS numbered
        GROUP BY organization_id, part;
    END IF;
    RETURN NULL;
END $$
"""

COUNT = """
CREATE OR REPLACE FUNCTION {schema}.gateway_count() RETURNS trigger {as_owner} AS $$
DECLARE
    known_as CONSTANT text := rtrim(TG_TABLE_NAME, '_0123456789');
    one CONSTANT integer := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
    alike record;
BEGIN
    FOR alike IN SELECT organization_id, status, channel, one * count(*) AS difference
        FROM changed GROUP BY organization_id, status, channel
    LOOP
        INSERT INTO {schema}.row_counts (organization_id, counted, status, channel, difference)
        VALUES (alike.organization_id, known_as, alike.status, alike.channel, alike.difference);
    END LOOP;
    IF random() < 0.02 AND alike IS NOT NULL AND current_setting('transaction_isolation') = 'read committed' THEN
        PERFORM {schema}.gateway_add_up(alike.organization_id);
    END IF;
    RETURN NULL;
END $$
"""

COUNT_CHANGE = """
CREATE OR REPLACE FUNCTION {schema}.gateway_count_change() RETURNS trigger {as_owner} AS $$
DECLARE
    known_as CONSTANT text := rtrim(TG_TABLE_NAME, '_0123456789');
BEGIN
    INSERT INTO {schema}.row_counts (organization_id, counted, status, channel, difference) VALUES
        (OLD.organization_id, known_as, OLD.status, OLD.channel, -1),
        (NEW.organization_id, known_as, NEW.status, NEW.channel, 1);
    IF random() < 0.02 AND current_setting('transaction_isolation') = 'read committed' THEN
        PERFORM {schema}.gateway_add_up(NEW.organization_id);
    END IF;
    RETURN NULL;
END $$
"""
