-- name: jwk_lock
-- tenants: all, because the keys are those of the installation
-- returns: none
-- Held until the transaction ends.  It must change the row: a certification
-- (Galera) sees nothing else.
INSERT INTO jwk_changes (id, n) VALUES (1, 1)
  ON DUPLICATE KEY UPDATE n = n + 1;

-- name: jwk_list
-- tenants: all, because the keys are those of the installation
-- in:   api:str
-- out:  id:id alg:str sealed:bytes created_at:time signs_from:time now:time in_use:i64
-- returns: many
-- Newest first, as the key set is published.  The Dfns API is in use where it
-- has a member.
SELECT id, alg, sealed, created_at, signs_from, UTC_TIMESTAMP(6),
       api <> 'dfns' OR EXISTS (SELECT 1 FROM members)
  FROM jwks WHERE api = ? ORDER BY created_at DESC, id DESC;

-- name: jwk_insert
-- tenants: all, because the keys are those of the installation
-- in:   id:id api:str alg:str sealed:bytes delay_s:i64
-- returns: none
INSERT INTO jwks (id, api, alg, sealed, created_at, signs_from)
  VALUES (?, ?, ?, ?, UTC_TIMESTAMP(6),
    UTC_TIMESTAMP(6) + INTERVAL ? SECOND);

-- name: jwk_delete
-- tenants: all, because the keys are those of the installation
-- in:   id:id
-- returns: none
DELETE FROM jwks WHERE id = ?;
