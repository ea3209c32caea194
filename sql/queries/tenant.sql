-- name: tenant_by_id
-- in:   id:id
-- out:  id:id name:str rp_id:str rp_name:str origins:str active:i64 config:str created_at:time updated_at:time
-- returns: one
SELECT id, name, rp_id, rp_name, origins, active, config, created_at,
       COALESCE(updated_at, created_at)
  FROM tenants WHERE id = ?;

-- name: tenant_by_name
-- in:   name:str
-- out:  id:id name:str rp_id:str rp_name:str origins:str active:i64 config:str created_at:time updated_at:time
-- returns: one
SELECT id, name, rp_id, rp_name, origins, active, config, created_at,
       COALESCE(updated_at, created_at)
  FROM tenants WHERE name = ?;

-- name: tenant_list
-- out:  id:id name:str rp_id:str rp_name:str origins:str active:i64 config:str created_at:time updated_at:time
-- returns: many
SELECT id, name, rp_id, rp_name, origins, active, config, created_at,
       COALESCE(updated_at, created_at)
  FROM tenants ORDER BY created_at, id;

-- name: tenant_page
-- in:   max:i64 skip:i64
-- out:  id:id name:str rp_id:str rp_name:str origins:str active:i64 config:str created_at:time updated_at:time
-- returns: many
SELECT id, name, rp_id, rp_name, origins, active, config, created_at,
       COALESCE(updated_at, created_at)
  FROM tenants FORCE INDEX (tenants_list)
 ORDER BY created_at DESC, id DESC LIMIT ? OFFSET ?;

-- name: tenant_count
-- out:  n:i64
-- returns: one
SELECT COUNT(*) FROM tenants;

-- name: tenant_lock
-- in:   id:id
-- out:  id:id name:str rp_id:str rp_name:str origins:str active:i64 config:str created_at:time updated_at:time
-- returns: one
-- Whoever signs up waits until the transaction ends: their row refers to it.
SELECT id, name, rp_id, rp_name, origins, active, config, created_at,
       COALESCE(updated_at, created_at)
  FROM tenants WHERE id = ? FOR UPDATE;

-- name: tenant_set_rp
-- in:   rp_id:str rp_name:str origins:str id:id rp_id:str rp_name:str origins:str
-- returns: count
-- One whose row has all of it already is not counted.
UPDATE tenants
   SET rp_id = ?, rp_name = ?, origins = ?, updated_at = UTC_TIMESTAMP(6)
 WHERE id = ?
   AND NOT (BINARY rp_id <=> BINARY ? AND BINARY rp_name <=> BINARY ?
            AND BINARY origins <=> BINARY ?);

-- name: tenant_configure
-- in:   rp_id:str rp_name:str origins:str config:str id:id
-- returns: none
UPDATE tenants
   SET rp_id = ?, rp_name = ?, origins = ?, config = ?,
       updated_at = UTC_TIMESTAMP(6)
 WHERE id = ?;

-- name: tenant_set_active
-- in:   active:i64 id:id
-- returns: count
UPDATE tenants SET active = ?, updated_at = UTC_TIMESTAMP(6) WHERE id = ?;

-- name: tenant_put_org
-- in:   id:id name:str rp_id:str rp_name:str origins:str config:str
-- returns: none
INSERT INTO tenants (id, name, created_at, rp_id, rp_name, origins, active,
                     config, updated_at)
VALUES (?, ?, UTC_TIMESTAMP(6), ?, ?, ?, 1, ?, UTC_TIMESTAMP(6));

-- name: tenant_put
-- in:   id:id name:str
-- returns: none
INSERT INTO tenants (id, name, created_at, updated_at)
VALUES (?, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6));

-- name: tenant_delete
-- in:   id:id
-- returns: none
-- Its administration keys go along.
DELETE FROM tenants WHERE id = ?;
