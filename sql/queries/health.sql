-- name: health
-- in:   news_s:i64
-- out:  refused:i64
-- returns: one
-- Whether mail servers refuse hosts of ours.
SELECT COUNT(*) FROM mail_refusals
 WHERE seen_at > UTC_TIMESTAMP(6) - INTERVAL ? SECOND;
