-- What "postern doctor" asks the server.

-- name: doctor_server
-- out:  version:str clock:time max_connections:i64 flush:i64 packet:i64 read_only:i64 binlog:str cipher:str current:str
-- returns: one
SELECT @@version, UTC_TIMESTAMP(6), @@max_connections,
       @@innodb_flush_log_at_trx_commit, @@max_allowed_packet,
       @@read_only,
       IF(@@log_bin, CAST(@@binlog_format AS CHAR), 'off'),
       (SELECT VARIABLE_VALUE FROM information_schema.SESSION_STATUS
         WHERE VARIABLE_NAME = 'SSL_CIPHER'),
       CURRENT_USER();

-- name: doctor_node
-- out:  name:str value:str
-- returns: many
-- Of a node of a cluster; others have no such rows, or WSREP_ON is OFF.
SELECT VARIABLE_NAME, VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS
 WHERE VARIABLE_NAME IN ('WSREP_LOCAL_STATE_COMMENT', 'WSREP_CLUSTER_SIZE',
       'WSREP_CLUSTER_STATE_UUID', 'WSREP_FLOW_CONTROL_PAUSED')
 UNION ALL
SELECT VARIABLE_NAME, VARIABLE_VALUE FROM information_schema.GLOBAL_VARIABLES
 WHERE VARIABLE_NAME IN ('WSREP_ON', 'INNODB_AUTOINC_LOCK_MODE',
       'BINLOG_FORMAT');

-- name: doctor_keyless
-- out:  name:str
-- returns: many
-- Tables without a primary key.
SELECT TABLE_NAME FROM information_schema.TABLES
 WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'
   AND TABLE_NAME NOT IN (
       SELECT TABLE_NAME FROM information_schema.STATISTICS
        WHERE TABLE_SCHEMA = DATABASE() AND INDEX_NAME = 'PRIMARY');

-- name: doctor_privileges
-- out:  privilege:str wide:i64
-- returns: many
-- What the connected user may do in this database, by itself: wide is 1 for
-- what it may do everywhere.
SELECT PRIVILEGE_TYPE, 0 FROM information_schema.SCHEMA_PRIVILEGES
 WHERE DATABASE() LIKE TABLE_SCHEMA
   AND GRANTEE = CONCAT('''', REPLACE(CURRENT_USER(), '@', '''@'''), '''')
 UNION
SELECT PRIVILEGE_TYPE, 1 FROM information_schema.USER_PRIVILEGES
 WHERE PRIVILEGE_TYPE <> 'USAGE'
   AND GRANTEE = CONCAT('''', REPLACE(CURRENT_USER(), '@', '''@'''), '''');

-- name: doctor_sealed
-- tenants: all, because the secrets are those of the installation
-- out:  kind:str id:id sealed:bytes
-- returns: many
-- Rows that secrets.keys must open: every signing key, and some factors.
(SELECT 'jwks', id, sealed FROM jwks)
 UNION ALL
(SELECT 'totp_factors', user_id, sealed FROM totp_factors LIMIT 100)
 UNION ALL
(SELECT 'otp_secrets', user_id, sealed FROM otp_secrets LIMIT 100);
