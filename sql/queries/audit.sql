-- name: audit_put
-- in:   id:id tenant_id:id type:str error:str request_id:str ip:str user_agent:str user_id:id email:str
-- in:   operator_name:str subject_id:id
-- returns: none
INSERT INTO audit_logs
       (id, tenant_id, type, error, http_request_id, source_ip, user_agent,
        actor_user_id, actor_email, actor_operator, subject_user_id,
        created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(6));
