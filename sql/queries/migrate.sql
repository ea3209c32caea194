-- The state of the schema itself: who may change it, and what was done.

-- name: schema_table
-- protocol: text
-- returns: none
CREATE TABLE IF NOT EXISTS schema_migrations (
  version     INT          NOT NULL,
  name        VARCHAR(64)  NOT NULL,
  checksum    CHAR(64)     NOT NULL,
  done        INT          NOT NULL,
  changed_at  DATETIME(6)  NOT NULL,
  applied_at  DATETIME(6)  NULL,
  refused     TINYINT      NOT NULL DEFAULT 0,
  PRIMARY KEY (version)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- name: schema_table_refused
-- protocol: text
-- returns: none
-- For a table that was made before it had this column.
ALTER TABLE schema_migrations
  ADD COLUMN IF NOT EXISTS refused TINYINT NOT NULL DEFAULT 0;

-- name: schema_version
-- out:  version:i64 unfinished:i64 clock:time
-- returns: one
SELECT COALESCE(MAX(version), 0), COUNT(*) - COUNT(applied_at),
       UTC_TIMESTAMP(6)
  FROM schema_migrations;

-- name: schema_lock
-- in:   wait_s:i64
-- out:  got:i64
-- returns: one
-- One name a database: the server's lock names are for all of them, and short.
SELECT GET_LOCK(CONCAT('postern.', MD5(DATABASE())), ?);

-- name: schema_unlock
-- out:  released:i64
-- returns: one
SELECT RELEASE_LOCK(CONCAT('postern.', MD5(DATABASE())));

-- name: schema_cluster
-- out:  n:i64
-- returns: one
-- Whether other servers write to this database, whom the lock does not reach.
SELECT COUNT(*) FROM information_schema.GLOBAL_VARIABLES
 WHERE VARIABLE_NAME = 'WSREP_ON' AND VARIABLE_VALUE = 'ON';

-- name: schema_list
-- out:  version:i64 name:str checksum:str done:i64 applied_at:time idle_s:i64
-- returns: many
SELECT version, name, checksum, done, applied_at,
       TIMESTAMPDIFF(SECOND, changed_at, UTC_TIMESTAMP(6))
  FROM schema_migrations ORDER BY version;

-- name: schema_begin
-- in:   version:i64 name:str checksum:str
-- returns: none
INSERT INTO schema_migrations
       (version, name, checksum, done, changed_at, applied_at)
VALUES (?, ?, ?, 0, UTC_TIMESTAMP(6), NULL);

-- name: schema_step
-- in:   version:i64 done:i64
-- returns: count
-- Nothing is matched when somebody else is at the same migration.
UPDATE schema_migrations
   SET done = done + 1, changed_at = UTC_TIMESTAMP(6)
 WHERE version = ? AND done = ? AND applied_at IS NULL;

-- name: schema_finish
-- in:   version:i64
-- returns: count
UPDATE schema_migrations
   SET applied_at = UTC_TIMESTAMP(6), changed_at = UTC_TIMESTAMP(6)
 WHERE version = ? AND applied_at IS NULL;

-- name: schema_abandon
-- in:   version:i64
-- returns: count
-- A migration whose first statement failed has not begun.
DELETE FROM schema_migrations
 WHERE version = ? AND done = 0 AND applied_at IS NULL;

-- name: schema_refuse
-- in:   version:i64
-- returns: count
-- The next statement was tried, and has certainly not been run.
UPDATE schema_migrations
   SET refused = 1, changed_at = UTC_TIMESTAMP(6)
 WHERE version = ? AND applied_at IS NULL;

-- name: schema_refused
-- in:   version:i64
-- out:  refused:i64
-- returns: one
SELECT refused FROM schema_migrations WHERE version = ?;

-- name: schema_resume
-- in:   version:i64
-- returns: count
UPDATE schema_migrations
   SET refused = 0, changed_at = UTC_TIMESTAMP(6)
 WHERE version = ? AND applied_at IS NULL;

-- name: schema_has_table
-- in:   name:str
-- out:  n:i64
-- returns: one
SELECT COUNT(*) FROM information_schema.TABLES
 WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?;
