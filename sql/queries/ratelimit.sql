-- name: rate_take
-- in:   tenant_id:id bucket:bytes interval_us:i64 interval_us:i64 limit:i64 interval_us:i64 interval_us:i64
-- returns: id
-- Counts one request and answers with the new state by way of the insert id
-- (0 for a window that begins): a request over the limit is counted at most
-- once, as limit + 1.  Windows follow one another from the first request on.
-- Assignments are evaluated from left to right.
INSERT INTO rate_limits (tenant_id, bucket, state, expires_at)
VALUES (?, ?, 1000000000000 + ?, UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND)
    ON DUPLICATE KEY UPDATE
       state = LAST_INSERT_ID(
         IF(expires_at <= UTC_TIMESTAMP(6), 1,
            LEAST(state DIV 1000000000000, ?) + 1) * 1000000000000
         + IF(expires_at <= UTC_TIMESTAMP(6),
              ? - TIMESTAMPDIFF(MICROSECOND, expires_at, UTC_TIMESTAMP(6)) MOD ?,
              TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), expires_at))),
       expires_at = UTC_TIMESTAMP(6)
         + INTERVAL (state MOD 1000000000000) MICROSECOND;
