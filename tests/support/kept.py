"""What the database keeps of a conversation's messages, beside what they are."""

WRONG = """
SELECT c.id, c.message_count, counted.messages, c.last_message_at, counted.last, c.last_message_preview,
    counted.preview
FROM conversations c, LATERAL (
    SELECT count(*) AS messages, max(created_at) AS last,
        (array_agg(gateway_preview(content) ORDER BY created_at DESC, arrival DESC))[1] AS preview
    FROM messages m WHERE m.organization_id = c.organization_id AND m.conversation_id = c.id) AS counted
WHERE c.organization_id = %s AND (c.message_count, c.last_message_at, c.last_message_preview)
    IS DISTINCT FROM (counted.messages, counted.last, counted.preview)
"""
"""Conversations of an organization whose count, time or preview is not what their messages say."""
