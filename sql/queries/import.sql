-- Users that come from elsewhere, and go elsewhere.

-- name: import_find
-- in:   tenant_id:id id:id tenant_id:id address:str tenant_id:id username:str
-- out:  by_id:id by_address:id by_name:id
-- returns: one
-- Who has them already: each of them, or NULL.
SELECT (SELECT u.id FROM users u WHERE u.tenant_id = ? AND u.id = ?),
       (SELECT e.user_id FROM emails e
         WHERE e.tenant_id = ? AND e.address = ?),
       (SELECT n.user_id FROM usernames n
         WHERE n.tenant_id = ? AND n.username = ?);

-- name: import_user_put
-- in:   id:id tenant_id:id name:str given_name:str family_name:str picture:str locked_at:time created_at:time updated_at:time
-- returns: none
INSERT INTO users
       (id, tenant_id, name, given_name, family_name, picture, locked_at,
        created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, COALESCE(?, UTC_TIMESTAMP(6)),
        COALESCE(?, UTC_TIMESTAMP(6)));

-- name: import_email_put
-- in:   id:id tenant_id:id user_id:id address:str verified:i64
-- returns: none
-- An address that nobody has asked for yet: a conflict otherwise.
INSERT INTO emails
       (id, tenant_id, user_id, address, verified, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6));

-- name: import_credential_date
-- in:   created_at:time last_used_at:time tenant_id:id id_hash:bytes
-- returns: count
UPDATE webauthn_credentials SET created_at = ?, last_used_at = ?
 WHERE tenant_id = ? AND id_hash = ?;

-- name: export_page
-- in:   tenant_id:id after:id rows:i64
-- out:  id:id created_at:time updated_at:time name:str given_name:str family_name:str picture:str locked_at:time username:str hash:str norm:i64 public_metadata:str private_metadata:str unsafe_metadata:str sealed:bytes last_step:i64
-- returns: many
-- In the order of their ids, in which none is left out that was there all the
-- time.
SELECT u.id, u.created_at, u.updated_at, u.name, u.given_name, u.family_name,
       u.picture, u.locked_at, n.username, c.hash, c.norm, m.public_metadata,
       m.private_metadata, m.unsafe_metadata, o.sealed, COALESCE(o.last_step, -1)
  FROM users u
  LEFT JOIN usernames n ON n.user_id = u.id
  LEFT JOIN password_credentials c ON c.user_id = u.id
  LEFT JOIN user_metadata m ON m.user_id = u.id
  LEFT JOIN otp_secrets o ON o.user_id = u.id
 WHERE u.tenant_id = ? AND u.id > COALESCE(?, '')
 ORDER BY u.id LIMIT ?;
