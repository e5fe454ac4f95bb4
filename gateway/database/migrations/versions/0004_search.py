"""Search: words of messages, and any part of what a lead is known by. No extension is needed for either.

Both indexes hold the organization among their entries, so that a search walks its organization's part alone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    schema = op.get_bind().dialect.identifier_preparer.quote(op.get_bind().scalar(sa.text("SELECT current_schema()")))
    for statement in (WORDS, QUERY, PARTS, MESSAGES_INDEX, LEADS_INDEX):
        op.execute(statement.replace("{schema}", schema))
    op.create_index("messages_by_created_at", "messages", ["organization_id", "created_at", "arrival"])


# What is longer than a message may be is not indexed to its end: a tsvector has a size limit.
WORDS = """
CREATE FUNCTION {schema}.gateway_words(organization uuid, content text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT to_tsvector('pg_catalog.simple'::regconfig, left(content, 100000))
        || array_to_tsvector(ARRAY[organization::text])
$$
"""

# Words in quotes are a phrase; the last word without quotes may be the beginning of one. Null: no word in it.
QUERY = r"""
CREATE FUNCTION {schema}.gateway_query(organization uuid, search text) RETURNS tsquery
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
    RETURN every && format('%L', organization)::tsquery;
END $$
"""

PARTS = """
CREATE FUNCTION {schema}.gateway_parts(organization uuid, texts text[]) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT array_agg(DISTINCT part) FROM (
        SELECT organization::text AS part
        UNION ALL
        SELECT substr(known, place, 3)
        FROM (SELECT lower(left(each, 2000)) AS known FROM unnest(texts) AS each) AS texts,
            generate_series(1, char_length(known) - 2) AS place
    ) AS parts
$$
"""

MESSAGES_INDEX = """
CREATE INDEX messages_by_words ON {schema}.messages
USING gin ({schema}.gateway_words(organization_id, content))
"""

LEADS_INDEX = """
CREATE INDEX leads_by_parts ON {schema}.leads
USING gin ({schema}.gateway_parts(organization_id, ARRAY[name, email, company, phone]))
"""
