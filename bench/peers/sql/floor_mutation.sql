UPDATE conversations SET status = lower($3) WHERE organization_id = $1 AND id = $2
RETURNING json_build_object('data', json_build_object('updateConversationStatus',
    json_build_object('conversation', json_build_object('id', id, 'status', status))))::text
