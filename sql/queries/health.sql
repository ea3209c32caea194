-- name: health
-- out:  refused:i64
-- returns: one
-- Whether mail servers refuse hosts of ours; that of a host which has not sent
-- for a day is no news.
SELECT COUNT(*) FROM mail_refusals
 WHERE seen_at > UTC_TIMESTAMP(6) - INTERVAL 1 DAY;

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
