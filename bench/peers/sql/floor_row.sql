SELECT json_build_object('data', json_build_object('conversation',
    json_build_object('id', id, 'status', status)))::text
FROM conversations WHERE organization_id = $1 AND id = $2
