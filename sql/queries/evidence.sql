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
