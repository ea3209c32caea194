-- name: key_credential_put
-- in:   id:id tenant_id:id user_id:id kind:str cred_id:str cred_hash:bytes name:str pem:str fingerprint:str algorithm:str encrypted_private_key:str of_token:i64
-- returns: none
INSERT INTO key_credentials
       (id, tenant_id, user_id, kind, cred_id, cred_hash, name, pem,
        fingerprint, algorithm, encrypted_private_key, active, created_at,
        last_used_at, archived_at, of_token)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, UTC_TIMESTAMP(6), NULL, NULL, ?);

-- name: creds_of
-- in:   tenant_id:id user_id:id tenant_id:id user_id:id
-- out:  id:id kind:str cred_id:str name:str pem:str fingerprint:str algorithm:str encrypted_private_key:str active:i64 created_at:time
-- out:  id_hash:bytes credential_id:bytes public_key:bytes sign_count:i64 backup_eligible:i64 backup_unknown:i64 user_handle:bytes rp_id:str origin:str api:str admitted:i64
-- returns: many
-- All that are not archived, inactive ones too, in no order.  The key of a token
-- is none of them.  A passkey has an id_hash, and none of the first columns.
SELECT id, kind, cred_id, name, pem, fingerprint, algorithm,
       encrypted_private_key, active, created_at,
       NULL, NULL, NULL, 0, 0, 0, NULL, NULL, NULL, NULL, 1
  FROM key_credentials
 WHERE tenant_id = ? AND user_id = ? AND archived_at IS NULL
   AND of_token = 0
 UNION ALL
SELECT NULL, NULL, NULL, name, NULL, NULL, NULL,
       NULL, active, created_at,
       id_hash, credential_id, public_key, sign_count, backup_eligible,
       backup_eligible IS NULL, user_handle, rp_id, origin, api, admitted
  FROM webauthn_credentials
 WHERE tenant_id = ? AND user_id = ? AND archived_at IS NULL AND mfa_only = 0;

-- name: key_credential_get
-- in:   tenant_id:id user_id:id id:id
-- out:  id:id kind:str cred_id:str name:str pem:str fingerprint:str algorithm:str encrypted_private_key:str active:i64 created_at:time
-- returns: one
-- That of a token among them.
SELECT id, kind, cred_id, name, pem, fingerprint, algorithm,
       encrypted_private_key, active, created_at
  FROM key_credentials
 WHERE tenant_id = ? AND user_id = ? AND id = ? AND archived_at IS NULL;

-- name: key_credential_used
-- in:   tenant_id:id id:id
-- returns: count
UPDATE key_credentials SET last_used_at = UTC_TIMESTAMP(6)
 WHERE tenant_id = ? AND id = ?;

-- name: key_credential_activate
-- in:   active:i64 tenant_id:id id:id
-- returns: count
UPDATE key_credentials SET active = ? WHERE tenant_id = ? AND id = ?;

-- name: key_credential_archive
-- in:   tenant_id:id id:id
-- returns: count
-- What it was called stays taken.
UPDATE key_credentials SET active = 0, archived_at = UTC_TIMESTAMP(6)
 WHERE tenant_id = ? AND id = ? AND archived_at IS NULL;

-- name: key_credentials_archive_kind
-- in:   tenant_id:id user_id:id kind:str
-- returns: count
UPDATE key_credentials
   SET active = 0, archived_at = UTC_TIMESTAMP(6), cred_hash = id
 WHERE tenant_id = ? AND user_id = ? AND kind = ? AND archived_at IS NULL
   AND of_token = 0;

-- name: key_credentials_archive
-- in:   tenant_id:id user_id:id
-- returns: count
-- What it was called is free again.
UPDATE key_credentials
   SET active = 0, archived_at = UTC_TIMESTAMP(6), cred_hash = id
 WHERE tenant_id = ? AND user_id = ? AND archived_at IS NULL;
