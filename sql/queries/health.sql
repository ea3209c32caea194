-- name: health
-- out:  one:i64
-- returns: one
SELECT 1;
