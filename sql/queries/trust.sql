-- Browsers that users trust, by the digest of a token that they have.

-- name: trusted
-- in:   tenant_id:id user_id:id digest:bytes
-- out:  n:i64
-- returns: one
-- Of another epoch it is worth nothing.
SELECT COUNT(*) FROM trusted_devices d
  JOIN users u ON u.id = d.user_id AND u.known_epoch = d.epoch
 WHERE d.tenant_id = ? AND d.user_id = ? AND d.digest = ?
   AND d.expires_at > UTC_TIMESTAMP(6);

-- name: trust_put
-- in:   digest:bytes ttl_s:i64 tenant_id:id user_id:id
-- returns: none
INSERT INTO trusted_devices
       (digest, tenant_id, user_id, epoch, created_at, expires_at)
SELECT ?, u.tenant_id, u.id, u.known_epoch, UTC_TIMESTAMP(6),
       UTC_TIMESTAMP(6) + INTERVAL ? SECOND
  FROM users u WHERE u.tenant_id = ? AND u.id = ?;

-- name: trust_drop
-- in:   tenant_id:id user_id:id digest:bytes
-- returns: count
DELETE FROM trusted_devices
 WHERE tenant_id = ? AND user_id = ? AND digest = ?;
