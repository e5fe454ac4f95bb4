SELECT message.*
FROM unnest($2::uuid[]) AS parent,
    LATERAL (SELECT id, conversation_id AS "conversationId", role, content, metadata, created_at AS "createdAt"
        FROM messages WHERE organization_id = $1 AND conversation_id = parent
        ORDER BY created_at, arrival LIMIT $3) AS message
