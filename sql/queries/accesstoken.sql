-- name: access_token_put
-- in:   id:id tenant_id:id user_id:id credential_id:id hash:bytes ttl_s:i64
-- returns: none
INSERT INTO access_tokens
       (id, tenant_id, user_id, credential_id, hash, created_at, expires_at,
        revoked_at)
VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL ? SECOND,
        NULL);

-- name: access_token_find
-- in:   tenant_id:id hash:bytes
-- out:  id:id user_id:id credential_id:id username:str kind:str role:str
-- returns: one
-- One that is good, of a service account and an organisation that are.
SELECT k.id, k.user_id, k.credential_id, m.username, m.kind, m.role
  FROM access_tokens k
  JOIN members m ON m.user_id = k.user_id AND m.service_account = 1
   AND m.active = 1 AND m.archived_at IS NULL
  JOIN users u ON u.id = k.user_id AND u.locked_at IS NULL
  JOIN tenants t ON t.id = k.tenant_id AND t.active = 1
 WHERE k.tenant_id = ? AND k.hash = ? AND k.revoked_at IS NULL
   AND k.expires_at > UTC_TIMESTAMP(6);

-- name: access_tokens_of
-- in:   tenant_id:id
-- out:  id:id user_id:id username:str active:i64 created_at:time expires_at:time revoked_at:time last_used_at:time now:time
-- returns: many
SELECT k.id, k.user_id, m.username, m.active, k.created_at, k.expires_at,
       k.revoked_at, c.last_used_at, UTC_TIMESTAMP(6)
  FROM access_tokens k
  JOIN members m ON m.user_id = k.user_id
  JOIN key_credentials c ON c.id = k.credential_id
 WHERE k.tenant_id = ? ORDER BY k.created_at, k.id;

-- name: access_token_owner
-- in:   tenant_id:id id:id
-- out:  user_id:id
-- returns: one
SELECT user_id FROM access_tokens
 WHERE tenant_id = ? AND id = ? AND revoked_at IS NULL;

-- name: access_tokens_revoke
-- in:   tenant_id:id user_id:id
-- returns: count
UPDATE access_tokens SET revoked_at = UTC_TIMESTAMP(6)
 WHERE tenant_id = ? AND user_id = ? AND revoked_at IS NULL;

-- name: service_tokens
-- in:   tenant_id:id user_id:id user_id:id
-- out:  id:id user_id:id cred_id:str fingerprint:str good:i64 created_at:time
-- returns: many
-- That of one account, or those of all that have not ended.
SELECT k.id, k.user_id, c.cred_id, c.fingerprint,
       k.revoked_at IS NULL AND k.expires_at > UTC_TIMESTAMP(6), k.created_at
  FROM access_tokens k
  JOIN members m ON m.user_id = k.user_id
  JOIN key_credentials c ON c.id = k.credential_id
 WHERE k.tenant_id = ?
   AND (k.user_id = ? OR (? IS NULL AND m.archived_at IS NULL))
 ORDER BY k.created_at, k.id;

-- name: access_tokens_count
-- in:   tenant_id:id
-- out:  n:i64
-- returns: one
SELECT COUNT(*) FROM access_tokens
 WHERE tenant_id = ? AND revoked_at IS NULL;
