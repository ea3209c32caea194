-- Statements of test_db.c, compiled behind those of sql/queries/.

-- name: t_put
-- in:   id:id s:str b:bytes n:i64 t:time other:id
-- returns: none
INSERT INTO t_values (id, s, b, n, t, other) VALUES (?, ?, ?, ?, ?, ?);

-- name: t_get
-- in:   id:id
-- out:  id:id s:str b:bytes n:i64 t:time other:id
-- returns: one
SELECT id, s, b, n, t, other FROM t_values WHERE id = ?;

-- name: t_by_other
-- in:   other:id
-- out:  n:i64
-- returns: one
SELECT n FROM t_values WHERE other = ?;

-- name: t_all
-- out:  n:i64 s:str
-- returns: many
SELECT n, s FROM t_values ORDER BY n;

-- name: t_set_n
-- in:   n:i64 id:id
-- returns: count
UPDATE t_values SET n = ? WHERE id = ?;

-- name: t_bump
-- in:   id:id
-- returns: id
UPDATE t_values SET n = LAST_INSERT_ID(n + 1) WHERE id = ?;

-- name: t_lock
-- in:   id:id
-- out:  n:i64
-- returns: one
SELECT n FROM t_values WHERE id = ? FOR UPDATE;

-- name: t_lose
-- out:  n:i64
-- returns: many
SELECT t_lose(n) FROM t_values ORDER BY n;

-- name: t_clear
-- returns: count
DELETE FROM t_values;

-- name: t_twice
-- in:   n:i64 m:i64 n:i64
-- out:  n:i64 m:i64 again:i64
-- returns: one
SELECT CAST(? AS SIGNED), CAST(? AS SIGNED), CAST(? AS SIGNED);

-- name: t_me
-- out:  id:i64
-- returns: one
SELECT CONNECTION_ID();

-- name: t_variable
-- in:   name:str name:str
-- out:  here:str everywhere:str
-- returns: one
SELECT s.VARIABLE_VALUE, g.VARIABLE_VALUE
  FROM information_schema.SESSION_VARIABLES s
  JOIN information_schema.GLOBAL_VARIABLES g USING (VARIABLE_NAME)
 WHERE s.VARIABLE_NAME = ? AND g.VARIABLE_NAME = ?;

-- name: t_now
-- out:  now:time
-- returns: one
SELECT UTC_TIMESTAMP(6);

-- name: t_index_use
-- in:   id:id
-- out:  n:i64
-- returns: one
SELECT COUNT(*) FROM t_values FORCE INDEX (PRIMARY) WHERE id = ?;

-- name: t_handler_reads
-- out:  n:i64
-- returns: one
SELECT CAST(VARIABLE_VALUE AS SIGNED)
  FROM information_schema.SESSION_STATUS
 WHERE VARIABLE_NAME = 'HANDLER_READ_NEXT';

-- name: t_too_big
-- out:  n:i64
-- returns: one
SELECT 18446744073709551615;

-- name: t_zero_date
-- out:  t:time
-- returns: one
SELECT CAST('0000-00-00' AS DATETIME);

-- name: t_short_id
-- out:  id:id
-- returns: one
SELECT 'short';

-- name: t_long_id
-- out:  id:id
-- returns: one
SELECT 'much longer than an id';

-- name: t_nul
-- out:  s:str
-- returns: one
SELECT CONCAT('a', CHAR(0), 'b');

-- name: t_wrong_type
-- out:  n:i64
-- returns: one
SELECT 'text';

-- name: t_wrong_count
-- out:  n:i64
-- returns: one
SELECT 1, 2;

-- name: t_rows_from_none
-- returns: none
SELECT 1;

-- name: t_bad_value
-- in:   s:str
-- returns: none
UPDATE t_values SET t = ?;

-- name: t_refused
-- protocol: text
-- returns: none
SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213;

-- name: t_stale
-- returns: count
UPDATE t_values SET n = n + t_stale();

-- name: t_read_stale
-- out:  n:i64
-- returns: many
SELECT n + t_stale() FROM t_values;
