SELECT conversation.*
FROM unnest($2::uuid[]) AS parent,
    LATERAL (SELECT id, lead_id AS "leadId", session_key AS "sessionKey", channel, status, message_count::int AS "messageCount",
    created_at AS "createdAt", updated_at AS "updatedAt", last_message_at AS "lastMessageAt",
    last_message_preview AS "lastMessagePreview"
        FROM conversations WHERE organization_id = $1 AND lead_id = parent
        ORDER BY updated_at DESC, id DESC LIMIT $3) AS conversation
