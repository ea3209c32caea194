-- Who is told of what happens, and the rows of the outbox that tell them.

-- name: webhooks_of
-- in:   tenant_id:id
-- out:  id:id callback:str events:str enabled:i64 failures:i64 expired:i64 expires_at:time created_at:time updated_at:time
-- returns: many
SELECT id, callback, events, enabled, failures,
       expires_at < UTC_TIMESTAMP(6), expires_at, created_at, updated_at
  FROM webhooks WHERE tenant_id = ? ORDER BY created_at, id;

-- name: webhook_states
-- out:  on:i64 off:i64
-- returns: one
-- tenants: all, because an operator is told of all that there are
SELECT COUNT(IF(enabled <> 0, 1, NULL)), COUNT(IF(enabled = 0, 1, NULL))
  FROM webhooks;

-- name: webhook_get
-- in:   tenant_id:id id:id
-- out:  callback:str events:str enabled:i64 failures:i64 expires_at:time created_at:time updated_at:time
-- returns: one
SELECT callback, events, enabled, failures, expires_at, created_at, updated_at
  FROM webhooks WHERE tenant_id = ? AND id = ?;

-- name: webhook_put
-- in:   id:id tenant_id:id callback:str events:str lifespan_s:i64 tenant_id:id max:i64
-- returns: count
-- Unless the tenant has so many.
INSERT INTO webhooks
       (id, tenant_id, callback, events, enabled, failures, expires_at,
        created_at, updated_at)
SELECT ?, ?, ?, ?, 1, 0, UTC_TIMESTAMP(6) + INTERVAL ? SECOND,
       UTC_TIMESTAMP(6), UTC_TIMESTAMP(6)
  FROM (SELECT COUNT(*) AS n FROM webhooks WHERE tenant_id = ?) AS have
 WHERE have.n < ?;

-- name: webhook_lock
-- in:   tenant_id:id id:id
-- out:  id:id
-- returns: one
SELECT id FROM webhooks WHERE tenant_id = ? AND id = ? FOR UPDATE;

-- name: webhook_change
-- in:   callback:str events:str enabled:i64 lifespan_s:i64 tenant_id:id id:id
-- returns: none
UPDATE webhooks
   SET callback = ?, events = ?, enabled = ?, failures = 0,
       expires_at = UTC_TIMESTAMP(6) + INTERVAL ? SECOND,
       updated_at = UTC_TIMESTAMP(6)
 WHERE tenant_id = ? AND id = ?;

-- name: webhook_delete
-- in:   tenant_id:id id:id
-- returns: count
DELETE FROM webhooks WHERE tenant_id = ? AND id = ?;

-- name: webhook_disable
-- in:   tenant_id:id id:id
-- returns: count
UPDATE webhooks SET enabled = 0, updated_at = UTC_TIMESTAMP(6)
 WHERE tenant_id = ? AND id = ? AND enabled = 1;

-- name: webhook_worked
-- in:   lifespan_s:i64 tenant_id:id id:id
-- returns: count
UPDATE webhooks
   SET failures = 0, expires_at = UTC_TIMESTAMP(6) + INTERVAL ? SECOND
 WHERE tenant_id = ? AND id = ?;

-- name: webhook_failed
-- in:   tenant_id:id id:id max:i64
-- returns: count
-- Of those that are on; one is matched as long as it stays so.
UPDATE webhooks SET failures = failures + 1
 WHERE tenant_id = ? AND id = ? AND failures + 1 < ?;

-- name: outbox_heads
-- in:   share:i64 max:i64
-- out:  seq:i64 tenant_id:id
-- returns: many
-- tenants: all, because a courier tells whom it can, whosever they are
-- What is to be told next, one a hook: nothing of it overtakes the oldest.
-- Those that work go first, and so many of a tenant at most.
SELECT seq, tenant_id
  FROM (SELECT o.seq, o.tenant_id, o.attempts, o.next_try_at,
               ROW_NUMBER() OVER (PARTITION BY o.tenant_id
                                  ORDER BY o.attempts > 0, o.next_try_at) AS n
          FROM (SELECT source, MIN(seq) AS head FROM outbox
                 WHERE kind = 'webhook' GROUP BY source) AS q
          JOIN outbox o ON o.seq = q.head
         WHERE o.next_try_at <= UTC_TIMESTAMP(6)
           AND (o.claimed_until IS NULL OR o.claimed_until < UTC_TIMESTAMP(6))
       ) AS due
 WHERE n <= ?
 ORDER BY attempts > 0, next_try_at LIMIT ?;

-- name: outbox_claim_head
-- in:   claim:id lease_s:i64 lease_s:i64 seq:i64
-- returns: count
-- tenants: all, because the number was read from a row of the outbox
UPDATE outbox
   SET claim = ?, claimed_until = UTC_TIMESTAMP(6) + INTERVAL ? SECOND,
       next_try_at = UTC_TIMESTAMP(6) + INTERVAL ? SECOND
 WHERE seq = ? AND kind = 'webhook' AND next_try_at <= UTC_TIMESTAMP(6)
   AND (claimed_until IS NULL OR claimed_until < UTC_TIMESTAMP(6));

-- name: outbox_park
-- in:   id:id
-- returns: count
-- tenants: all, because the id was read from a claimed row
-- Given up: kept for a while, for who would have it told again.
UPDATE outbox SET kind = 'webhook_parked', claim = NULL, claimed_until = NULL
 WHERE id = ? AND kind = 'webhook';

-- name: outbox_park_all
-- in:   tenant_id:id source:bytes
-- returns: count
UPDATE outbox SET kind = 'webhook_parked', claim = NULL, claimed_until = NULL
 WHERE tenant_id = ? AND source = ? AND kind = 'webhook';

-- name: outbox_replay
-- in:   ttl_s:i64 tenant_id:id source:bytes
-- returns: count
UPDATE outbox
   SET kind = 'webhook', attempts = 0, claim = NULL, claimed_until = NULL,
       next_try_at = UTC_TIMESTAMP(6),
       expires_at = UTC_TIMESTAMP(6) + INTERVAL ? SECOND
 WHERE tenant_id = ? AND source = ?
   AND kind IN ('webhook', 'webhook_parked')
   AND (claimed_until IS NULL OR claimed_until < UTC_TIMESTAMP(6));

-- name: outbox_forget
-- in:   tenant_id:id source:bytes
-- returns: count
DELETE FROM outbox
 WHERE tenant_id = ? AND source = ? AND kind IN ('webhook', 'webhook_parked');

-- name: outbox_waiting
-- in:   tenant_id:id source:bytes
-- out:  waiting:i64 parked:i64
-- returns: one
SELECT COUNT(IF(kind = 'webhook', 1, NULL)),
       COUNT(IF(kind = 'webhook_parked', 1, NULL))
  FROM outbox
 WHERE tenant_id = ? AND source = ? AND kind IN ('webhook', 'webhook_parked');

-- name: session_told
-- in:   tenant_id:id user_id:id id:id
-- out:  id:id user_id:id user_agent:str ip_address:str created_at:time last_used:time expires_at:time
-- returns: one
SELECT id, user_id, user_agent, ip_address, created_at, last_used, expires_at
  FROM sessions WHERE tenant_id = ? AND user_id = ? AND id = ?;

-- name: sessions_told
-- in:   tenant_id:id user_id:id but:id
-- out:  id:id
-- returns: many
-- but may be NULL.
SELECT id FROM sessions
 WHERE tenant_id = ? AND user_id = ? AND NOT (id <=> ?)
 ORDER BY created_at, id;

-- name: sessions_evicted
-- in:   tenant_id:id user_id:id api:str tenant_id:id user_id:id api:str keep:i64
-- out:  id:id
-- returns: many
-- Those that session_evict deletes.
SELECT id FROM sessions
 WHERE tenant_id = ? AND user_id = ? AND api = ?
   AND expires_at > UTC_TIMESTAMP(6) AND id NOT IN (
   SELECT id FROM (
     SELECT id FROM sessions
      WHERE tenant_id = ? AND user_id = ? AND api = ?
        AND expires_at > UTC_TIMESTAMP(6)
      ORDER BY created_at DESC, id LIMIT ?) AS newest);

-- name: user_told
-- in:   tenant_id:id id:id
-- out:  created_at:time updated_at:time password_at:time password_updated:time username_id:id username:str named_at:time renamed_at:time public_metadata:str private_metadata:str unsafe_metadata:str otp_at:time name:str given_name:str family_name:str picture:str locked_at:time
-- returns: one
SELECT u.created_at, u.updated_at, c.created_at, c.updated_at, n.id,
       n.username, n.created_at, n.updated_at, m.public_metadata,
       m.private_metadata, m.unsafe_metadata, o.created_at, u.name, u.given_name, u.family_name, u.picture, u.locked_at
  FROM users u
  LEFT JOIN password_credentials c ON c.user_id = u.id
  LEFT JOIN usernames n ON n.user_id = u.id
  LEFT JOIN user_metadata m ON m.user_id = u.id
  LEFT JOIN otp_secrets o ON o.user_id = u.id
 WHERE u.tenant_id = ? AND u.id = ?;

-- name: emails_told
-- in:   tenant_id:id user_id:id
-- out:  id:id address:str verified:i64 is_primary:i64 created_at:time updated_at:time
-- returns: many
SELECT e.id, e.address, e.verified, p.email_id IS NOT NULL, e.created_at,
       e.updated_at
  FROM emails e LEFT JOIN primary_emails p ON p.email_id = e.id
 WHERE e.tenant_id = ? AND e.user_id = ?
 ORDER BY e.created_at, e.id;

-- name: webhooks_expired
-- out:  id:id tenant_id:id
-- returns: many
-- tenants: all, because time passes for everybody
SELECT id, tenant_id FROM webhooks
 WHERE enabled = 1 AND expires_at < UTC_TIMESTAMP(6) LIMIT 100;
