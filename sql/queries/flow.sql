-- name: flow_put
-- in:   id:id tenant_id:id data:bytes ttl_s:i64
-- returns: none
INSERT INTO flows
       (id, tenant_id, version, data, created_at, updated_at, expires_at)
VALUES (?, ?, 0, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6),
        UTC_TIMESTAMP(6) + INTERVAL ? SECOND);

-- name: flow_get
-- in:   tenant_id:id id:id
-- out:  version:i64 data:bytes now:time expired:i64
-- returns: one
SELECT version, data, UTC_TIMESTAMP(6), expires_at < UTC_TIMESTAMP(6)
  FROM flows WHERE tenant_id = ? AND id = ?;

-- name: flow_lock
-- in:   tenant_id:id id:id
-- out:  version:i64
-- returns: one
-- Until the transaction ends no other step of it is taken.
SELECT version FROM flows WHERE tenant_id = ? AND id = ? FOR UPDATE;

-- name: flow_update
-- in:   data:bytes ttl_s:i64 tenant_id:id id:id version:i64
-- returns: count
-- It lives so long from its beginning, however many steps it takes.
UPDATE flows SET version = version + 1, data = ?,
       updated_at = UTC_TIMESTAMP(6), expires_at = created_at + INTERVAL ? SECOND
 WHERE tenant_id = ? AND id = ? AND version = ?;
