-- Members: users as the Dfns API sees them.  A user without a row of members
-- is one too, by the proved address that is theirs.  Codes go to the address
-- that a member had when they registered.
--
-- trust is dfns.trust_passkeys: then any passkey registers its owner, and codes
-- go to the primary address.

-- name: member_by_name
-- in:   trust:i64 tenant_id:id key:str older_key:str tenant_id:id key:str tenant_id:id tenant_id:id tenant_id:id key:str tenant_id:id key:str trust:i64
-- out:  org_name:str org_rp_id:str org_rp_name:str org_origins:str org_active:i64
-- out:  stand_in:i64 user_id:id stored_id:id username:str kind:str active:i64 registered:i64 has_passkey:i64 service_account:i64 archived_at:time
-- out:  email_id:id address:str verified:i64 known_epoch:i64 now:time locked:i64 role:str
-- returns: one
-- Older rows may have the U-labels of a domain in username_key.
--
-- Of a name that nobody has, the row of the next name is read (stand_in = 1),
-- so that as much is read as of one that somebody has: by the time that it
-- takes it cannot be told.  With it comes the organisation: there is a row
-- whether that exists or not, and whether a user was found.
SELECT t.name, t.rp_id, t.rp_name, t.origins, t.active,
       w.id IS NULL, u.id, m.user_id, m.username, m.kind, m.active,
       COALESCE(m.registered, 0), ? = 1 AND EXISTS (
         SELECT 1 FROM webauthn_credentials c
          WHERE c.user_id = u.id AND c.archived_at IS NULL
            AND c.mfa_only = 0),
       m.service_account, m.archived_at, e.id, e.address, e.verified,
       u.known_epoch, UTC_TIMESTAMP(6), u.locked_at IS NOT NULL, m.role
  FROM (SELECT COALESCE(
         (SELECT n.user_id FROM members n
           WHERE n.tenant_id = ? AND n.username_key IN (?, ?)
           ORDER BY n.username_key LIMIT 1),
         (SELECT o.user_id FROM emails o
           WHERE o.tenant_id = ? AND o.address = ? AND o.verified = 1
             AND NOT EXISTS (SELECT 1 FROM members q
                              WHERE q.user_id = o.user_id))) AS id) w
  LEFT JOIN tenants t ON t.id = ?
  LEFT JOIN users u ON u.tenant_id = ? AND u.id = COALESCE(w.id,
         (SELECT s.user_id FROM members s
           WHERE s.tenant_id = ? AND s.username_key > ?
           ORDER BY s.username_key LIMIT 1),
         (SELECT t.user_id FROM members t
           WHERE t.tenant_id = ? AND t.username_key < ?
           ORDER BY t.username_key DESC LIMIT 1))
  LEFT JOIN members m ON m.user_id = u.id
  LEFT JOIN primary_emails p ON p.user_id = u.id
  LEFT JOIN emails e
    ON e.id = IF(m.registered = 1 AND ? = 0, m.email_id, p.email_id);

-- name: member_by_id
-- in:   trust:i64 trust:i64 tenant_id:id user_id:id
-- out:  user_id:id stored_id:id username:str kind:str active:i64 registered:i64 has_passkey:i64 service_account:i64 archived_at:time
-- out:  email_id:id address:str verified:i64 known_epoch:i64 now:time locked:i64 role:str
-- returns: one
SELECT u.id, m.user_id, m.username, m.kind, m.active,
       COALESCE(m.registered, 0), ? = 1 AND EXISTS (
         SELECT 1 FROM webauthn_credentials w
          WHERE w.user_id = u.id AND w.archived_at IS NULL
            AND w.mfa_only = 0),
       m.service_account, m.archived_at, e.id, e.address, e.verified,
       u.known_epoch, UTC_TIMESTAMP(6), u.locked_at IS NOT NULL, m.role
  FROM users u
  LEFT JOIN members m ON m.user_id = u.id
  LEFT JOIN primary_emails p ON p.user_id = u.id
  LEFT JOIN emails e
    ON e.id = IF(m.registered = 1 AND ? = 0, m.email_id, p.email_id)
 WHERE u.tenant_id = ? AND u.id = ?;

-- name: member_lock
-- in:   trust:i64 trust:i64 tenant_id:id user_id:id
-- out:  user_id:id stored_id:id username:str kind:str active:i64 registered:i64 has_passkey:i64 service_account:i64 archived_at:time
-- out:  email_id:id address:str verified:i64 known_epoch:i64 now:time locked:i64 role:str
-- returns: one
-- The same under the lock of the user.
SELECT u.id, m.user_id, m.username, m.kind, m.active,
       COALESCE(m.registered, 0), ? = 1 AND EXISTS (
         SELECT 1 FROM webauthn_credentials w
          WHERE w.user_id = u.id AND w.archived_at IS NULL
            AND w.mfa_only = 0),
       m.service_account, m.archived_at, e.id, e.address, e.verified,
       u.known_epoch, UTC_TIMESTAMP(6), u.locked_at IS NOT NULL, m.role
  FROM users u
  LEFT JOIN members m ON m.user_id = u.id
  LEFT JOIN primary_emails p ON p.user_id = u.id
  LEFT JOIN emails e
    ON e.id = IF(m.registered = 1 AND ? = 0, m.email_id, p.email_id)
 WHERE u.tenant_id = ? AND u.id = ?
   FOR UPDATE;

-- name: member_put
-- in:   user_id:id tenant_id:id username:str username_key:str kind:str active:i64 registered:i64 service_account:i64 external_id:str email_id:id
-- returns: none
INSERT INTO members
       (user_id, tenant_id, username, username_key, kind, active, registered,
        service_account, external_id, email_id, created_at, archived_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(6), NULL);

-- name: member_registered
-- in:   email_id:id tenant_id:id user_id:id
-- returns: count
UPDATE members SET registered = 1, email_id = ?
 WHERE tenant_id = ? AND user_id = ?;

-- name: member_set_address
-- in:   email_id:id tenant_id:id user_id:id
-- returns: count
UPDATE members SET email_id = ? WHERE tenant_id = ? AND user_id = ?;

-- name: membership
-- in:   trust:i64 tenant_id:id user_id:id
-- out:  username:str registered:i64 service_account:i64 email_id:id address:str verified:i64
-- returns: one
-- What other APIs must know of a user whom they change, member or not.
SELECT COALESCE(m.username, e.address), COALESCE(m.registered, 0),
       COALESCE(m.service_account, 0), m.email_id, e.address, e.verified
  FROM users u
  LEFT JOIN members m ON m.user_id = u.id
  LEFT JOIN primary_emails p ON p.user_id = u.id
  LEFT JOIN emails e
    ON e.id = IF(m.registered = 1 AND ? = 0, m.email_id, p.email_id)
 WHERE u.tenant_id = ? AND u.id = ?;

-- name: member_archive
-- in:   tenant_id:id user_id:id
-- returns: count
-- What they were called is free again: no name begins with a space.
UPDATE members
   SET active = 0, archived_at = UTC_TIMESTAMP(6),
       username_key = CONCAT(' ', HEX(user_id))
 WHERE tenant_id = ? AND user_id = ? AND archived_at IS NULL;

-- name: member_set_active
-- in:   active:i64 tenant_id:id user_id:id
-- returns: count
UPDATE members SET active = ? WHERE tenant_id = ? AND user_id = ?;

-- name: member_set_role
-- in:   role:str tenant_id:id user_id:id
-- returns: count
UPDATE members SET role = ? WHERE tenant_id = ? AND user_id = ?;

-- name: member_rename
-- in:   username:str username_key:str tenant_id:id user_id:id
-- returns: count
-- Of a service account alone.
UPDATE members SET username = ?, username_key = ?
 WHERE tenant_id = ? AND user_id = ? AND service_account = 1;

-- name: member_set_external
-- in:   external_id:str tenant_id:id user_id:id
-- returns: count
UPDATE members SET external_id = ? WHERE tenant_id = ? AND user_id = ?;

-- name: member_owners
-- in:   tenant_id:id
-- out:  user_id:id active:i64 registered:i64 service_account:i64
-- returns: many
-- Locked, behind the lock of the user who is dealt with: of two owners who put
-- each other out one comes first.  Whom an operator has locked is not active.
SELECT m.user_id,
       m.active AND (SELECT u.locked_at IS NULL FROM users u
                      WHERE u.id = m.user_id),
       m.registered, m.service_account
  FROM members m
 WHERE m.tenant_id = ? AND m.role = 'owner' AND m.archived_at IS NULL
 ORDER BY m.user_id FOR UPDATE;

-- name: member_page
-- in:   trust:i64 tenant_id:id after_at:time after_at:time after_id:id max:i64
-- out:  user_id:id created_at:time stored_id:id username:str kind:str active:i64 registered:i64 has_passkey:i64 service_account:i64 archived_at:time address:str role:str
-- returns: many
-- The next few, oldest first, behind the one named by its time and id.
SELECT u.id, u.created_at, m.user_id, m.username, m.kind, m.active,
       COALESCE(m.registered, 0), ? = 1 AND EXISTS (
         SELECT 1 FROM webauthn_credentials w
          WHERE w.user_id = u.id AND w.archived_at IS NULL
            AND w.mfa_only = 0),
       m.service_account, m.archived_at, e.address, m.role
  FROM users u FORCE INDEX (users_list_created)
  LEFT JOIN members m ON m.user_id = u.id
  LEFT JOIN primary_emails p ON p.user_id = u.id
  LEFT JOIN emails e ON e.id = p.email_id AND e.verified = 1
 WHERE u.tenant_id = ?
   AND u.created_at >= COALESCE(?, TIMESTAMP'1970-01-01 00:00:00')
   AND (u.created_at, u.id) > (COALESCE(?, TIMESTAMP'1970-01-01 00:00:00'),
                               COALESCE(?, ''))
   AND (m.user_id IS NOT NULL OR e.id IS NOT NULL)
 ORDER BY u.created_at, u.id LIMIT ?;

-- name: member_session
-- in:   tenant_id:id id:id
-- out:  user_id:id last_used:time now:time username:str kind:str active:i64 archived_at:time role:str
-- returns: one
-- A session of the Dfns API, and whether its user may still use it.
SELECT s.user_id, s.last_used, UTC_TIMESTAMP(6), m.username, m.kind,
       m.active, m.archived_at, m.role
  FROM sessions s
  JOIN members m ON m.user_id = s.user_id
  JOIN tenants t ON t.id = s.tenant_id AND t.active = 1
 WHERE s.tenant_id = ? AND s.id = ? AND s.api = 'dfns'
   AND s.expires_at > UTC_TIMESTAMP(6);
