SELECT json_build_object('data', json_build_object('leads', json_build_object('nodes', coalesce(json_agg(
    json_build_object('id', id, 'name', name, 'status', status, 'conversations', json_build_object('nodes', (
        SELECT coalesce(json_agg(json_build_object('id', id, 'channel', channel, 'status', status,
            'messages', json_build_object('nodes', (
                SELECT coalesce(json_agg(json_build_object('id', id, 'role', role, 'content', content,
                    'createdAt', created_at)), '[]')
                FROM (SELECT * FROM messages
                    WHERE organization_id = conversation.organization_id AND conversation_id = conversation.id
                    ORDER BY created_at, arrival LIMIT 10) AS message)))), '[]')
        FROM (SELECT * FROM conversations
            WHERE organization_id = lead.organization_id AND lead_id = lead.id
            ORDER BY updated_at DESC, id DESC LIMIT 5) AS conversation)))), '[]'))))::text
FROM (SELECT * FROM leads WHERE organization_id = $1 ORDER BY created_at DESC, id DESC LIMIT 20) AS lead
