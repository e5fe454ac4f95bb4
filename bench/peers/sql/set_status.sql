UPDATE conversations SET status = $3 WHERE organization_id = $1 AND id = $2
RETURNING id, lead_id AS "leadId", session_key AS "sessionKey", channel, status, message_count::int AS "messageCount",
    created_at AS "createdAt", updated_at AS "updatedAt", last_message_at AS "lastMessageAt",
    last_message_preview AS "lastMessagePreview"
