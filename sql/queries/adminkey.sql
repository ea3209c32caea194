-- name: admin_key_put
-- in:   id:id tenant_id:id name:str digest:bytes read_only:i64 expires_at:time
-- returns: none
INSERT INTO admin_keys
       (id, tenant_id, name, digest, read_only, created_at, expires_at)
VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(6), ?);

-- name: admin_key_by_id
-- in:   id:id
-- out:  tenant_id:id name:str digest:bytes read_only:i64 expires_at:time now:time
-- returns: one
-- tenants: all, because the key says for which it is
SELECT tenant_id, name, digest, read_only, expires_at, UTC_TIMESTAMP(6)
  FROM admin_keys WHERE id = ?;

-- name: admin_key_list
-- out:  id:id org:str name:str read_only:i64 created_at:time expires_at:time now:time
-- returns: many
-- tenants: all, because whoever gives commands is told of all
SELECT k.id, t.name, k.name, k.read_only, k.created_at, k.expires_at,
       UTC_TIMESTAMP(6)
  FROM admin_keys k LEFT JOIN tenants t ON t.id = k.tenant_id
 ORDER BY k.created_at, k.id;

-- name: admin_key_delete
-- in:   name:str
-- returns: count
-- tenants: all, because a name is one key's, whosever it is
DELETE FROM admin_keys WHERE name = ?;
