"""Row security: what its policies need. They come with a role that is to be walled, and until then nothing changes.

Under row security an index serves only operators that PostgreSQL knows to be leakproof, which those of searches are
not. Searches read views that look at the organization themselves, with their owner's rights.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

TABLES = ("leads", "conversations", "messages", "idempotency_keys", "row_counts")


def upgrade() -> None:
    schema = op.get_bind().dialect.identifier_preparer.quote(op.get_bind().scalar(sa.text("SELECT current_schema()")))
    for table in TABLES:
        op.execute(f"CREATE POLICY gateway_others ON {schema}.{table} USING (true)")
    for table in ("leads", "messages"):
        for statement in (SEARCHED, GRANTED):
            named = statement.replace("{view}", f"{schema}.searched_{table}")
            op.execute(named.replace("{table}", f"{schema}.{table}"))


# Both questions are asked once a statement, not once a row. No barrier: the planner is to see through it.
SEARCHED = """
CREATE VIEW {view} AS SELECT * FROM {table}
WHERE (SELECT NOT row_security_active('{table}'::regclass))
    OR organization_id = (SELECT nullif(current_setting('gateway.organization', true), '')::uuid)
"""

# Whoever may read the table may search it, as before.
GRANTED = """
DO $$
DECLARE
    reader text;
BEGIN
    FOR reader IN SELECT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END
        FROM pg_class, aclexplode(relacl) WHERE pg_class.oid = '{table}'::regclass AND privilege_type = 'SELECT'
    LOOP
        EXECUTE 'GRANT SELECT ON {view} TO ' || reader;
    END LOOP;
END $$
"""
