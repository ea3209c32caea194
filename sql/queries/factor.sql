-- Secrets of credentials: one password and one key of codes a user.

-- name: password_factor_put
-- in:   user_id:id tenant_id:id credential_id:id hash:str norm:i64
-- returns: none
INSERT INTO password_factors (user_id, tenant_id, credential_id, hash, norm)
VALUES (?, ?, ?, ?, ?);

-- name: password_factor_of
-- in:   tenant_id:id user_id:id
-- out:  credential_id:id hash:str norm:i64
-- returns: one
SELECT credential_id, hash, norm FROM password_factors
 WHERE tenant_id = ? AND user_id = ?;

-- name: password_factor_rehash
-- in:   hash:str norm:i64 tenant_id:id user_id:id old_hash:str
-- returns: count
-- Only over the hash that was verified: a password changed meanwhile stands.
UPDATE password_factors SET hash = ?, norm = ?
 WHERE tenant_id = ? AND user_id = ? AND hash = ?;

-- name: password_factor_delete
-- in:   tenant_id:id user_id:id
-- returns: count
DELETE FROM password_factors WHERE tenant_id = ? AND user_id = ?;

-- name: totp_factor_put
-- in:   user_id:id tenant_id:id credential_id:id sealed:bytes last_step:i64
-- returns: none
INSERT INTO totp_factors
       (user_id, tenant_id, credential_id, sealed, last_step)
VALUES (?, ?, ?, ?, ?);

-- name: totp_factor_of
-- in:   tenant_id:id user_id:id credential_id:id
-- out:  sealed:bytes last_step:i64
-- returns: one
SELECT sealed, last_step FROM totp_factors
 WHERE tenant_id = ? AND user_id = ? AND credential_id = ? FOR UPDATE;

-- name: totp_factor_used
-- in:   sealed:bytes step:i64 tenant_id:id user_id:id step:i64
-- returns: count
UPDATE totp_factors SET sealed = ?, last_step = ?
 WHERE tenant_id = ? AND user_id = ? AND last_step < ?;

-- name: totp_factor_delete
-- in:   tenant_id:id user_id:id
-- returns: count
DELETE FROM totp_factors WHERE tenant_id = ? AND user_id = ?;
