-- name: access_token_put
-- in:   id:id tenant_id:id user_id:id kind:str name:str external_id:str role:str credential_id:id hash:bytes ttl_s:i64
-- returns: none
INSERT INTO access_tokens
       (id, tenant_id, user_id, kind, name, external_id, role, active,
        credential_id, hash, created_at, expires_at, revoked_at)
VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?, UTC_TIMESTAMP(6),
        UTC_TIMESTAMP(6) + INTERVAL ? SECOND, NULL);

-- name: access_token_find
-- in:   tenant_id:id hash:bytes
-- out:  id:id user_id:id credential_id:id token_kind:str username:str kind:str role:str
-- returns: one
-- One that is good, of somebody and of an organisation that are.  A personal one
-- may do what both it and its owner may.
SELECT k.id, k.user_id, k.credential_id, k.kind, m.username, m.kind,
       IF(m.service_account = 1 OR k.role = 'owner', m.role, NULL)
  FROM access_tokens k
  JOIN members m ON m.user_id = k.user_id AND m.registered = 1
   AND m.active = 1 AND m.archived_at IS NULL
   AND m.service_account = (k.kind = 'ServiceAccount')
  JOIN users u ON u.id = k.user_id AND u.locked_at IS NULL
  JOIN tenants t ON t.id = k.tenant_id AND t.active = 1
 WHERE k.tenant_id = ? AND k.hash = ? AND k.revoked_at IS NULL
   AND k.active = 1 AND k.expires_at > UTC_TIMESTAMP(6);

-- name: access_tokens_of
-- in:   tenant_id:id
-- out:  id:id user_id:id username:str active:i64 created_at:time expires_at:time revoked_at:time last_used_at:time now:time
-- returns: many
SELECT k.id, k.user_id, m.username, m.active, k.created_at, k.expires_at,
       k.revoked_at, c.last_used_at, UTC_TIMESTAMP(6)
  FROM access_tokens k
  JOIN members m ON m.user_id = k.user_id
  JOIN key_credentials c ON c.id = k.credential_id
 WHERE k.tenant_id = ? AND k.kind = 'ServiceAccount'
 ORDER BY k.created_at, k.id;

-- name: access_token_owner
-- in:   tenant_id:id id:id
-- out:  user_id:id
-- returns: one
-- The service account.
SELECT user_id FROM access_tokens
 WHERE tenant_id = ? AND id = ? AND kind = 'ServiceAccount'
   AND revoked_at IS NULL;

-- name: access_tokens_revoke
-- in:   tenant_id:id user_id:id
-- returns: count
UPDATE access_tokens SET revoked_at = UTC_TIMESTAMP(6)
 WHERE tenant_id = ? AND user_id = ? AND revoked_at IS NULL;

-- name: service_tokens
-- in:   tenant_id:id user_id:id
-- out:  id:id user_id:id cred_id:str fingerprint:str good:i64 created_at:time
-- returns: many
-- That of one account, ended or not.
SELECT k.id, k.user_id, c.cred_id, c.fingerprint,
       k.revoked_at IS NULL AND k.expires_at > UTC_TIMESTAMP(6), k.created_at
  FROM access_tokens k
  JOIN key_credentials c ON c.id = k.credential_id
 WHERE k.tenant_id = ? AND k.user_id = ? AND k.kind = 'ServiceAccount'
 ORDER BY k.created_at, k.id;

-- name: service_tokens_between
-- in:   tenant_id:id after_at:time until_at:time
-- out:  id:id user_id:id cred_id:str fingerprint:str good:i64 created_at:time
-- returns: many
-- Those of the accounts of a page (members_page), by the times of its ends.
SELECT k.id, k.user_id, c.cred_id, c.fingerprint,
       k.revoked_at IS NULL AND k.expires_at > UTC_TIMESTAMP(6), k.created_at
  FROM members m FORCE INDEX (members_list)
  JOIN access_tokens k ON k.user_id = m.user_id AND k.kind = 'ServiceAccount'
  JOIN key_credentials c ON c.id = k.credential_id
 WHERE m.tenant_id = ? AND m.kind = 'CustomerEmployee'
   AND m.service_account = 1 AND m.archived_at IS NULL
   AND m.created_at >= COALESCE(?, TIMESTAMP'1970-01-01 00:00:00')
   AND m.created_at <= ?
 ORDER BY k.created_at, k.id;

-- name: access_tokens_count
-- in:   tenant_id:id
-- out:  n:i64
-- returns: one
-- Of service accounts, those that are good.
SELECT COUNT(*) FROM access_tokens
 WHERE tenant_id = ? AND kind = 'ServiceAccount' AND revoked_at IS NULL
   AND expires_at > UTC_TIMESTAMP(6);

-- name: pats_of
-- in:   tenant_id:id user_id:id only_id:id only_id:id
-- out:  id:id name:str cred_id:str fingerprint:str role:str active:i64 expired:i64 created_at:time expires_at:time last_used_at:time
-- returns: many
-- The personal ones of somebody that have not ended, or one of them.
SELECT k.id, k.name, c.cred_id, c.fingerprint, k.role, k.active,
       k.expires_at <= UTC_TIMESTAMP(6), k.created_at, k.expires_at,
       c.last_used_at
  FROM access_tokens k
  JOIN key_credentials c ON c.id = k.credential_id
 WHERE k.tenant_id = ? AND k.user_id = ? AND k.kind = 'Pat'
   AND k.revoked_at IS NULL AND (? IS NULL OR k.id = ?)
 ORDER BY k.created_at, k.id;

-- name: pats_count
-- in:   name:str tenant_id:id user_id:id
-- out:  n:i64 same:i64
-- returns: one
-- And whether one has that name.  What has expired makes room, and gives its
-- name free.
SELECT COUNT(*), COALESCE(MAX(name = ?), 0) FROM access_tokens
 WHERE tenant_id = ? AND user_id = ? AND kind = 'Pat' AND revoked_at IS NULL
   AND expires_at > UTC_TIMESTAMP(6);

-- name: pat_change
-- in:   name:str external_id:str tenant_id:id user_id:id id:id
-- returns: count
-- What is NULL stays.
UPDATE access_tokens
   SET name = COALESCE(?, name), external_id = COALESCE(?, external_id)
 WHERE tenant_id = ? AND user_id = ? AND id = ? AND kind = 'Pat'
   AND revoked_at IS NULL;

-- name: pat_set_active
-- in:   active:i64 tenant_id:id user_id:id id:id
-- returns: count
UPDATE access_tokens SET active = ?
 WHERE tenant_id = ? AND user_id = ? AND id = ? AND kind = 'Pat'
   AND revoked_at IS NULL;

-- name: pat_end
-- in:   tenant_id:id user_id:id id:id
-- returns: count
-- Its key goes with it.
UPDATE access_tokens k
  JOIN key_credentials c ON c.id = k.credential_id
   SET k.revoked_at = UTC_TIMESTAMP(6), c.active = 0,
       c.archived_at = UTC_TIMESTAMP(6)
 WHERE k.tenant_id = ? AND k.user_id = ? AND k.id = ? AND k.kind = 'Pat'
   AND k.revoked_at IS NULL;

-- name: pats_end
-- in:   tenant_id:id user_id:id all:i64
-- returns: count
-- Those that have expired, or all.
UPDATE access_tokens k
  JOIN key_credentials c ON c.id = k.credential_id
   SET k.revoked_at = UTC_TIMESTAMP(6), c.active = 0,
       c.archived_at = UTC_TIMESTAMP(6)
 WHERE k.tenant_id = ? AND k.user_id = ? AND k.kind = 'Pat'
   AND k.revoked_at IS NULL
   AND (? = 1 OR k.expires_at <= UTC_TIMESTAMP(6));

-- name: usertokens_of
-- in:   tenant_id:id user_id:id
-- out:  id:id kind:str name:str fingerprint:str role:str active:i64 created_at:time expires_at:time last_used_at:time
-- returns: many
-- Of either kind, those that have not ended.  The name of a service account is
-- that of its token, and what it may do is its own.
SELECT k.id, k.kind, COALESCE(k.name, m.username), c.fingerprint,
       IF(m.service_account = 1, m.role, k.role),
       k.active = 1 AND k.expires_at > UTC_TIMESTAMP(6), k.created_at,
       k.expires_at, c.last_used_at
  FROM access_tokens k
  JOIN key_credentials c ON c.id = k.credential_id
  JOIN members m ON m.user_id = k.user_id
 WHERE k.tenant_id = ? AND k.user_id = ? AND k.revoked_at IS NULL
 ORDER BY k.created_at, k.id;
