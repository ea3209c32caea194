-- name: audit_put
-- in:   id:id tenant_id:id type:str error:str request_id:str ip:str user_agent:str user_id:id email:str
-- in:   operator_name:str subject_id:id
-- returns: none
INSERT INTO audit_logs
       (id, tenant_id, type, error, http_request_id, source_ip, user_agent,
        actor_user_id, actor_email, actor_operator, subject_user_id,
        created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(6));

-- name: audit_floor
-- in:   tenant_id:id since:time until:time user_id:id user_id:id skip:i64
-- out:  created_at:time
-- returns: one
-- When the one behind so many newer ones happened, of all or of a user.
SELECT created_at FROM audit_logs FORCE INDEX (audit_logs_list, audit_logs_actor)
 WHERE tenant_id = ?
   AND created_at > COALESCE(?, TIMESTAMP'1000-01-01 00:00:00')
   AND created_at < COALESCE(?, TIMESTAMP'9999-12-31 23:59:59')
   AND (? IS NULL OR actor_user_id = ?)
 ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET ?;

-- name: audit_count
-- in:   plain:i64 tenant_id:id since:time until:time
-- in:   plain:i64 tenant_id:id since:time until:time types:str types:str user_id:id user_id:id email:str email:str tenant_id:id address:str ip:str ip:str any:str any:str any:str any:str any:str tenant_id:id any_address:str
-- out:  n:i64
-- returns: one
-- Those that fit.  What is NULL is not asked; plain is 1 if nothing is but the
-- time, so that the key alone is read.  Addresses are masked in the log, but
-- whose a whole one is stands elsewhere.
SELECT (SELECT COUNT(*) FROM audit_logs FORCE INDEX (audit_logs_list)
         WHERE ? = 1 AND tenant_id = ?
           AND created_at > COALESCE(?, TIMESTAMP'1000-01-01 00:00:00')
           AND created_at < COALESCE(?, TIMESTAMP'9999-12-31 23:59:59'))
     + (SELECT COUNT(*)
          FROM audit_logs FORCE INDEX (audit_logs_list, audit_logs_actor)
         WHERE ? = 0 AND tenant_id = ?
           AND created_at > COALESCE(?, TIMESTAMP'1000-01-01 00:00:00')
           AND created_at < COALESCE(?, TIMESTAMP'9999-12-31 23:59:59')
           AND (? IS NULL OR FIND_IN_SET(type, ?) > 0)
           AND (? IS NULL OR actor_user_id = ?)
           AND (? IS NULL OR actor_email LIKE ? ESCAPE '!'
                OR actor_user_id = (SELECT user_id FROM emails
                                     WHERE tenant_id = ? AND address = ?))
           AND (? IS NULL OR source_ip LIKE ? ESCAPE '!')
           AND (? IS NULL OR actor_email LIKE ? ESCAPE '!'
                OR source_ip LIKE ? ESCAPE '!'
                OR LOWER(HEX(actor_user_id)) LIKE REPLACE(?, '-', '') ESCAPE '!'
                OR LOWER(HEX(subject_user_id)) LIKE REPLACE(?, '-', '')
                   ESCAPE '!'
                OR actor_user_id = (SELECT user_id FROM emails
                                     WHERE tenant_id = ? AND address = ?)));

-- name: audit_page
-- in:   plain:i64 tenant_id:id since:time until:time max:i64 skip:i64
-- in:   plain:i64 tenant_id:id since:time until:time types:str types:str user_id:id user_id:id email:str email:str tenant_id:id address:str ip:str ip:str any:str any:str any:str any:str any:str tenant_id:id any_address:str max:i64 skip:i64
-- in:   tenant_id:id
-- out:  id:id type:str error:str request_id:str ip:str user_agent:str user_id:id email:str operator_name:str subject_id:id created_at:time
-- returns: many
-- The same, newest first.
SELECT l.id, l.type, l.error, l.http_request_id, l.source_ip, l.user_agent,
       l.actor_user_id, l.actor_email, l.actor_operator, l.subject_user_id,
       l.created_at
  FROM ((SELECT id FROM audit_logs FORCE INDEX (audit_logs_list)
          WHERE ? = 1 AND tenant_id = ?
            AND created_at > COALESCE(?, TIMESTAMP'1000-01-01 00:00:00')
            AND created_at < COALESCE(?, TIMESTAMP'9999-12-31 23:59:59')
          ORDER BY created_at DESC, id DESC LIMIT ? OFFSET ?)
        UNION ALL
        (SELECT id
           FROM audit_logs FORCE INDEX (audit_logs_list, audit_logs_actor)
          WHERE ? = 0 AND tenant_id = ?
            AND created_at > COALESCE(?, TIMESTAMP'1000-01-01 00:00:00')
            AND created_at < COALESCE(?, TIMESTAMP'9999-12-31 23:59:59')
            AND (? IS NULL OR FIND_IN_SET(type, ?) > 0)
            AND (? IS NULL OR actor_user_id = ?)
            AND (? IS NULL OR actor_email LIKE ? ESCAPE '!'
                 OR actor_user_id = (SELECT user_id FROM emails
                                      WHERE tenant_id = ? AND address = ?))
            AND (? IS NULL OR source_ip LIKE ? ESCAPE '!')
            AND (? IS NULL OR actor_email LIKE ? ESCAPE '!'
                 OR source_ip LIKE ? ESCAPE '!'
                 OR LOWER(HEX(actor_user_id)) LIKE REPLACE(?, '-', '')
                    ESCAPE '!'
                 OR LOWER(HEX(subject_user_id)) LIKE REPLACE(?, '-', '')
                    ESCAPE '!'
                 OR actor_user_id = (SELECT user_id FROM emails
                                      WHERE tenant_id = ? AND address = ?))
          ORDER BY created_at DESC, id DESC LIMIT ? OFFSET ?)) w
  STRAIGHT_JOIN audit_logs l ON l.id = w.id AND l.tenant_id = ?
 ORDER BY l.created_at DESC, l.id DESC;
