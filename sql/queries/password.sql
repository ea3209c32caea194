-- name: password_of
-- in:   tenant_id:id user_id:id
-- out:  hash:str norm:i64 updated_at:time address:str verified:i64 passkeys:i64 security_keys:i64 otp:i64
-- returns: one
-- No row: no such user.  hash NULL: the user has no password, or is kept out.
SELECT c.hash, c.norm, c.updated_at, e.address, e.verified,
       (SELECT COUNT(*) FROM webauthn_credentials k
         WHERE k.user_id = u.id AND k.mfa_only = 0
           AND k.active = 1 AND k.archived_at IS NULL),
       (SELECT COUNT(*) FROM webauthn_credentials k
         WHERE k.user_id = u.id AND k.mfa_only = 1
           AND k.active = 1 AND k.archived_at IS NULL),
       (SELECT COUNT(*) FROM otp_secrets o WHERE o.user_id = u.id)
  FROM users u
  LEFT JOIN password_credentials c
    ON c.user_id = u.id AND u.locked_at IS NULL
  LEFT JOIN primary_emails p ON p.user_id = u.id
  LEFT JOIN emails e ON e.id = p.email_id
 WHERE u.tenant_id = ? AND u.id = ?;

-- name: password_put
-- in:   user_id:id tenant_id:id hash:str norm:i64
-- returns: none
INSERT INTO password_credentials
       (user_id, tenant_id, hash, norm, created_at, updated_at)
VALUES (?, ?, ?, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6));

-- name: password_change
-- in:   hash:str norm:i64 tenant_id:id user_id:id
-- returns: count
UPDATE password_credentials
   SET hash = ?, norm = ?, updated_at = UTC_TIMESTAMP(6)
 WHERE tenant_id = ? AND user_id = ?;

-- name: password_delete
-- in:   tenant_id:id user_id:id
-- returns: count
DELETE FROM password_credentials WHERE tenant_id = ? AND user_id = ?;

-- name: password_rehash
-- in:   hash:str norm:i64 tenant_id:id user_id:id old_hash:str
-- returns: count
-- Only over the hash that was verified: a password changed meanwhile stands.
-- updated_at says when the password was set, which stays as it was.
UPDATE password_credentials SET hash = ?, norm = ?
 WHERE tenant_id = ? AND user_id = ? AND hash = ?;
