-- name: session_get
-- in:   tenant_id:id id:id
-- out:  user_id:id last_used:time now:time
-- returns: one
-- protocol: lag
SELECT user_id, last_used, UTC_TIMESTAMP(6) FROM sessions
 WHERE tenant_id = ? AND id = ? AND api = 'hanko' AND expires_at > UTC_TIMESTAMP(6);

-- name: sessions_get
-- in:   tenant_id:id first:id second:id third:id fourth:id
-- out:  id:id user_id:id last_used:time now:time
-- returns: many
-- protocol: lag
-- The same of as many as one request may present.
SELECT id, user_id, last_used, UTC_TIMESTAMP(6) FROM sessions
 WHERE tenant_id = ? AND id IN (?, ?, ?, ?) AND api = 'hanko'
   AND expires_at > UTC_TIMESTAMP(6);

-- name: session_touch
-- in:   tenant_id:id id:id
-- returns: count
UPDATE sessions SET last_used = UTC_TIMESTAMP(6)
 WHERE tenant_id = ? AND id = ?;

-- name: session_evict
-- in:   tenant_id:id user_id:id api:str tenant_id:id user_id:id api:str keep:i64
-- returns: count
-- All but the newest few of one API that are alive.
DELETE FROM sessions
 WHERE tenant_id = ? AND user_id = ? AND api = ? AND id NOT IN (
   SELECT id FROM (
     SELECT id FROM sessions
      WHERE tenant_id = ? AND user_id = ? AND api = ?
        AND expires_at > UTC_TIMESTAMP(6)
      ORDER BY created_at DESC, id LIMIT ?) AS newest);

-- name: session_end_brought
-- in:   tenant_id:id user_id:id api:str first:id second:id third:id fourth:id
-- returns: count
-- As many as one request may bring.
DELETE FROM sessions
 WHERE tenant_id = ? AND user_id = ? AND api = ? AND id IN (?, ?, ?, ?);

-- name: session_put
-- in:   id:id tenant_id:id user_id:id api:str user_agent:str ip_address:str lifespan_s:i64
-- returns: none
INSERT INTO sessions
       (id, tenant_id, user_id, api, user_agent, ip_address, created_at,
        last_used, expires_at)
VALUES (?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6),
        UTC_TIMESTAMP(6) + INTERVAL ? SECOND);

-- name: sessions_of
-- in:   tenant_id:id user_id:id
-- out:  id:id user_agent:str ip_address:str created_at:time last_used:time expires_at:time
-- returns: many
SELECT id, user_agent, ip_address, created_at, last_used, expires_at
  FROM sessions
 WHERE tenant_id = ? AND user_id = ? AND expires_at > UTC_TIMESTAMP(6)
 ORDER BY created_at DESC, id;

-- name: session_delete
-- in:   tenant_id:id user_id:id id:id
-- returns: count
DELETE FROM sessions WHERE tenant_id = ? AND user_id = ? AND id = ?;

-- name: session_delete_all
-- in:   tenant_id:id user_id:id
-- returns: count
DELETE FROM sessions WHERE tenant_id = ? AND user_id = ?;

-- name: session_delete_others
-- in:   tenant_id:id user_id:id id:id
-- returns: count
DELETE FROM sessions WHERE tenant_id = ? AND user_id = ? AND id <> ?;

-- name: session_delete_api
-- in:   tenant_id:id after_at:time after_at:time after_id:id max:i64 api:str
-- returns: count
-- Those of so many users behind one, by way of the users, who have a key for
-- their tenant.
DELETE s
  FROM (SELECT id FROM users
         WHERE tenant_id = ?
           AND created_at >= COALESCE(?, TIMESTAMP'1970-01-01 00:00:00')
           AND (created_at, id) >
               (COALESCE(?, TIMESTAMP'1970-01-01 00:00:00'), COALESCE(?, ''))
         ORDER BY created_at, id LIMIT ?) u
  JOIN sessions s ON s.user_id = u.id
 WHERE s.api = ?;

-- name: session_users_end
-- in:   tenant_id:id after_at:time after_at:time after_id:id skip:i64
-- out:  created_at:time id:id
-- returns: one
-- The last of them, if there are so many.
SELECT created_at, id FROM users
 WHERE tenant_id = ?
   AND created_at >= COALESCE(?, TIMESTAMP'1970-01-01 00:00:00')
   AND (created_at, id) >
       (COALESCE(?, TIMESTAMP'1970-01-01 00:00:00'), COALESCE(?, ''))
 ORDER BY created_at, id LIMIT 1 OFFSET ?;

-- name: session_delete_api_of
-- in:   tenant_id:id user_id:id api:str
-- returns: count
DELETE FROM sessions WHERE tenant_id = ? AND user_id = ? AND api = ?;
