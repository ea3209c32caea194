-- name: username_of
-- in:   tenant_id:id user_id:id
-- out:  id:id username:str created_at:time updated_at:time
-- returns: one
SELECT id, username, created_at, updated_at FROM usernames
 WHERE tenant_id = ? AND user_id = ?;

-- name: username_owner
-- in:   tenant_id:id username:str
-- out:  user_id:id email_id:id address:str known_epoch:i64 locked:i64
-- returns: one
-- email_id NULL: the user has no primary address.
SELECT u.user_id, e.id, e.address, w.known_epoch,
       w.locked_at IS NOT NULL
  FROM usernames u
  JOIN users w ON w.id = u.user_id
  LEFT JOIN primary_emails p ON p.user_id = u.user_id
  LEFT JOIN emails e ON e.id = p.email_id
 WHERE u.tenant_id = ? AND u.username = ?;
