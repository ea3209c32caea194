-- name: jwk_lock
-- tenants: all, because whoever changes any keys takes turns
-- returns: none
-- Held until the transaction ends.  It must change the row: a certification
-- (Galera) sees nothing else.
INSERT INTO jwk_changes (id, n) VALUES (1, 1)
  ON DUPLICATE KEY UPDATE n = n + 1;

-- name: jwk_list
-- in:   api:str tenant_id:id
-- out:  id:id alg:str sealed:bytes created_at:time signs_from:time now:time in_use:i64 owned:i64
-- returns: many
-- Newest first, as the key set is published.  NULL: the keys of all.  The Dfns
-- API is in use where it has a member, or where somebody wanted a key for one
-- tenant.  owned: a tenant has keys of its own.
SELECT id, alg, sealed, created_at, signs_from, UTC_TIMESTAMP(6),
       api <> 'dfns' OR tenant_id IS NOT NULL OR EXISTS (SELECT 1 FROM members),
       EXISTS (SELECT 1 FROM jwks o WHERE o.tenant_id IS NOT NULL)
  FROM jwks WHERE api = ? AND tenant_id <=> ?
 ORDER BY created_at DESC, id DESC;

-- name: jwk_owners
-- tenants: all, because a process asks once who has keys of their own
-- in:   api:str
-- out:  tenant_id:id
-- returns: many
SELECT DISTINCT tenant_id FROM jwks
 WHERE api = ? AND tenant_id IS NOT NULL ORDER BY tenant_id;

-- name: jwk_outlived
-- tenants: all, because keys expire by themselves
-- in:   api:str age_s:i64
-- out:  tenant_id:id
-- returns: many
-- Those who have a key that another one took the place of so long ago.
SELECT tenant_id FROM jwks
 WHERE api = ? AND tenant_id IS NOT NULL
   AND signs_from < UTC_TIMESTAMP(6) - INTERVAL ? SECOND
 GROUP BY tenant_id HAVING COUNT(*) > 1;

-- name: jwk_insert
-- in:   id:id api:str tenant_id:id alg:str sealed:bytes delay_s:i64
-- returns: none
INSERT INTO jwks (id, api, tenant_id, alg, sealed, created_at, signs_from)
  VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(6),
    UTC_TIMESTAMP(6) + INTERVAL ? SECOND);

-- name: jwk_delete
-- in:   tenant_id:id id:id
-- returns: none
DELETE FROM jwks WHERE tenant_id <=> ? AND id = ?;
