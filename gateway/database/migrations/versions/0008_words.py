"""Words of messages: none that is searched for is found in the organization's id any more.

The id is among the words of the index. With a space in front, it does not begin like a word.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    schema = op.get_bind().dialect.identifier_preparer.quote(op.get_bind().scalar(sa.text("SELECT current_schema()")))
    for statement in (WORDS, QUERY, *INDEX):
        op.execute(statement.replace("{schema}", schema))


WORDS = """
CREATE OR REPLACE FUNCTION {schema}.gateway_words(organization uuid, content text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT to_tsvector('pg_catalog.simple'::regconfig, left(content, 100000))
        || array_to_tsvector(ARRAY[' ' || organization::text])
$$
"""

QUERY = r"""
CREATE OR REPLACE FUNCTION {schema}.gateway_query(organization uuid, search text) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
DECLARE
    config CONSTANT regconfig := 'pg_catalog.simple';
    parts CONSTANT text := '"([^"]*)"?|([^"[:space:]]+)';
    last_part CONSTANT bigint := (SELECT count(*) FROM regexp_matches(search, parts, 'g'));
    part text[];
    number bigint;
    wanted tsquery;
    every tsquery;
BEGIN
    FOR part, number IN SELECT * FROM regexp_matches(search, parts, 'g') WITH ORDINALITY LOOP
        wanted := CASE
            WHEN part[2] IS NULL THEN phraseto_tsquery(config, part[1])
            WHEN number < last_part THEN plainto_tsquery(config, part[2])
            ELSE to_tsquery(config, '''' || replace(replace(part[2], '\', '\\'), '''', '''''') || ''':*')
        END;
        IF numnode(wanted) > 0 THEN
            every := coalesce(every && wanted, wanted);
        END IF;
    END LOOP;
    RETURN every && format('%L', ' ' || organization)::tsquery;
END $$
"""

# Not REINDEX: messages are read while the index is made.
INDEX = (
    "ALTER INDEX {schema}.messages_by_words RENAME TO messages_by_words_before",
    """
    CREATE INDEX messages_by_words ON {schema}.messages
    USING gin ({schema}.gateway_words(organization_id, content))
    """,
    "DROP INDEX {schema}.messages_by_words_before",
)
