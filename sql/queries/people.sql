-- Members as the owners of their organisation see them.

-- name: people_page
-- in:   trust:i64 tenant_id:id only_id:id only_id:id after_at:time after_at:time after_id:id service_account:i64 kind:str kind:str max:i64
-- out:  user_id:id created_at:time stored_id:id username:str kind:str role:str active:i64 locked:i64 registered:i64 has_passkey:i64 service_account:i64 address:str key_id:id passkey_hash:bytes
-- returns: many
-- The next few, oldest first, behind the one named by its time and id; or one
-- alone.  Those of one kind, but for end users, are found by members_page.
SELECT u.id, u.created_at, m.user_id, m.username, m.kind, m.role, m.active,
       u.locked_at IS NOT NULL, COALESCE(m.registered, 0),
       ? = 1 AND EXISTS (
         SELECT 1 FROM webauthn_credentials w
          WHERE w.user_id = u.id AND w.archived_at IS NULL
            AND w.mfa_only = 0),
       COALESCE(m.service_account, 0), e.address,
       (SELECT k.id FROM key_credentials k
         WHERE k.user_id = u.id AND k.archived_at IS NULL
           AND k.of_token = COALESCE(m.service_account, 0)
         ORDER BY k.created_at, k.id LIMIT 1),
       (SELECT c.id_hash FROM webauthn_credentials c
         WHERE c.user_id = u.id AND c.archived_at IS NULL AND c.mfa_only = 0
           AND c.admitted = 1
         ORDER BY c.created_at, c.id_hash LIMIT 1)
  FROM users u FORCE INDEX (PRIMARY, users_list_created)
  LEFT JOIN members m ON m.user_id = u.id
  LEFT JOIN primary_emails p ON p.user_id = u.id
  LEFT JOIN emails e ON e.id = p.email_id AND e.verified = 1
 WHERE u.tenant_id = ? AND (? IS NULL OR u.id = ?)
   AND u.created_at >= COALESCE(?, TIMESTAMP'1970-01-01 00:00:00')
   AND (u.created_at, u.id) > (COALESCE(?, TIMESTAMP'1970-01-01 00:00:00'),
                               COALESCE(?, ''))
   AND m.archived_at IS NULL
   AND (m.user_id IS NOT NULL OR e.id IS NOT NULL)
   AND COALESCE(m.service_account, 0) = ?
   AND (? IS NULL OR COALESCE(m.kind, 'EndUser') = ?)
 ORDER BY u.created_at, u.id LIMIT ?;

-- name: members_page
-- in:   trust:i64 tenant_id:id kind:str service_account:i64 after_at:time after_at:time after_id:id max:i64
-- out:  user_id:id created_at:time stored_id:id username:str kind:str role:str active:i64 locked:i64 registered:i64 has_passkey:i64 service_account:i64 key_id:id passkey_hash:bytes
-- returns: many
-- The same of employees, or of service accounts, as members: by a key that has
-- no others in it.
SELECT m.user_id, m.created_at, m.user_id, m.username, m.kind, m.role, m.active,
       u.locked_at IS NOT NULL, m.registered,
       ? = 1 AND EXISTS (
         SELECT 1 FROM webauthn_credentials w
          WHERE w.user_id = m.user_id AND w.archived_at IS NULL
            AND w.mfa_only = 0),
       m.service_account,
       (SELECT k.id FROM key_credentials k
         WHERE k.user_id = m.user_id AND k.archived_at IS NULL
           AND k.of_token = m.service_account
         ORDER BY k.created_at, k.id LIMIT 1),
       (SELECT c.id_hash FROM webauthn_credentials c
         WHERE c.user_id = m.user_id AND c.archived_at IS NULL
           AND c.mfa_only = 0 AND c.admitted = 1
         ORDER BY c.created_at, c.id_hash LIMIT 1)
  FROM members m FORCE INDEX (members_list)
  JOIN users u ON u.id = m.user_id
 WHERE m.tenant_id = ? AND m.kind = ? AND m.service_account = ?
   AND m.archived_at IS NULL
   AND m.created_at >= COALESCE(?, TIMESTAMP'1970-01-01 00:00:00')
   AND (m.created_at, m.user_id) > (COALESCE(?, TIMESTAMP'1970-01-01 00:00:00'),
                                    COALESCE(?, ''))
 ORDER BY m.created_at, m.user_id LIMIT ?;
