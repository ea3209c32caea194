-- Signatures by which users approved requests.

-- name: evidence_put
-- in:   id:id tenant_id:id action_id:id user_id:id username:str method:str path:str payload_hash:str nonce:str
-- in:   credential_id:id kind:str cred_id:str public_key:bytes digest:str client_data:bytes authenticator_data:bytes signature:bytes request_id:str
-- returns: none
INSERT INTO action_signatures
       (id, tenant_id, action_id, user_id, username, method, path,
        payload_hash, nonce, credential_id, kind, cred_id, public_key, digest,
        client_data, authenticator_data, signature, http_request_id,
        signed_at, used_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
        UTC_TIMESTAMP(6), NULL);

-- name: evidence_used
-- in:   tenant_id:id action_id:id
-- returns: count
UPDATE action_signatures SET used_at = UTC_TIMESTAMP(6)
 WHERE tenant_id = ? AND action_id = ?;

-- name: evidence_page
-- in:   tenant_id:id since:time until:time user_id:id user_id:id before_at:time before_at:time before_id:id max:i64
-- out:  id:id action_id:id user_id:id username:str method:str path:str payload_hash:str nonce:str credential_id:id kind:str public_key:bytes signed_at:time used_at:time
-- returns: many
-- The next few, newest first, behind the one named by its time and id; what was
-- signed itself, which may be large, is read of one alone.
SELECT id, action_id, user_id, username, method, path, payload_hash, nonce,
       credential_id, kind, public_key, signed_at, used_at
  FROM action_signatures
       FORCE INDEX (action_signatures_list, action_signatures_user)
 WHERE tenant_id = ?
   AND signed_at >= COALESCE(?, TIMESTAMP'1970-01-01 00:00:00')
   AND signed_at <= COALESCE(?, TIMESTAMP'9999-12-31 23:59:59')
   AND (? IS NULL OR user_id = ?)
   AND signed_at <= COALESCE(?, TIMESTAMP'9999-12-31 23:59:59')
   AND (signed_at, id) < (COALESCE(?, TIMESTAMP'9999-12-31 23:59:59'),
                          COALESCE(?, ''))
 ORDER BY signed_at DESC, id DESC LIMIT ?;

-- name: evidence_get
-- in:   tenant_id:id id:id
-- out:  id:id action_id:id user_id:id username:str method:str path:str payload_hash:str nonce:str credential_id:id kind:str public_key:bytes signed_at:time used_at:time client_data:bytes authenticator_data:bytes signature:bytes
-- returns: one
SELECT id, action_id, user_id, username, method, path, payload_hash, nonce,
       credential_id, kind, public_key, signed_at, used_at, client_data,
       authenticator_data, signature
  FROM action_signatures
 WHERE tenant_id = ? AND id = ?;
