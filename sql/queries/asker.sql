-- Networks from which users have logged in, by a keyed digest.

-- name: known_network_put
-- in:   user_id:id network:bytes tenant_id:id
-- returns: none
INSERT INTO known_networks (user_id, network, tenant_id, seen_at)
VALUES (?, ?, ?, UTC_TIMESTAMP(6))
    ON DUPLICATE KEY UPDATE seen_at = UTC_TIMESTAMP(6);

-- name: known_network_is
-- in:   tenant_id:id user_id:id network:bytes ttl_s:i64
-- out:  n:i64
-- returns: one
SELECT COUNT(*) FROM known_networks
 WHERE tenant_id = ? AND user_id = ? AND network = ?
   AND seen_at > UTC_TIMESTAMP(6) - INTERVAL ? SECOND;
