-- Hosts that their mail server does not take.

-- name: refusal_put
-- in:   host:str said:str
-- returns: none
INSERT INTO mail_refusals (host, said, since, seen_at)
VALUES (?, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))
    ON DUPLICATE KEY UPDATE said = VALUES(said), seen_at = VALUES(seen_at);

-- name: refusal_delete
-- in:   host:str
-- returns: count
DELETE FROM mail_refusals WHERE host = ?;
