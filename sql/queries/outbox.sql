-- What the courier is to serve, by kind.  A row is written with what it speaks of and claimed by
-- one courier at a time; the couriers of all hosts serve all tenants.

-- name: outbox_put
-- in:   id:id tenant_id:id kind:str source:bytes sealed:bytes ttl_s:i64
-- returns: none
INSERT INTO outbox
       (id, tenant_id, kind, source, sealed, attempts, claim, claimed_until,
        next_try_at, created_at, expires_at)
VALUES (?, ?, ?, ?, ?, 0, NULL, NULL, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6),
        UTC_TIMESTAMP(6) + INTERVAL ? SECOND);

-- name: outbox_sources
-- in:   kind:str busy:bytes max:i64
-- out:  source:bytes
-- returns: many
-- tenants: all, because a courier sends what is due, whosever it is
-- Who has something due of a kind, in an order that favours nobody.  The inner
-- query jumps along outbox_turn from source to source.
SELECT source
  FROM (SELECT source, MIN(next_try_at) AS due_at FROM outbox
         WHERE kind = ? GROUP BY kind, source) AS sources
 WHERE due_at <= UTC_TIMESTAMP(6) AND source <> ?
 ORDER BY RAND() LIMIT ?;

-- name: outbox_claim
-- in:   claim:id lease_s:i64 lease_s:i64 kind:str source:bytes max:i64
-- returns: count
-- tenants: all, because a courier sends what is due, whosever it is
-- What is claimed leaves the range that claims look through, so that they and
-- the deletion of what was sent do not lock each other out.
UPDATE outbox
   SET claim = ?, claimed_until = UTC_TIMESTAMP(6) + INTERVAL ? SECOND,
       next_try_at = UTC_TIMESTAMP(6) + INTERVAL ? SECOND
 WHERE kind = ? AND source = ? AND next_try_at <= UTC_TIMESTAMP(6)
   AND (claimed_until IS NULL OR claimed_until < UTC_TIMESTAMP(6))
 ORDER BY next_try_at, id LIMIT ?;

-- name: outbox_claimed
-- in:   claim:id
-- out:  id:id tenant_id:id kind:str source:bytes sealed:bytes attempts:i64 left_s:i64
-- returns: many
-- tenants: all, because a claim is random and names its rows
SELECT id, tenant_id, kind, source, sealed, attempts,
       TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(6), expires_at)
  FROM outbox WHERE claim = ? ORDER BY created_at, id;

-- name: outbox_delete
-- in:   id:id
-- returns: count
-- tenants: all, because the id was read from a claimed row
DELETE FROM outbox WHERE id = ?;

-- name: outbox_delete_some
-- in:   a:id b:id c:id d:id e:id f:id g:id h:id i:id j:id k:id l:id m:id n:id o:id p:id
-- returns: count
-- tenants: all, because the ids were read from claimed rows
-- Each by its key, however small the table is: nobody else's row is waited for.
DELETE o FROM (SELECT ? AS id UNION SELECT ? UNION SELECT ? UNION SELECT ?
         UNION SELECT ? UNION SELECT ? UNION SELECT ? UNION SELECT ?
         UNION SELECT ? UNION SELECT ? UNION SELECT ? UNION SELECT ?
         UNION SELECT ? UNION SELECT ? UNION SELECT ? UNION SELECT ?) AS gone
       STRAIGHT_JOIN outbox AS o ON o.id = gone.id;

-- name: outbox_release
-- in:   id:id claim:id
-- returns: count
-- tenants: all, because the id was read from a claimed row
-- It was not tried.
UPDATE outbox SET claim = NULL, claimed_until = NULL,
       next_try_at = UTC_TIMESTAMP(6)
 WHERE id = ? AND claim = ?;

-- name: outbox_again
-- in:   delay_s:i64 id:id claim:id
-- returns: count
-- tenants: all, because the id was read from a claimed row
-- It was tried by that claim.
UPDATE outbox
   SET attempts = attempts + 1, claim = NULL, claimed_until = NULL,
       next_try_at = UTC_TIMESTAMP(6) + INTERVAL ? SECOND
 WHERE id = ? AND claim = ?;

-- name: outbox_retry
-- in:   delay_s:i64 id:id
-- returns: count
-- tenants: all, because the id was read from a claimed row
UPDATE outbox
   SET attempts = attempts + 1, claim = NULL, claimed_until = NULL,
       next_try_at = UTC_TIMESTAMP(6) + INTERVAL ? SECOND
 WHERE id = ?;

-- name: outbox_depth
-- out:  kind:str n:i64 age_s:i64
-- returns: many
-- tenants: all, because an operator is told of all that waits
SELECT kind, COUNT(*),
       TIMESTAMPDIFF(SECOND, MIN(created_at), UTC_TIMESTAMP(6))
  FROM outbox WHERE expires_at > UTC_TIMESTAMP(6) GROUP BY kind;
