-- name: credcode_put
-- in:   user_id:id tenant_id:id id:id session_id:id mac:bytes expires_at:time
-- returns: none
INSERT INTO credential_codes
       (user_id, tenant_id, id, session_id, mac, created_at, expires_at)
VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(6), ?);

-- name: credcode_find
-- in:   mac:bytes
-- out:  id:id tenant_id:id user_id:id
-- returns: one
-- tenants: all, because the code alone says whose it is
SELECT id, tenant_id, user_id FROM credential_codes
 WHERE mac = ? AND expires_at > UTC_TIMESTAMP(6);

-- name: credcode_use
-- in:   tenant_id:id user_id:id id:id
-- returns: count
-- Whether it has expired or not: a challenge that it began may outlive it.
DELETE FROM credential_codes WHERE tenant_id = ? AND user_id = ? AND id = ?;

-- name: credcode_delete_of
-- in:   tenant_id:id user_id:id
-- returns: count
DELETE FROM credential_codes WHERE tenant_id = ? AND user_id = ?;
