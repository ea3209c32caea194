-- Session and transaction control, for db.c alone.

-- name: db_session
-- protocol: text
-- returns: none
-- The first thing a connection says.  READ COMMITTED takes no gap locks, so
-- parallel inserts beside one another do not lose deadlocks; nothing here
-- reads a row twice without locking it.
SET SESSION time_zone = '+00:00',
    sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',
    tx_isolation = 'READ-COMMITTED',
    innodb_lock_wait_timeout = 5,
    lock_wait_timeout = 5;

-- name: db_session_migrate
-- protocol: text
-- returns: none
-- What changes the schema may have to wait for its turn.
SET SESSION time_zone = '+00:00',
    sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',
    tx_isolation = 'READ-COMMITTED',
    lock_wait_timeout = 300;

-- name: db_begin
-- protocol: text
-- returns: none
START TRANSACTION;

-- name: db_commit
-- protocol: text
-- returns: none
COMMIT;

-- name: db_rollback
-- protocol: text
-- returns: none
ROLLBACK;
