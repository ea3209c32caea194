-- Networks from which users have logged in, by a keyed digest, and what makes
-- all that is known of a user a stranger's again.

-- name: known_network_put
-- in:   user_id:id network:bytes tenant_id:id
-- returns: none
INSERT INTO known_networks (user_id, network, tenant_id, seen_at)
VALUES (?, ?, ?, UTC_TIMESTAMP(6))
    ON DUPLICATE KEY UPDATE seen_at = UTC_TIMESTAMP(6);

-- name: known
-- in:   tenant_id:id user_id:id tenant_id:id user_id:id network:bytes ttl_s:i64
-- out:  epoch:i64 networks:i64
-- returns: one
-- The same work for a user whom there is not, whose epoch is none.
SELECT COALESCE((SELECT known_epoch FROM users
                  WHERE tenant_id = ? AND id = ?), -1),
       (SELECT COUNT(*) FROM known_networks
         WHERE tenant_id = ? AND user_id = ? AND network = ?
           AND seen_at > UTC_TIMESTAMP(6) - INTERVAL ? SECOND);

-- name: known_move
-- in:   tenant_id:id user_id:id
-- returns: id
-- The new epoch.
UPDATE users SET known_epoch = LAST_INSERT_ID(known_epoch + 1)
 WHERE tenant_id = ? AND id = ?;

-- name: known_networks_delete
-- in:   tenant_id:id user_id:id
-- returns: count
DELETE FROM known_networks WHERE tenant_id = ? AND user_id = ?;
