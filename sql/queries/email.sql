-- name: email_put_if_new
-- in:   id:id tenant_id:id address:str
-- returns: none
-- Without an owner: a claim.  An address that is stored already stays as it is.
INSERT INTO emails
       (id, tenant_id, user_id, address, verified, created_at, updated_at)
VALUES (?, ?, NULL, ?, 0, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))
    ON DUPLICATE KEY UPDATE address = address;

-- name: email_lock_by_address
-- in:   tenant_id:id address:str
-- out:  id:id user_id:id verified:i64 created_at:time updated_at:time
-- returns: one
SELECT id, user_id, verified, created_at, updated_at FROM emails
 WHERE tenant_id = ? AND address = ? FOR UPDATE;

-- name: email_lock
-- in:   tenant_id:id id:id
-- out:  id:id user_id:id address:str verified:i64
-- returns: one
SELECT id, user_id, address, verified FROM emails
 WHERE tenant_id = ? AND id = ? FOR UPDATE;

-- name: email_own
-- in:   user_id:id verified:i64 tenant_id:id id:id
-- returns: count
UPDATE emails SET user_id = ?, verified = ?, updated_at = UTC_TIMESTAMP(6)
 WHERE tenant_id = ? AND id = ?;

-- name: emails_of
-- in:   tenant_id:id user_id:id
-- out:  id:id address:str verified:i64 is_primary:i64
-- returns: many
SELECT e.id, e.address, e.verified, p.email_id IS NOT NULL
  FROM emails e LEFT JOIN primary_emails p ON p.email_id = e.id
 WHERE e.tenant_id = ? AND e.user_id = ?
 ORDER BY e.created_at, e.id;

-- name: email_count
-- in:   tenant_id:id user_id:id
-- out:  n:i64
-- returns: one
SELECT COUNT(*) FROM emails WHERE tenant_id = ? AND user_id = ?;

-- name: primary_of
-- in:   tenant_id:id user_id:id
-- out:  email_id:id address:str verified:i64
-- returns: one
SELECT e.id, e.address, e.verified
  FROM primary_emails p JOIN emails e ON e.id = p.email_id
 WHERE p.tenant_id = ? AND p.user_id = ?;

-- name: primary_put
-- in:   user_id:id tenant_id:id email_id:id
-- returns: none
INSERT INTO primary_emails
       (user_id, tenant_id, email_id, created_at, updated_at)
VALUES (?, ?, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6));

-- name: primary_delete
-- in:   tenant_id:id user_id:id
-- returns: count
DELETE FROM primary_emails WHERE tenant_id = ? AND user_id = ?;

-- name: primary_change
-- in:   email_id:id tenant_id:id user_id:id
-- returns: count
UPDATE primary_emails SET email_id = ?, updated_at = UTC_TIMESTAMP(6)
 WHERE tenant_id = ? AND user_id = ?;

-- name: email_delete
-- in:   tenant_id:id user_id:id id:id
-- returns: count
DELETE FROM emails WHERE tenant_id = ? AND user_id = ? AND id = ?;
