-- name: tenant_default
-- out:  id:id
-- returns: one
SELECT id FROM tenants WHERE name = 'default';

-- name: tenant_put
-- in:   id:id name:str
-- returns: none
INSERT INTO tenants (id, name, created_at) VALUES (?, ?, UTC_TIMESTAMP(6));
