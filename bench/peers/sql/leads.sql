SELECT id, name, email, status
FROM leads WHERE organization_id = $1
ORDER BY created_at DESC, id DESC LIMIT $2
