-- name: ceremony_put
-- in:   id:id tenant_id:id user_id:id purpose:str challenge:str state:str sealed:bytes ttl_s:i64
-- returns: none
INSERT INTO ceremonies
       (id, tenant_id, user_id, purpose, challenge, state, sealed,
        attempts, created_at, expires_at)
VALUES (?, ?, ?, ?, ?, ?, ?, 0, UTC_TIMESTAMP(6),
        UTC_TIMESTAMP(6) + INTERVAL ? SECOND);

-- name: ceremony_lock
-- in:   tenant_id:id id:id
-- out:  user_id:id purpose:str challenge:str state:str sealed:bytes attempts:i64 expired:i64
-- returns: one
SELECT user_id, purpose, challenge, state, sealed, attempts,
       expires_at < UTC_TIMESTAMP(6)
  FROM ceremonies WHERE tenant_id = ? AND id = ? FOR UPDATE;

-- name: ceremony_read
-- in:   tenant_id:id id:id
-- out:  user_id:id purpose:str challenge:str state:str sealed:bytes attempts:i64 expired:i64
-- returns: one
-- The same of one that can be used once: of those who read it one deletes it.
SELECT user_id, purpose, challenge, state, sealed, attempts,
       expires_at < UTC_TIMESTAMP(6)
  FROM ceremonies WHERE tenant_id = ? AND id = ?;

-- name: ceremony_find
-- in:   tenant_id:id id:id
-- out:  user_id:id purpose:str challenge:str state:str sealed:bytes attempts:i64 expired:i64 org_name:str org_rp_id:str org_rp_name:str org_origins:str org_active:i64
-- returns: one
-- And with it the organisation that it is one of, which need not exist.
SELECT c.user_id, c.purpose, c.challenge, c.state, c.sealed, c.attempts,
       c.expires_at < UTC_TIMESTAMP(6),
       t.name, t.rp_id, t.rp_name, t.origins, t.active
  FROM ceremonies c
  LEFT JOIN tenants t ON t.id = c.tenant_id
 WHERE c.tenant_id = ? AND c.id = ?;

-- name: ceremony_count_try
-- in:   tenant_id:id id:id
-- returns: count
UPDATE ceremonies SET attempts = attempts + 1
 WHERE tenant_id = ? AND id = ?;

-- name: ceremony_delete
-- in:   tenant_id:id id:id
-- returns: count
DELETE FROM ceremonies WHERE tenant_id = ? AND id = ?;

-- name: ceremony_delete_of
-- in:   tenant_id:id user_id:id purpose:str
-- returns: count
DELETE FROM ceremonies WHERE tenant_id = ? AND user_id = ? AND purpose = ?;

-- name: ceremony_get
-- in:   tenant_id:id id:id purpose:str
-- out:  user_id:id state:str attempts:i64
-- returns: one
SELECT user_id, state, attempts FROM ceremonies
 WHERE tenant_id = ? AND id = ? AND purpose = ?
   AND expires_at > UTC_TIMESTAMP(6);

-- name: ceremony_use
-- in:   tenant_id:id id:id purpose:str
-- returns: count
-- Once: it stays, so that a second use is told from one that never was.
UPDATE ceremonies SET attempts = 1
 WHERE tenant_id = ? AND id = ? AND purpose = ? AND attempts = 0;
