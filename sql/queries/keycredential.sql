-- name: key_credential_put
-- in:   id:id tenant_id:id user_id:id kind:str cred_id:str cred_hash:bytes name:str pem:str fingerprint:str algorithm:str encrypted_private_key:str of_token:i64
-- returns: none
INSERT INTO key_credentials
       (id, tenant_id, user_id, kind, cred_id, cred_hash, name, pem,
        fingerprint, algorithm, encrypted_private_key, active, created_at,
        last_used_at, archived_at, of_token)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, UTC_TIMESTAMP(6), NULL, NULL, ?);

-- name: key_credentials_of
-- in:   tenant_id:id user_id:id
-- out:  id:id kind:str cred_id:str name:str pem:str fingerprint:str algorithm:str encrypted_private_key:str active:i64 created_at:time
-- returns: many
-- The key of a token is none of them.
SELECT id, kind, cred_id, name, pem, fingerprint, algorithm,
       encrypted_private_key, active, created_at
  FROM key_credentials
 WHERE tenant_id = ? AND user_id = ? AND archived_at IS NULL
   AND of_token = 0
 ORDER BY created_at, id;

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
