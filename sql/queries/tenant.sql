-- name: tenant_by_id
-- in:   id:id
-- out:  id:id name:str rp_id:str rp_name:str origins:str active:i64
-- returns: one
SELECT id, name, rp_id, rp_name, origins, active FROM tenants WHERE id = ?;

-- name: tenant_by_name
-- in:   name:str
-- out:  id:id name:str rp_id:str rp_name:str origins:str active:i64
-- returns: one
SELECT id, name, rp_id, rp_name, origins, active FROM tenants WHERE name = ?;

-- name: tenant_list
-- out:  id:id name:str rp_id:str rp_name:str origins:str active:i64
-- returns: many
SELECT id, name, rp_id, rp_name, origins, active FROM tenants
 ORDER BY created_at, id;

-- name: tenant_set_rp
-- in:   rp_id:str rp_name:str origins:str id:id rp_id:str rp_name:str origins:str
-- returns: count
-- One whose row has all of it already is not counted.
UPDATE tenants SET rp_id = ?, rp_name = ?, origins = ?
 WHERE id = ?
   AND NOT (BINARY rp_id <=> BINARY ? AND BINARY rp_name <=> BINARY ?
            AND BINARY origins <=> BINARY ?);

-- name: tenant_set_active
-- in:   active:i64 id:id
-- returns: count
UPDATE tenants SET active = ? WHERE id = ?;

-- name: tenant_put_org
-- in:   id:id name:str rp_id:str rp_name:str origins:str
-- returns: none
INSERT INTO tenants (id, name, created_at, rp_id, rp_name, origins, active)
VALUES (?, ?, UTC_TIMESTAMP(6), ?, ?, ?, 1);

-- name: tenant_put
-- in:   id:id name:str
-- returns: none
INSERT INTO tenants (id, name, created_at) VALUES (?, ?, UTC_TIMESTAMP(6));
