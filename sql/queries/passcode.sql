-- name: passcode_target
-- in:   email_id:id email_id:id tenant_id:id user_id:id
-- out:  email_id:id address:str owner_id:id known_epoch:i64 now:time locked:i64
-- returns: one
-- Whom a passcode goes to: the address that was named, or else the primary
-- one.  No row: no such user.  email_id NULL: no such address.  A service
-- account has none and must never get one: nobody logs in as one.
SELECT e.id, e.address, e.user_id, u.known_epoch, UTC_TIMESTAMP(6),
       u.locked_at IS NOT NULL
  FROM users u
  LEFT JOIN primary_emails p ON p.user_id = u.id AND ? IS NULL
  LEFT JOIN emails e
    ON e.id = COALESCE(?, p.email_id) AND e.tenant_id = u.tenant_id
 WHERE u.tenant_id = ? AND u.id = ?
   AND NOT EXISTS (SELECT 1 FROM members m
                    WHERE m.user_id = u.id AND m.service_account = 1);

-- name: passcode_put
-- in:   id:id tenant_id:id user_id:id email_id:id purpose:str known:i64 code:bytes ttl_s:i64 now:time now:time ttl_s:i64
-- returns: none
-- The unique key on user, address, purpose and kind of asker makes this kill
-- the older code.
INSERT INTO passcodes
       (id, tenant_id, user_id, email_id, purpose, known, code, ttl_s,
        try_count, created_at, expires_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ? + INTERVAL ? SECOND)
    ON DUPLICATE KEY UPDATE id = VALUES(id), code = VALUES(code),
       ttl_s = VALUES(ttl_s), try_count = 0, created_at = VALUES(created_at),
       expires_at = VALUES(expires_at);

-- name: passcode_lock
-- in:   tenant_id:id id:id
-- out:  user_id:id email_id:id code:bytes ttl_s:i64 try_count:i64 created_at:time expired:i64 known_epoch:i64
-- returns: one
-- The user is read, not locked: a lock would come after that of the code.
SELECT user_id, email_id, code, ttl_s, try_count, created_at,
       expires_at < UTC_TIMESTAMP(6),
       (SELECT u.known_epoch FROM users u WHERE u.id = passcodes.user_id)
  FROM passcodes
 WHERE tenant_id = ? AND id = ? AND purpose = 'passcode' FOR UPDATE;

-- name: code_lock
-- in:   tenant_id:id user_id:id purpose:str
-- out:  id:id email_id:id known:i64 code:bytes try_count:i64 expired:i64
-- returns: many
-- Newest first: one to another address is older, and no longer theirs.  At most
-- one of each kind of asker is good.
SELECT id, email_id, known, code, try_count, expires_at < UTC_TIMESTAMP(6)
  FROM passcodes WHERE tenant_id = ? AND user_id = ? AND purpose = ?
 ORDER BY created_at DESC, id LIMIT 4 FOR UPDATE;

-- name: code_replace
-- in:   tenant_id:id user_id:id purpose:str known:i64
-- returns: count
DELETE FROM passcodes
 WHERE tenant_id = ? AND user_id = ? AND purpose = ? AND known = ?;

-- name: code_delete_of
-- in:   tenant_id:id user_id:id purpose:str
-- returns: count
DELETE FROM passcodes WHERE tenant_id = ? AND user_id = ? AND purpose = ?;

-- name: passcode_count_try
-- in:   tenant_id:id id:id
-- returns: count
UPDATE passcodes SET try_count = try_count + 1
 WHERE tenant_id = ? AND id = ?;

-- name: passcode_delete
-- in:   tenant_id:id id:id
-- returns: count
DELETE FROM passcodes WHERE tenant_id = ? AND id = ?;
