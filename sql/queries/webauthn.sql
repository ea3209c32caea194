-- name: challenge_put
-- in:   challenge:bytes tenant_id:id user_id:id operation:str user_verification:str ttl_us:i64
-- returns: none
INSERT INTO webauthn_challenges
       (challenge, tenant_id, user_id, operation, user_verification,
        created_at, expires_at)
VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(6),
        UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND);

-- name: challenge_get
-- in:   tenant_id:id challenge:bytes
-- out:  user_id:id operation:str user_verification:str expired:i64
-- returns: one
SELECT user_id, operation, user_verification, expires_at < UTC_TIMESTAMP(6)
  FROM webauthn_challenges WHERE tenant_id = ? AND challenge = ?;

-- name: challenge_delete
-- in:   tenant_id:id challenge:bytes
-- returns: count
DELETE FROM webauthn_challenges WHERE tenant_id = ? AND challenge = ?;

-- name: credential_put
-- in:   id_hash:bytes tenant_id:id credential_id:bytes user_id:id name:str public_key:bytes attestation:str aaguid:id sign_count:i64 backup_eligible:i64 backup_state:i64 transports:str api:str admitted:i64 mfa_only:i64 user_handle:bytes
-- returns: none
-- A credential id that is registered already is a conflict, whoever has it.  A
-- backup_eligible of 2 is not known.
INSERT INTO webauthn_credentials
       (id_hash, tenant_id, credential_id, user_id, name, public_key,
        attestation, aaguid, sign_count, backup_eligible, backup_state,
        transports, api, admitted, mfa_only, user_handle, last_used_at,
        created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULLIF(?, 2), ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(6),
        UTC_TIMESTAMP(6), UTC_TIMESTAMP(6));

-- name: credential_lock_owner
-- in:   id_hash:bytes tenant_id:id id:id
-- out:  known_epoch:i64 otp:i64 security_keys:i64 sessions:i64 address:str verified:i64
-- out:  credential_id:bytes user_id:id public_key:bytes sign_count:i64 backup_eligible:i64 backup_unknown:i64 mfa_only:i64 user_handle:bytes
-- returns: one
-- A user, as user_lock_entry has them, and a credential, be it theirs or not:
-- what it proves is for the caller to judge.
SELECT u.known_epoch,
       (SELECT COUNT(*) FROM otp_secrets o WHERE o.user_id = u.id),
       (SELECT COUNT(*) FROM webauthn_credentials k
         WHERE k.user_id = u.id AND k.mfa_only = 1
           AND k.active = 1 AND k.archived_at IS NULL),
       (SELECT COUNT(*) FROM sessions s WHERE s.user_id = u.id),
       (SELECT e.address FROM primary_emails p JOIN emails e ON e.id = p.email_id
         WHERE p.user_id = u.id),
       (SELECT e.verified FROM primary_emails p JOIN emails e ON e.id = p.email_id
         WHERE p.user_id = u.id),
       c.credential_id, c.user_id, c.public_key, c.sign_count,
       c.backup_eligible, c.backup_eligible IS NULL, c.mfa_only, c.user_handle
  FROM users u
  LEFT JOIN webauthn_credentials c
    ON c.tenant_id = u.tenant_id AND c.id_hash = ?
   AND c.active = 1 AND c.archived_at IS NULL
 WHERE u.tenant_id = ? AND u.id = ? AND u.locked_at IS NULL
   AND NOT EXISTS (SELECT 1 FROM members m
                    WHERE m.user_id = u.id AND m.service_account = 1)
   FOR UPDATE;

-- name: credential_by_handle
-- in:   tenant_id:id id_hash:bytes user_handle:bytes
-- out:  user_id:id
-- returns: one
-- Of one that was registered with a handle which is not the id of its user.
SELECT user_id FROM webauthn_credentials
 WHERE tenant_id = ? AND id_hash = ? AND user_handle = ?
   AND active = 1 AND archived_at IS NULL;

-- name: credential_used
-- in:   sign_count:i64 backup_eligible:i64 backup_state:i64 admit:i64 tenant_id:id id_hash:bytes
-- returns: count
UPDATE webauthn_credentials
   SET sign_count = ?, backup_eligible = COALESCE(backup_eligible, ?),
       backup_state = ?,
       admitted = GREATEST(admitted, ?),
       last_used_at = UTC_TIMESTAMP(6)
 WHERE tenant_id = ? AND id_hash = ?;

-- name: credentials_of
-- in:   tenant_id:id user_id:id
-- out:  credential_id:bytes name:str public_key:bytes attestation:str aaguid:id sign_count:i64 backup_eligible:i64 backup_unknown:i64 backup_state:i64 transports:str mfa_only:i64 user_handle:bytes last_used_at:time created_at:time updated_at:time
-- returns: many
-- Passkeys first.
SELECT credential_id, name, public_key, attestation, aaguid, sign_count,
       backup_eligible, backup_eligible IS NULL, backup_state, transports,
       mfa_only, user_handle, last_used_at, created_at, updated_at
  FROM webauthn_credentials
 WHERE tenant_id = ? AND user_id = ? AND active = 1 AND archived_at IS NULL
 ORDER BY mfa_only, created_at, id_hash;

-- name: passkey_place
-- in:   rp_id:str origin:str tenant_id:id id_hash:bytes
-- returns: count
UPDATE webauthn_credentials SET rp_id = ?, origin = ?
 WHERE tenant_id = ? AND id_hash = ?;

-- name: passkey_activate
-- in:   active:i64 active:i64 tenant_id:id id_hash:bytes
-- returns: count
-- Who switches one on admits it; switching it off takes nothing back.
UPDATE webauthn_credentials
   SET active = ?, admitted = GREATEST(admitted, ?)
 WHERE tenant_id = ? AND id_hash = ?;

-- name: passkey_admit
-- in:   tenant_id:id id_hash:bytes
-- returns: count
UPDATE webauthn_credentials SET admitted = 1
 WHERE tenant_id = ? AND id_hash = ? AND admitted = 0;

-- name: credential_count
-- in:   tenant_id:id user_id:id mfa_only:i64
-- out:  n:i64
-- returns: one
SELECT COUNT(*) FROM webauthn_credentials
 WHERE tenant_id = ? AND user_id = ? AND mfa_only = ?
   AND active = 1 AND archived_at IS NULL;

-- name: credential_rename
-- in:   name:str tenant_id:id user_id:id id_hash:bytes
-- returns: count
UPDATE webauthn_credentials SET name = ?, updated_at = UTC_TIMESTAMP(6)
 WHERE tenant_id = ? AND user_id = ? AND id_hash = ?
   AND active = 1 AND archived_at IS NULL;

-- name: credential_find
-- in:   tenant_id:id user_id:id id_hash:bytes
-- out:  admitted:i64 name:str mfa_only:i64
-- returns: one
SELECT admitted, name, mfa_only FROM webauthn_credentials
 WHERE tenant_id = ? AND user_id = ? AND id_hash = ?
   AND active = 1 AND archived_at IS NULL;

-- name: credential_delete
-- in:   tenant_id:id user_id:id id_hash:bytes
-- returns: count
DELETE FROM webauthn_credentials
 WHERE tenant_id = ? AND user_id = ? AND id_hash = ?
   AND active = 1 AND archived_at IS NULL;

-- name: passkey_archive
-- in:   tenant_id:id id_hash:bytes
-- returns: count
UPDATE webauthn_credentials SET active = 0, archived_at = UTC_TIMESTAMP(6)
 WHERE tenant_id = ? AND id_hash = ? AND archived_at IS NULL;

-- name: passkeys_archive
-- in:   tenant_id:id user_id:id
-- returns: count
UPDATE webauthn_credentials
   SET active = 0, archived_at = UTC_TIMESTAMP(6)
 WHERE tenant_id = ? AND user_id = ? AND archived_at IS NULL AND mfa_only = 0;
