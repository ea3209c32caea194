-- Session and transaction control, for db.c alone.

-- name: db_server
-- protocol: text
-- returns: none
-- Of a server that does not say at once that it is a MariaDB which we know: a
-- proxy answers with a version of its own, and MariaDB can be told to.  Only
-- MariaDB reads the first of these comments, and from 10.3 on the second.
SELECT VERSION(), 0 /*M! + 1 */ /*M!100300 + 1 */;

-- name: db_session
-- protocol: text
-- returns: none
-- The first thing we say to a MariaDB: THE table of what is relied on.  What is
-- not said here is as whoever runs the server has set it.
SET SESSION
-- A statement outside of transactions is done when it was answered, a COMMIT
-- ends a transaction, and does not begin another.
    autocommit = 1,
    completion_type = 'NO_CHAIN',
    tx_read_only = 0,
-- Takes no gap locks, so that parallel inserts beside one another do not lose
-- deadlocks; nothing here reads a row twice without locking it.
    tx_isolation = 'READ-COMMITTED',
-- What does not fit is an error, "||" and quotes are what they are.
    sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',
    time_zone = '+00:00',
-- Also where the server does not ask clients for it.
    character_set_client = 'utf8mb4',
    character_set_connection = 'utf8mb4',
    character_set_results = 'utf8mb4',
    collation_connection = 'utf8mb4_bin',
-- What a user has goes with the user, and a unique thing is there once.
    foreign_key_checks = 1,
    unique_checks = 1,
-- All rows that a statement names, be they many, and no others.
    sql_safe_updates = 0,
    sql_select_limit = 18446744073709551615,
    sql_big_selects = 1,
    sql_auto_is_null = 0,
-- In seconds; less than the client waits for an answer (connect.c), so that a
-- statement that was given up is not still at work.
    innodb_lock_wait_timeout = 5,
    lock_wait_timeout = 5,
    max_statement_time = 8;

-- name: db_session_migrate
-- protocol: text
-- returns: none
-- Said next by what changes the schema: it may have to wait for its turn, and
-- a large table takes its time.
SET SESSION
    innodb_lock_wait_timeout = 300,
    lock_wait_timeout = 300,
    max_statement_time = 0;

-- name: db_session_read
-- protocol: text
-- returns: none
-- The first thing we say to the database of another program, which MySQL may
-- serve: what both know.
SET SESSION
    sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',
    time_zone = '+00:00',
    character_set_client = 'utf8mb4',
    character_set_connection = 'utf8mb4',
    character_set_results = 'utf8mb4',
    group_concat_max_len = 65536,
    sql_select_limit = 18446744073709551615,
    sql_big_selects = 1,
    sql_auto_is_null = 0;

-- name: db_session_read_only
-- protocol: text
-- returns: none
SET SESSION TRANSACTION READ ONLY;

-- name: db_node
-- out:  cluster:i64
-- returns: one
-- protocol: other
-- Whether it is a node of a cluster; one that was built without Galera knows no
-- such variable.
SELECT @@wsrep_on;

-- name: db_writes
-- out:  read_only:i64
-- returns: one
-- protocol: other
SELECT @@read_only;

-- name: db_session_cluster
-- protocol: text
-- returns: none
-- On a node of a cluster: what is read, and a transaction that begins, first
-- waits for all that was committed at any node before (1); and an UPDATE or a
-- DELETE outside of one, which ends what was begun elsewhere (2).
SET SESSION wsrep_sync_wait = 3;

-- name: db_at_once
-- protocol: text
-- returns: none
-- What such a connection puts before a SELECT that does not wait.
SET STATEMENT wsrep_sync_wait = 0 FOR;

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

-- name: db_part
-- protocol: text
-- returns: none
-- Of what follows all can be undone, and what was before stands.
SAVEPOINT part;

-- name: db_part_undo
-- protocol: text
-- returns: none
ROLLBACK TO SAVEPOINT part;
