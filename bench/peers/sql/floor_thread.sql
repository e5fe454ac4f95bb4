SELECT json_build_object('data', json_build_object('conversation', json_build_object('id', conversation.id,
    'status', conversation.status, 'lead', json_build_object('id', lead.id, 'name', lead.name),
    'messages', json_build_object('nodes', (
        SELECT coalesce(json_agg(json_build_object('id', id, 'role', role, 'content', content, 'metadata', metadata,
            'createdAt', created_at)), '[]')
        FROM (SELECT * FROM messages
            WHERE organization_id = conversation.organization_id AND conversation_id = conversation.id
            ORDER BY created_at, arrival LIMIT 50) AS message)))))::text
FROM conversations conversation
JOIN leads lead ON lead.organization_id = conversation.organization_id AND lead.id = conversation.lead_id
WHERE conversation.organization_id = $1 AND conversation.id = $2
