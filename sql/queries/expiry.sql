-- What time has made useless.  Small batches along an index, oldest first, so
-- that no lock is held for long and no request meets a range of them.  What
-- other rows hang on is found without locks and then deleted by key, with
-- the condition asked again.

-- name: expire_outbox
-- in:   max:i64
-- returns: count
-- tenants: all, because time passes for everybody
DELETE FROM outbox
 WHERE expires_at < UTC_TIMESTAMP(6) ORDER BY expires_at LIMIT ?;

-- name: expire_passcodes
-- in:   max:i64
-- returns: count
-- tenants: all, because time passes for everybody
-- Kept for a day, so that a late code is told from one that never was.
DELETE FROM passcodes
 WHERE expires_at < UTC_TIMESTAMP(6) - INTERVAL 1 DAY
 ORDER BY expires_at LIMIT ?;

-- name: expire_flows
-- in:   max:i64
-- returns: count
-- tenants: all, because time passes for everybody
-- Kept for an hour, so that a late step is told from one of no flow.
DELETE FROM flows
 WHERE expires_at < UTC_TIMESTAMP(6) - INTERVAL 1 HOUR
 ORDER BY expires_at LIMIT ?;

-- name: expire_trust
-- in:   max:i64
-- returns: count
-- tenants: all, because time passes for everybody
DELETE FROM trusted_devices
 WHERE expires_at < UTC_TIMESTAMP(6) ORDER BY expires_at LIMIT ?;

-- name: expire_rate_limits
-- in:   max:i64
-- returns: count
-- tenants: all, because time passes for everybody
-- An hour late, so that a bucket in use is hardly ever met: its renewal takes
-- the locks in the other order.
DELETE FROM rate_limits
 WHERE expires_at < UTC_TIMESTAMP(6) - INTERVAL 1 HOUR
 ORDER BY expires_at LIMIT ?;

-- name: expire_known_networks
-- in:   ttl_s:i64 max:i64
-- returns: count
-- tenants: all, because time passes for everybody
DELETE FROM known_networks
 WHERE seen_at < UTC_TIMESTAMP(6) - INTERVAL ? SECOND
 ORDER BY seen_at LIMIT ?;

-- name: expire_refusals
-- in:   news_s:i64 max:i64
-- returns: count
-- tenants: all, because time passes for everybody
-- A row a host: there are few.
DELETE FROM mail_refusals
 WHERE seen_at < UTC_TIMESTAMP(6) - INTERVAL ? SECOND
 ORDER BY seen_at LIMIT ?;

-- name: expire_sessions
-- in:   max:i64
-- returns: count
-- tenants: all, because time passes for everybody
DELETE FROM sessions
 WHERE expires_at < UTC_TIMESTAMP(6) ORDER BY expires_at LIMIT ?;

-- name: expire_operator_sessions
-- in:   max:i64
-- returns: count
-- tenants: all, because time passes for everybody
DELETE FROM operator_sessions
 WHERE expires_at < UTC_TIMESTAMP(6) ORDER BY expires_at LIMIT ?;

-- name: expire_challenges
-- in:   max:i64
-- returns: count
-- tenants: all, because time passes for everybody
DELETE FROM webauthn_challenges
 WHERE expires_at < UTC_TIMESTAMP(6) ORDER BY expires_at LIMIT ?;

-- name: expire_ceremonies
-- in:   max:i64
-- returns: count
-- tenants: all, because time passes for everybody
DELETE FROM ceremonies
 WHERE expires_at < UTC_TIMESTAMP(6) ORDER BY expires_at LIMIT ?;

-- name: expire_credcodes
-- in:   max:i64
-- returns: count
-- tenants: all, because time passes for everybody
-- An hour late: challenges that one began are answered after its end.
DELETE FROM credential_codes
 WHERE expires_at < UTC_TIMESTAMP(6) - INTERVAL 1 HOUR
 ORDER BY expires_at LIMIT ?;

-- name: expire_audit_logs
-- in:   retention_s:i64 max:i64
-- returns: count
-- tenants: all, because retention is one for the installation
DELETE FROM audit_logs
 WHERE created_at < UTC_TIMESTAMP(6) - INTERVAL ? SECOND
 ORDER BY created_at LIMIT ?;

-- name: expire_evidence
-- in:   retention_s:i64 max:i64
-- returns: count
-- tenants: all, because retention is one for the installation
DELETE FROM action_signatures
 WHERE signed_at < UTC_TIMESTAMP(6) - INTERVAL ? SECOND
 ORDER BY signed_at LIMIT ?;

-- name: abandoned_emails
-- in:   max:i64
-- out:  id:id
-- returns: many
-- tenants: all, because time passes for everybody
-- Addresses that somebody entered and nobody proved.
SELECT e.id FROM emails e
 WHERE e.user_id IS NULL
   AND e.created_at < UTC_TIMESTAMP(6) - INTERVAL 1 DAY
   AND NOT EXISTS (SELECT 1 FROM passcodes p WHERE p.email_id = e.id)
 LIMIT ?;

-- name: expire_email
-- in:   id:id
-- returns: count
-- tenants: all, because the id comes from abandoned_emails
DELETE FROM emails
 WHERE id = ? AND user_id IS NULL
   AND created_at < UTC_TIMESTAMP(6) - INTERVAL 1 DAY
   AND NOT EXISTS (SELECT 1 FROM passcodes p WHERE p.email_id = emails.id);

-- name: users_looked_end
-- in:   after_at:time since_h:i64 after_at:time after_id:id skip:i64
-- out:  created_at:time id:id
-- returns: one
-- tenants: all, because time passes for everybody
-- The last of so many users behind one, or since then, if there are so many.
SELECT created_at, id FROM users FORCE INDEX (users_created)
 WHERE created_at >= COALESCE(?, UTC_TIMESTAMP(6) - INTERVAL ? HOUR)
   AND (created_at, id) >
       (COALESCE(?, TIMESTAMP'1970-01-01 00:00:00'), COALESCE(?, ''))
   AND created_at < UTC_TIMESTAMP(6) - INTERVAL 1 DAY
 ORDER BY created_at, id LIMIT 1 OFFSET ?;

-- name: abandoned_users
-- in:   after_at:time since_h:i64 after_at:time after_id:id until_at:time max:i64
-- out:  id:id
-- returns: many
-- tenants: all, because time passes for everybody
-- Of those the users who have no way to log in and never had one: their address
-- was not proved, and went to another user if to any.
SELECT u.id FROM users u FORCE INDEX (users_created)
 WHERE u.created_at >= COALESCE(?, UTC_TIMESTAMP(6) - INTERVAL ? HOUR)
   AND (u.created_at, u.id) >
       (COALESCE(?, TIMESTAMP'1970-01-01 00:00:00'), COALESCE(?, ''))
   AND u.created_at <= COALESCE(?, TIMESTAMP'9999-12-31 23:59:59')
   AND u.created_at < UTC_TIMESTAMP(6) - INTERVAL 1 DAY
   AND NOT EXISTS (SELECT 1 FROM emails e WHERE e.user_id = u.id)
   AND NOT EXISTS (SELECT 1 FROM passcodes p WHERE p.user_id = u.id)
   AND NOT EXISTS (SELECT 1 FROM password_credentials c
                    WHERE c.user_id = u.id)
   AND NOT EXISTS (SELECT 1 FROM webauthn_credentials w
                    WHERE w.user_id = u.id)
   AND NOT EXISTS (SELECT 1 FROM members m WHERE m.user_id = u.id)
   AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.user_id = u.id)
 LIMIT ?;

-- name: expire_user
-- in:   id:id
-- returns: count
-- tenants: all, because the id comes from abandoned_users
DELETE FROM users
 WHERE id = ?
   AND created_at < UTC_TIMESTAMP(6) - INTERVAL 1 DAY
   AND NOT EXISTS (SELECT 1 FROM emails e WHERE e.user_id = users.id)
   AND NOT EXISTS (SELECT 1 FROM passcodes p WHERE p.user_id = users.id)
   AND NOT EXISTS (SELECT 1 FROM password_credentials c
                    WHERE c.user_id = users.id)
   AND NOT EXISTS (SELECT 1 FROM webauthn_credentials w
                    WHERE w.user_id = users.id)
   AND NOT EXISTS (SELECT 1 FROM members m WHERE m.user_id = users.id)
   AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.user_id = users.id);

-- name: ended_tokens
-- in:   kept_s:i64 max:i64 kept_s:i64 max:i64
-- out:  id:id
-- returns: many
-- tenants: all, because time passes for everybody
-- Tokens that were ended, or have expired, so long ago.
(SELECT id FROM access_tokens
  WHERE revoked_at < UTC_TIMESTAMP(6) - INTERVAL ? SECOND
  ORDER BY revoked_at LIMIT ?)
UNION
(SELECT id FROM access_tokens
  WHERE expires_at < UTC_TIMESTAMP(6) - INTERVAL ? SECOND
  ORDER BY expires_at LIMIT ?);

-- name: expire_token
-- in:   id:id
-- returns: count
-- tenants: all, because the id comes from ended_tokens
-- Neither comes back to life.  Its key goes with it.
DELETE k, c
  FROM access_tokens k
  LEFT JOIN key_credentials c ON c.id = k.credential_id AND c.of_token = 1
 WHERE k.id = ?
   AND (k.revoked_at IS NOT NULL OR k.expires_at < UTC_TIMESTAMP(6));
