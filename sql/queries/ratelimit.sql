-- name: rate_take
-- in:   tenant_id:id bucket:bytes whom:bytes what:str interval_us:i64 interval_us:i64 limit:i64 interval_us:i64 interval_us:i64
-- returns: id
-- Counts one request and answers with the new state by way of the insert id
-- (0 for a window that begins): a request over the limit is counted at most
-- once, as limit + 1.  Windows follow one another from the first request on.
-- Assignments are evaluated from left to right.
INSERT INTO rate_limits (tenant_id, bucket, whom, what, state, expires_at)
VALUES (?, ?, ?, ?, 1000000000000 + ?,
        UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND)
    ON DUPLICATE KEY UPDATE
       state = LAST_INSERT_ID(
         IF(expires_at <= UTC_TIMESTAMP(6), 1,
            LEAST(state DIV 1000000000000, ?) + 1) * 1000000000000
         + IF(expires_at <= UTC_TIMESTAMP(6),
              ? - TIMESTAMPDIFF(MICROSECOND, expires_at, UTC_TIMESTAMP(6)) MOD ?,
              TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), expires_at))),
       expires_at = UTC_TIMESTAMP(6)
         + INTERVAL (state MOD 1000000000000) MICROSECOND;

-- name: rate_fall
-- in:   tenant_id:id bucket:bytes whom:bytes what:str step_us:i64 step_us:i64 step_us:i64 span_us:i64 step_us:i64
-- returns: id
-- A bucket that empties all the time: expires_at is when it will be empty, and
-- what a request adds is step_us, of span_us at most.  The answer is how full
-- it is now (0 for a new bucket), plus 10^12 if there was no room.
INSERT INTO rate_limits (tenant_id, bucket, whom, what, state, expires_at)
VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND)
    ON DUPLICATE KEY UPDATE
       state = LAST_INSERT_ID(
         GREATEST(TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), expires_at), 0)
         + IF(GREATEST(TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6),
                                     expires_at), 0) + ? > ?,
              1000000000000, ?)),
       expires_at = IF(state >= 1000000000000, expires_at,
         UTC_TIMESTAMP(6) + INTERVAL state MICROSECOND);

-- name: rate_give_back
-- in:   step_us:i64 tenant_id:id bucket:bytes
-- returns: count
UPDATE rate_limits SET expires_at = expires_at - INTERVAL ? MICROSECOND
 WHERE tenant_id = ? AND bucket = ?;

-- name: rates_of
-- in:   tenant_id:id whom:bytes
-- out:  what:str state:i64 left_us:i64 expires_at:time
-- returns: many
-- Those that are not empty.
SELECT what, state,
       TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), expires_at), expires_at
  FROM rate_limits
 WHERE tenant_id = ? AND whom = ? AND expires_at > UTC_TIMESTAMP(6)
 ORDER BY what, expires_at;

-- name: rates_clear
-- in:   tenant_id:id whom:bytes
-- returns: count
DELETE FROM rate_limits WHERE tenant_id = ? AND whom = ?;

-- name: nonce_put
-- in:   bucket:bytes bucket:bytes life_s:i64
-- returns: none
-- tenants: all, because what asks is the operator, of no tenant
-- A nonce is a bucket that can be taken from once, until it expires.
INSERT INTO rate_limits (tenant_id, bucket, what, state, expires_at)
VALUES (LEFT(?, 16), ?, 'nonce', 0,
        UTC_TIMESTAMP(6) + INTERVAL ? SECOND);

-- name: nonce_use
-- in:   bucket:bytes bucket:bytes
-- returns: count
-- tenants: all, because what asks is the operator, of no tenant
DELETE FROM rate_limits
 WHERE tenant_id = LEFT(?, 16) AND bucket = ?
   AND expires_at > UTC_TIMESTAMP(6);
