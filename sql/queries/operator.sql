-- Operators: users who are marked as such.

-- name: operator_put
-- in:   user_id:id tenant_id:id everywhere:i64 read_only:i64
-- returns: none
-- Who is one already is marked anew.
INSERT INTO operators (user_id, tenant_id, everywhere, read_only, marked_at)
VALUES (?, ?, ?, ?, UTC_TIMESTAMP(6))
    ON DUPLICATE KEY UPDATE everywhere = VALUES(everywhere),
       read_only = VALUES(read_only), marked_at = VALUES(marked_at);

-- name: operator_delete
-- in:   tenant_id:id user_id:id
-- returns: count
DELETE FROM operators WHERE tenant_id = ? AND user_id = ?;

-- name: operator_get
-- in:   tenant_id:id user_id:id
-- out:  everywhere:i64 read_only:i64
-- returns: one
SELECT everywhere, read_only FROM operators
 WHERE tenant_id = ? AND user_id = ?;

-- name: operator_passkeys
-- in:   tenant_id:id user_id:id
-- out:  name:str created_at:time last_used_at:time
-- returns: many
-- Those that open the way for them.
SELECT c.name, c.created_at, c.last_used_at
  FROM operators o
  JOIN webauthn_credentials c
    ON c.user_id = o.user_id AND c.tenant_id = o.tenant_id
 WHERE o.tenant_id = ? AND o.user_id = ? AND c.created_at < o.marked_at
   AND c.api = 'hanko' AND c.mfa_only = 0
   AND c.active = 1 AND c.archived_at IS NULL
 ORDER BY c.created_at, c.id_hash;

-- name: operator_list
-- out:  user_id:id tenant:str everywhere:i64 read_only:i64 marked_at:time locked:i64 username:str address:str passkeys:i64 sessions:i64
-- returns: many
-- tenants: all, because whoever gives commands is told of all
SELECT o.user_id, t.name, o.everywhere, o.read_only, o.marked_at,
       u.locked_at IS NOT NULL, n.username, e.address,
       (SELECT COUNT(*) FROM webauthn_credentials c
         WHERE c.user_id = o.user_id AND c.created_at < o.marked_at
           AND c.api = 'hanko' AND c.mfa_only = 0
           AND c.active = 1 AND c.archived_at IS NULL),
       (SELECT COUNT(*) FROM operator_sessions s
         WHERE s.user_id = o.user_id AND s.expires_at > UTC_TIMESTAMP(6))
  FROM operators o
  JOIN users u ON u.id = o.user_id
  JOIN tenants t ON t.id = o.tenant_id
  LEFT JOIN usernames n ON n.user_id = o.user_id
  LEFT JOIN primary_emails p ON p.user_id = o.user_id
  LEFT JOIN emails e ON e.id = p.email_id
 ORDER BY o.marked_at, o.user_id;

-- name: operator_entry
-- in:   tenant_id:id user_id:id id_hash:bytes
-- out:  everywhere:i64 read_only:i64
-- returns: one
-- What a log-in by a passkey comes to: nothing, if it is none that they had
-- when they were marked, or one that the Dfns API has made.
SELECT o.everywhere, o.read_only
  FROM operators o
  JOIN webauthn_credentials c
    ON c.user_id = o.user_id AND c.tenant_id = o.tenant_id
 WHERE o.tenant_id = ? AND o.user_id = ? AND c.id_hash = ?
   AND c.created_at < o.marked_at AND c.api = 'hanko' AND c.mfa_only = 0
   AND c.active = 1 AND c.archived_at IS NULL;

-- name: operator_session_put
-- in:   id:id tenant_id:id user_id:id id_hash:bytes digest:bytes lifespan_s:i64
-- returns: none
INSERT INTO operator_sessions
       (id, tenant_id, user_id, id_hash, digest, created_at, last_used,
        expires_at)
VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6),
        UTC_TIMESTAMP(6) + INTERVAL ? SECOND);

-- name: operator_session_get
-- in:   id:id idle_s:i64
-- out:  tenant_id:id user_id:id digest:bytes everywhere:i64 read_only:i64 username:str address:str last_used:time expires_at:time now:time
-- returns: one
-- tenants: all, because the session says of which it is
-- It ends with the mark, and with the passkey that it began with.
SELECT s.tenant_id, s.user_id, s.digest, o.everywhere, o.read_only, n.username,
       e.address, s.last_used, s.expires_at, UTC_TIMESTAMP(6)
  FROM operator_sessions s
  JOIN operators o ON o.user_id = s.user_id
  JOIN users u ON u.id = s.user_id AND u.locked_at IS NULL
  JOIN webauthn_credentials c
    ON c.tenant_id = s.tenant_id AND c.id_hash = s.id_hash
   AND c.user_id = s.user_id AND c.created_at < o.marked_at
   AND c.active = 1 AND c.archived_at IS NULL
  LEFT JOIN usernames n ON n.user_id = s.user_id
  LEFT JOIN primary_emails p ON p.user_id = s.user_id
  LEFT JOIN emails e ON e.id = p.email_id
 WHERE s.id = ? AND s.expires_at > UTC_TIMESTAMP(6)
   AND s.last_used > UTC_TIMESTAMP(6) - INTERVAL ? SECOND;

-- name: operator_session_touch
-- in:   tenant_id:id id:id
-- returns: count
UPDATE operator_sessions SET last_used = UTC_TIMESTAMP(6)
 WHERE tenant_id = ? AND id = ?;

-- name: operator_session_delete
-- in:   tenant_id:id id:id
-- returns: count
DELETE FROM operator_sessions WHERE tenant_id = ? AND id = ?;

-- name: operator_sessions_delete
-- in:   tenant_id:id user_id:id
-- returns: count
DELETE FROM operator_sessions WHERE tenant_id = ? AND user_id = ?;
