SELECT json_build_object('data', json_build_object('conversations', json_build_object('nodes', coalesce(json_agg(
    json_build_object('id', id, 'sessionKey', session_key, 'channel', channel, 'status', status,
        'messageCount', message_count, 'createdAt', created_at, 'updatedAt', updated_at,
        'lastMessageAt', last_message_at, 'lastMessagePreview', last_message_preview,
        'lead', json_build_object('id', lead_id, 'name', name, 'email', email))), '[]'))))::text
FROM (SELECT page.*, lead.name, lead.email
    FROM (SELECT * FROM conversations WHERE organization_id = $1 ORDER BY updated_at DESC, id DESC LIMIT 20) AS page
    JOIN leads lead ON lead.organization_id = page.organization_id AND lead.id = page.lead_id
    ORDER BY page.updated_at DESC, page.id DESC) AS inbox
