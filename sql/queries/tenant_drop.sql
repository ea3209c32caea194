-- What is left of a tenant when it goes, a batch of each at a time.  All that
-- hangs on a user, or on a session, goes with it; a new table that does not has
-- its statement here, called in lib/account/orgs.c.  http/admin_tenants counts
-- what is left.

-- name: tenant_drop_primary_emails
-- in:   tenant_id:id max:i64
-- returns: count
-- Those of the users whom the next statement deletes: they have no key for
-- their tenant.
DELETE p
  FROM (SELECT id FROM users
         WHERE tenant_id = ? ORDER BY created_at, id LIMIT ?) u
  JOIN primary_emails p ON p.user_id = u.id;

-- name: tenant_drop_users
-- in:   tenant_id:id max:i64
-- returns: count
DELETE FROM users WHERE tenant_id = ? ORDER BY created_at, id LIMIT ?;

-- name: tenant_drop_emails
-- in:   tenant_id:id max:i64
-- returns: count
DELETE FROM emails WHERE tenant_id = ? LIMIT ?;

-- name: tenant_drop_flows
-- in:   tenant_id:id max:i64
-- returns: count
DELETE FROM flows WHERE tenant_id = ? LIMIT ?;

-- name: tenant_drop_webhooks
-- in:   tenant_id:id max:i64
-- returns: count
DELETE FROM webhooks WHERE tenant_id = ? LIMIT ?;

-- name: tenant_drop_webauthn_challenges
-- in:   tenant_id:id max:i64
-- returns: count
DELETE FROM webauthn_challenges WHERE tenant_id = ? LIMIT ?;

-- name: tenant_drop_ceremonies
-- in:   tenant_id:id max:i64
-- returns: count
DELETE FROM ceremonies WHERE tenant_id = ? LIMIT ?;

-- name: tenant_drop_action_signatures
-- in:   tenant_id:id max:i64
-- returns: count
DELETE FROM action_signatures WHERE tenant_id = ? LIMIT ?;

-- name: tenant_drop_rate_limits
-- in:   tenant_id:id max:i64
-- returns: count
DELETE FROM rate_limits WHERE tenant_id = ? LIMIT ?;

-- name: tenant_drop_outbox
-- in:   tenant_id:id max:i64
-- returns: count
DELETE FROM outbox WHERE tenant_id = ? LIMIT ?;

-- name: tenant_drop_audit_logs
-- in:   tenant_id:id max:i64
-- returns: count
DELETE FROM audit_logs WHERE tenant_id = ? LIMIT ?;
