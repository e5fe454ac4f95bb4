SELECT id, name, email, status
FROM leads WHERE organization_id = $1 AND id = ANY($2::uuid[])
