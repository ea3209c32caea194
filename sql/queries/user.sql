-- name: user_put
-- in:   id:id tenant_id:id
-- returns: none
INSERT INTO users (id, tenant_id, created_at, updated_at)
VALUES (?, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6));

-- name: user_by_id
-- in:   tenant_id:id id:id
-- out:  created_at:time updated_at:time
-- returns: one
SELECT created_at, updated_at FROM users WHERE tenant_id = ? AND id = ?;

-- name: profile_of
-- in:   tenant_id:id id:id
-- out:  created_at:time updated_at:time has_password:i64 username_id:id username:str named_at:time renamed_at:time public_metadata:str unsafe_metadata:str otp:i64 credentials:i64
-- out:  email_id:id address:str verified:i64 is_primary:i64
-- returns: many
-- A row for each address, or one without.
SELECT u.created_at, u.updated_at, c.user_id IS NOT NULL, n.id, n.username,
       n.created_at, n.updated_at, m.public_metadata, m.unsafe_metadata,
       (SELECT COUNT(*) FROM otp_secrets o WHERE o.user_id = u.id),
       (SELECT COUNT(*) FROM webauthn_credentials k
         WHERE k.user_id = u.id AND k.active = 1 AND k.archived_at IS NULL),
       e.id, e.address, e.verified, p.email_id IS NOT NULL
  FROM users u
  LEFT JOIN password_credentials c ON c.user_id = u.id
  LEFT JOIN usernames n ON n.user_id = u.id
  LEFT JOIN user_metadata m ON m.user_id = u.id
  LEFT JOIN emails e ON e.user_id = u.id
  LEFT JOIN primary_emails p ON p.email_id = e.id
 WHERE u.tenant_id = ? AND u.id = ?
 ORDER BY e.created_at, e.id;

-- name: username_put
-- in:   id:id tenant_id:id user_id:id username:str
-- returns: none
INSERT INTO usernames
       (id, tenant_id, user_id, username, created_at, updated_at)
VALUES (?, ?, ?, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6));

-- name: username_change
-- in:   username:str tenant_id:id user_id:id
-- returns: count
UPDATE usernames SET username = ?, updated_at = UTC_TIMESTAMP(6)
 WHERE tenant_id = ? AND user_id = ?;

-- name: user_touch
-- in:   tenant_id:id id:id
-- returns: count
-- What it is told by as the user's own has changed.
UPDATE users SET updated_at = UTC_TIMESTAMP(6) WHERE tenant_id = ? AND id = ?;

-- name: username_delete
-- in:   tenant_id:id user_id:id
-- returns: count
DELETE FROM usernames WHERE tenant_id = ? AND user_id = ?;

-- name: metadata_of
-- in:   tenant_id:id user_id:id
-- out:  public_metadata:str private_metadata:str unsafe_metadata:str
-- returns: one
SELECT public_metadata, private_metadata, unsafe_metadata FROM user_metadata
 WHERE tenant_id = ? AND user_id = ?;

-- name: metadata_put
-- in:   user_id:id tenant_id:id public_metadata:str private_metadata:str unsafe_metadata:str
-- returns: none
INSERT INTO user_metadata
       (user_id, tenant_id, public_metadata, private_metadata,
        unsafe_metadata, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))
    ON DUPLICATE KEY UPDATE public_metadata = VALUES(public_metadata),
       private_metadata = VALUES(private_metadata),
       unsafe_metadata = VALUES(unsafe_metadata),
       updated_at = VALUES(updated_at);

-- name: metadata_delete
-- in:   tenant_id:id user_id:id
-- returns: count
DELETE FROM user_metadata WHERE tenant_id = ? AND user_id = ?;

-- name: user_lock
-- in:   tenant_id:id id:id
-- out:  id:id
-- returns: one
-- Whoever changes what a user owns takes this lock first.
SELECT id FROM users WHERE tenant_id = ? AND id = ? FOR UPDATE;

-- name: user_lock_entry
-- in:   tenant_id:id id:id
-- out:  known_epoch:i64 otp:i64 security_keys:i64 sessions:i64
-- returns: one
-- The same for a log-in: a user whom an operator keeps out is none, nor is a
-- service account.
SELECT known_epoch,
       (SELECT COUNT(*) FROM otp_secrets o WHERE o.user_id = users.id),
       (SELECT COUNT(*) FROM webauthn_credentials c
         WHERE c.user_id = users.id AND c.mfa_only = 1
           AND c.active = 1 AND c.archived_at IS NULL),
       (SELECT COUNT(*) FROM sessions s WHERE s.user_id = users.id)
  FROM users WHERE tenant_id = ? AND id = ? AND locked_at IS NULL
   AND NOT EXISTS (SELECT 1 FROM members m
                    WHERE m.user_id = users.id AND m.service_account = 1)
   FOR UPDATE;

-- name: user_lock_session
-- in:   tenant_id:id id:id session_id:id
-- out:  id:id
-- returns: one
-- The same, if that session of theirs has not ended.
SELECT u.id FROM users u JOIN sessions s ON s.user_id = u.id
 WHERE u.tenant_id = ? AND u.id = ? AND s.id = ?
   AND s.expires_at > UTC_TIMESTAMP(6)
   FOR UPDATE;

-- name: user_lock_password
-- in:   tenant_id:id id:id set_at:time
-- out:  known_epoch:i64 otp:i64 security_keys:i64 sessions:i64
-- returns: one
-- The same, if their password is still the one that was set then.
SELECT u.known_epoch,
       (SELECT COUNT(*) FROM otp_secrets o WHERE o.user_id = u.id),
       (SELECT COUNT(*) FROM webauthn_credentials c
         WHERE c.user_id = u.id AND c.mfa_only = 1
           AND c.active = 1 AND c.archived_at IS NULL),
       (SELECT COUNT(*) FROM sessions s WHERE s.user_id = u.id)
  FROM users u JOIN password_credentials p ON p.user_id = u.id
 WHERE u.tenant_id = ? AND u.id = ? AND p.updated_at = ?
   AND u.locked_at IS NULL
   AND NOT EXISTS (SELECT 1 FROM members m
                    WHERE m.user_id = u.id AND m.service_account = 1)
   FOR UPDATE;

-- name: user_by_address
-- in:   tenant_id:id address:str
-- out:  id:id email_id:id verified:i64 known_epoch:i64 locked:i64
-- returns: one
SELECT e.user_id, e.id, e.verified, u.known_epoch, u.locked_at IS NOT NULL
  FROM emails e
  JOIN users u ON u.id = e.user_id
 WHERE e.tenant_id = ? AND e.address = ?;

-- name: user_delete
-- in:   tenant_id:id id:id
-- returns: count
DELETE FROM users WHERE tenant_id = ? AND id = ?;

-- name: user_factors
-- in:   tenant_id:id id:id
-- out:  passwords:i64 passkeys:i64 security_keys:i64 otp:i64
-- returns: one
-- What they have to log in with.
SELECT (SELECT COUNT(*) FROM password_credentials p WHERE p.user_id = u.id),
       (SELECT COUNT(*) FROM webauthn_credentials c
         WHERE c.user_id = u.id AND c.mfa_only = 0
           AND c.active = 1 AND c.archived_at IS NULL),
       (SELECT COUNT(*) FROM webauthn_credentials c
         WHERE c.user_id = u.id AND c.mfa_only = 1
           AND c.active = 1 AND c.archived_at IS NULL),
       (SELECT COUNT(*) FROM otp_secrets o WHERE o.user_id = u.id)
  FROM users u
 WHERE u.tenant_id = ? AND u.id = ?;
