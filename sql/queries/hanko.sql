-- Users of Hanko, in its database: versions 2 and 3 of it, on MariaDB or MySQL.
-- UUIDs are texts there, and ids of credentials and keys are in base64url.

-- name: hanko_shape
-- protocol: other
-- out:  tables:i64 tenants:i64 names:i64 metadata:i64 steps:i64 owners:i64
-- returns: one
-- Which of its tables are there, and which columns that came in between.
SELECT (SELECT COUNT(*) FROM information_schema.tables t
         WHERE t.table_schema = DATABASE()
           AND t.table_name IN ('users', 'emails', 'primary_emails',
               'usernames', 'password_credentials', 'otp_secrets',
               'identities', 'webauthn_credentials',
               'webauthn_credential_transports',
               'webauthn_credential_user_handles')),
       (SELECT COUNT(*) FROM information_schema.columns c
         WHERE c.table_schema = DATABASE() AND c.table_name = 'users'
           AND c.column_name = 'tenant_id'),
       (SELECT COUNT(*) FROM information_schema.columns c
         WHERE c.table_schema = DATABASE() AND c.table_name = 'users'
           AND c.column_name IN ('name', 'given_name', 'family_name',
               'picture')),
       (SELECT COUNT(*) FROM information_schema.tables t
         WHERE t.table_schema = DATABASE()
           AND t.table_name = 'user_metadata'),
       (SELECT COUNT(*) FROM information_schema.columns c
         WHERE c.table_schema = DATABASE() AND c.table_name = 'otp_secrets'
           AND c.column_name = 'last_validated_step'),
       (SELECT COUNT(*) FROM information_schema.columns c
         WHERE c.table_schema = DATABASE() AND c.table_name = 'identities'
           AND c.column_name = 'user_id');

-- name: hanko_user
-- protocol: other
-- in:   after:str
-- out:  id:str created_at:time updated_at:time username:str hash:str otp:str
-- returns: one
SELECT u.id, u.created_at, u.updated_at, n.username, p.password, o.secret
  FROM users u
  LEFT JOIN usernames n ON n.user_id = u.id
  LEFT JOIN password_credentials p ON p.user_id = u.id
  LEFT JOIN otp_secrets o ON o.user_id = u.id
 WHERE u.id > ?
 ORDER BY u.id LIMIT 1;

-- name: hanko_user_of
-- protocol: other
-- in:   of:str after:str
-- out:  id:str created_at:time updated_at:time username:str hash:str otp:str
-- returns: one
SELECT u.id, u.created_at, u.updated_at, n.username, p.password, o.secret
  FROM users u
  LEFT JOIN usernames n ON n.user_id = u.id
  LEFT JOIN password_credentials p ON p.user_id = u.id
  LEFT JOIN otp_secrets o ON o.user_id = u.id
 WHERE u.tenant_id = ? AND u.id > ?
 ORDER BY u.id LIMIT 1;

-- name: hanko_emails
-- protocol: other
-- in:   user_id:str
-- out:  address:str verified:i64 is_primary:i64
-- returns: many
SELECT e.address, e.verified, p.id IS NOT NULL
  FROM emails e LEFT JOIN primary_emails p ON p.email_id = e.id
 WHERE e.user_id = ?
 ORDER BY p.id IS NULL, e.created_at, e.id;

-- name: hanko_credentials
-- protocol: other
-- in:   user_id:str
-- out:  id:str public_key:str attestation:str aaguid:str sign_count:i64 name:str backup_eligible:i64 backup_state:i64 mfa_only:i64 created_at:time last_used_at:time handle:str transports:str
-- returns: many
SELECT c.id, c.public_key, c.attestation_type, c.aaguid, c.sign_count, c.name,
       c.backup_eligible, c.backup_state, c.mfa_only, c.created_at,
       c.last_used_at, h.handle,
       (SELECT GROUP_CONCAT(t.name) FROM webauthn_credential_transports t
         WHERE t.webauthn_credential_id = c.id)
  FROM webauthn_credentials c
  LEFT JOIN webauthn_credential_user_handles h ON h.id = c.user_handle_id
 WHERE c.user_id = ?
 ORDER BY c.created_at, c.id;

-- name: hanko_names
-- protocol: other
-- in:   user_id:str
-- out:  name:str given_name:str family_name:str picture:str
-- returns: one
SELECT name, given_name, family_name, picture FROM users WHERE id = ?;

-- name: hanko_metadata
-- protocol: other
-- in:   user_id:str
-- out:  public_metadata:str private_metadata:str unsafe_metadata:str
-- returns: one
SELECT public_metadata, private_metadata, unsafe_metadata
  FROM user_metadata WHERE user_id = ?;

-- name: hanko_step
-- protocol: other
-- in:   user_id:str
-- out:  last_step:i64
-- returns: one
SELECT COALESCE(last_validated_step, -1) FROM otp_secrets WHERE user_id = ?;

-- name: hanko_identities
-- protocol: other
-- in:   user_id:str
-- out:  n:i64
-- returns: one
-- Log-ins by another service; such that need no address came with version 3.
SELECT COUNT(*) FROM identities i JOIN emails e ON e.id = i.email_id
 WHERE e.user_id = ?;

-- name: hanko_identities_of
-- protocol: other
-- in:   user_id:str
-- out:  n:i64
-- returns: one
SELECT COUNT(*) FROM identities WHERE user_id = ?;
