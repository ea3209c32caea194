-- Users as an operator sees them.  A page is a list of ids, by a key of its
-- own; what belongs to them is read by the ids, which are hexadecimal digits,
-- 32 each, one behind the other.

-- name: person_counted
-- in:   tenant_id:id tenant_id:id max_s:i64
-- out:  n:i64 operators:i64 age_s:i64
-- returns: one
-- What was counted lately; operators are among them.
SELECT n, (SELECT COUNT(*) FROM operators WHERE tenant_id = ?),
       GREATEST(1, 1 + TIMESTAMPDIFF(SECOND, counted_at, UTC_TIMESTAMP(6)))
  FROM user_counts
 WHERE tenant_id = ? AND counted_at > UTC_TIMESTAMP(6) - INTERVAL ? SECOND;

-- name: person_count
-- in:   tenant_id:id tenant_id:id
-- out:  n:i64 operators:i64
-- returns: one
SELECT COUNT(*), (SELECT COUNT(*) FROM operators WHERE tenant_id = ?)
  FROM users
 WHERE tenant_id = ?;

-- name: person_count_put
-- in:   tenant_id:id n:i64
-- returns: none
INSERT INTO user_counts (tenant_id, n, counted_at)
VALUES (?, ?, UTC_TIMESTAMP(6))
    ON DUPLICATE KEY UPDATE n = VALUES(n), counted_at = VALUES(counted_at);

-- name: person_page
-- in:   tenant_id:id plain:i64 created:i64 max:i64 skip:i64
-- in:   tenant_id:id plain:i64 created_last:i64 max:i64 skip:i64
-- in:   tenant_id:id plain:i64 updated:i64 max:i64 skip:i64
-- in:   tenant_id:id plain:i64 updated_last:i64 max:i64 skip:i64
-- out:  id:id
-- returns: many
-- One of four orders, each by its key: the one whose flag is 1.
(SELECT id FROM users WHERE tenant_id = ?
    AND (? = 0 OR id NOT IN (SELECT user_id FROM operators)) AND ? = 1
  ORDER BY created_at, id LIMIT ? OFFSET ?)
UNION ALL
(SELECT id FROM users WHERE tenant_id = ?
    AND (? = 0 OR id NOT IN (SELECT user_id FROM operators)) AND ? = 1
  ORDER BY created_at DESC, id DESC LIMIT ? OFFSET ?)
UNION ALL
(SELECT id FROM users WHERE tenant_id = ?
    AND (? = 0 OR id NOT IN (SELECT user_id FROM operators)) AND ? = 1
  ORDER BY updated_at, id LIMIT ? OFFSET ?)
UNION ALL
(SELECT id FROM users WHERE tenant_id = ?
    AND (? = 0 OR id NOT IN (SELECT user_id FROM operators)) AND ? = 1
  ORDER BY updated_at DESC, id DESC LIMIT ? OFFSET ?);

-- name: person_find_count
-- in:   tenant_id:id plain:i64 ids:str ids:str email:str username:str email:str username:str name:str name:str metadata:i64 public_metadata:str private_metadata:str unsafe_metadata:str
-- out:  n:i64
-- returns: one
-- Those that fit: an id of a list, joined by ","; and an address or a username
-- that is like this; and a name; and metadata that has what each of the three has
-- ('{}': anything), if that is 1.  What is NULL is not asked.
SELECT COUNT(*) FROM users u
 WHERE u.tenant_id = ?
   AND (? = 0 OR u.id NOT IN (SELECT user_id FROM operators))
   AND (? IS NULL OR FIND_IN_SET(HEX(u.id), ?) > 0)
   AND (COALESCE(?, ?) IS NULL
        OR EXISTS (SELECT 1 FROM emails e
                    WHERE e.user_id = u.id AND e.address LIKE ? ESCAPE '!')
        OR EXISTS (SELECT 1 FROM usernames n
                    WHERE n.user_id = u.id AND n.username LIKE ? ESCAPE '!'))
   AND (? IS NULL
        OR LOWER(CONCAT_WS(' ', u.name, u.given_name, u.family_name))
           LIKE LOWER(?) ESCAPE '!')
   AND (? = 0
        OR EXISTS (SELECT 1 FROM user_metadata m
                    WHERE m.user_id = u.id
                      AND JSON_CONTAINS(COALESCE(m.public_metadata, '{}'), ?)
                      AND JSON_CONTAINS(COALESCE(m.private_metadata, '{}'), ?)
                      AND JSON_CONTAINS(COALESCE(m.unsafe_metadata, '{}'), ?)));

-- name: person_find
-- in:   tenant_id:id plain:i64 ids:str ids:str email:str username:str email:str username:str name:str name:str metadata:i64 public_metadata:str private_metadata:str unsafe_metadata:str up:str down:str up:str max:i64 skip:i64
-- out:  id:id
-- returns: many
-- The same, by "created" or "updated", upwards or downwards.
SELECT u.id FROM users u
 WHERE u.tenant_id = ?
   AND (? = 0 OR u.id NOT IN (SELECT user_id FROM operators))
   AND (? IS NULL OR FIND_IN_SET(HEX(u.id), ?) > 0)
   AND (COALESCE(?, ?) IS NULL
        OR EXISTS (SELECT 1 FROM emails e
                    WHERE e.user_id = u.id AND e.address LIKE ? ESCAPE '!')
        OR EXISTS (SELECT 1 FROM usernames n
                    WHERE n.user_id = u.id AND n.username LIKE ? ESCAPE '!'))
   AND (? IS NULL
        OR LOWER(CONCAT_WS(' ', u.name, u.given_name, u.family_name))
           LIKE LOWER(?) ESCAPE '!')
   AND (? = 0
        OR EXISTS (SELECT 1 FROM user_metadata m
                    WHERE m.user_id = u.id
                      AND JSON_CONTAINS(COALESCE(m.public_metadata, '{}'), ?)
                      AND JSON_CONTAINS(COALESCE(m.private_metadata, '{}'), ?)
                      AND JSON_CONTAINS(COALESCE(m.unsafe_metadata, '{}'), ?)))
 ORDER BY CASE ? WHEN 'created' THEN u.created_at
                 WHEN 'updated' THEN u.updated_at END,
          CASE ? WHEN 'created' THEN u.created_at
                 WHEN 'updated' THEN u.updated_at END DESC,
          IF(? = '', NULL, u.id), u.id DESC
 LIMIT ? OFFSET ?;

-- name: persons_of
-- in:   ids:str ids:str n:i64 tenant_id:id
-- out:  id:id created_at:time updated_at:time name:str given_name:str family_name:str picture:str username_id:id username:str named_at:time renamed_at:time password_at:time password_set_at:time otp_at:time public_metadata:str private_metadata:str unsafe_metadata:str locked_at:time
-- returns: many
WITH RECURSIVE w (i, id) AS (
  SELECT 1, CAST(UNHEX(SUBSTR(?, 1, 32)) AS BINARY(16))
   UNION ALL
  SELECT i + 1, CAST(UNHEX(SUBSTR(?, i * 32 + 1, 32)) AS BINARY(16))
    FROM w WHERE i < ?)
SELECT u.id, u.created_at, u.updated_at, u.name, u.given_name, u.family_name,
       u.picture, n.id, n.username, n.created_at, n.updated_at, p.created_at,
       p.updated_at, o.created_at, m.public_metadata, m.private_metadata,
       m.unsafe_metadata, u.locked_at
  FROM w
  JOIN users u ON u.id = w.id AND u.tenant_id = ?
  LEFT JOIN usernames n ON n.user_id = u.id
  LEFT JOIN password_credentials p ON p.user_id = u.id
  LEFT JOIN otp_secrets o ON o.user_id = u.id
  LEFT JOIN user_metadata m ON m.user_id = u.id
 ORDER BY w.i;

-- name: person_emails_of
-- in:   ids:str ids:str n:i64 tenant_id:id
-- out:  user_id:id id:id address:str verified:i64 is_primary:i64 created_at:time updated_at:time
-- returns: many
WITH RECURSIVE w (i, id) AS (
  SELECT 1, CAST(UNHEX(SUBSTR(?, 1, 32)) AS BINARY(16))
   UNION ALL
  SELECT i + 1, CAST(UNHEX(SUBSTR(?, i * 32 + 1, 32)) AS BINARY(16))
    FROM w WHERE i < ?)
SELECT e.user_id, e.id, e.address, e.verified, p.email_id IS NOT NULL,
       e.created_at, e.updated_at
  FROM w
  JOIN emails e ON e.user_id = w.id AND e.tenant_id = ?
  LEFT JOIN primary_emails p ON p.email_id = e.id
 ORDER BY w.i, e.created_at, e.id;

-- name: person_credentials_of
-- in:   ids:str ids:str n:i64 tenant_id:id
-- out:  user_id:id credential_id:bytes name:str public_key:bytes attestation:str aaguid:id backup_eligible:i64 backup_state:i64 transports:str mfa_only:i64 last_used_at:time created_at:time
-- returns: many
WITH RECURSIVE w (i, id) AS (
  SELECT 1, CAST(UNHEX(SUBSTR(?, 1, 32)) AS BINARY(16))
   UNION ALL
  SELECT i + 1, CAST(UNHEX(SUBSTR(?, i * 32 + 1, 32)) AS BINARY(16))
    FROM w WHERE i < ?)
SELECT c.user_id, c.credential_id, c.name, c.public_key, c.attestation,
       c.aaguid, c.backup_eligible, c.backup_state, c.transports, c.mfa_only,
       c.last_used_at, c.created_at
  FROM w
  JOIN webauthn_credentials c ON c.user_id = w.id AND c.tenant_id = ?
   AND c.active = 1 AND c.archived_at IS NULL
 ORDER BY w.i, c.mfa_only, c.created_at, c.id_hash;

-- name: person_put
-- in:   id:id tenant_id:id created_at:time
-- returns: none
INSERT INTO users (id, tenant_id, created_at, updated_at)
VALUES (?, ?, COALESCE(?, UTC_TIMESTAMP(6)), UTC_TIMESTAMP(6));

-- name: person_names
-- in:   tenant_id:id id:id
-- out:  name:str given_name:str family_name:str picture:str updated_at:time
-- returns: one
-- Under the lock of the user.
SELECT name, given_name, family_name, picture, updated_at FROM users
 WHERE tenant_id = ? AND id = ?;

-- name: person_change
-- in:   name:str given_name:str family_name:str picture:str tenant_id:id id:id
-- returns: count
UPDATE users
   SET name = ?, given_name = ?, family_name = ?, picture = ?,
       updated_at = UTC_TIMESTAMP(6)
 WHERE tenant_id = ? AND id = ?;

-- name: person_lock
-- in:   tenant_id:id id:id
-- returns: count
UPDATE users SET locked_at = UTC_TIMESTAMP(6), updated_at = UTC_TIMESTAMP(6)
 WHERE tenant_id = ? AND id = ? AND locked_at IS NULL;

-- name: person_unlock
-- in:   tenant_id:id id:id
-- returns: count
UPDATE users SET locked_at = NULL, updated_at = UTC_TIMESTAMP(6)
 WHERE tenant_id = ? AND id = ? AND locked_at IS NOT NULL;
