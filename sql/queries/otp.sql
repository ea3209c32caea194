-- Authenticator apps of users.

-- name: otp_put
-- in:   user_id:id tenant_id:id sealed:bytes last_step:i64
-- returns: none
INSERT INTO otp_secrets (user_id, tenant_id, sealed, last_step, created_at)
VALUES (?, ?, ?, ?, UTC_TIMESTAMP(6));

-- name: otp_of
-- in:   tenant_id:id user_id:id
-- out:  sealed:bytes last_step:i64
-- returns: one
SELECT sealed, last_step FROM otp_secrets
 WHERE tenant_id = ? AND user_id = ? FOR UPDATE;

-- name: otp_used
-- in:   sealed:bytes step:i64 tenant_id:id user_id:id step:i64
-- returns: count
UPDATE otp_secrets SET sealed = ?, last_step = ?
 WHERE tenant_id = ? AND user_id = ? AND last_step < ?;

-- name: otp_delete
-- in:   tenant_id:id user_id:id
-- returns: count
DELETE FROM otp_secrets WHERE tenant_id = ? AND user_id = ?;
