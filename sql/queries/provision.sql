-- What "postern setup" asks of a database before it changes anything there, and
-- asks and does as the administrator of its server.

-- name: provision_has_keys
-- tenants: all, because the keys are those of the installation
-- out:  n:i64
-- returns: one
-- 2 where a Postern may have keys, whatever the version of its schema is.
SELECT COUNT(*) FROM information_schema.COLUMNS
 WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'jwks'
   AND COLUMN_NAME IN ('id', 'sealed');

-- name: provision_keys
-- tenants: all, because the keys are those of the installation
-- out:  id:id sealed:bytes
-- returns: many
-- Of any version of the schema.
SELECT id, sealed FROM jwks;

-- name: provision_host
-- out:  host:str
-- returns: one
-- The host that this client comes from, as users are named there.
SELECT SUBSTRING_INDEX(USER(), '@', -1);

-- name: provision_database_exists
-- in:   name:str
-- out:  n:i64
-- returns: one
SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = ?;

-- name: provision_user_exists
-- in:   user:str host:str
-- out:  n:i64
-- returns: one
SELECT COUNT(*) FROM information_schema.user_privileges
 WHERE grantee = CONCAT('''', ?, '''@''', ?, '''');

-- The rest cannot be prepared, as names cannot be bound: what stands in braces
-- is quoted and put in by lib/db/provision.c.

-- name: provision_make_database
-- protocol: text
-- returns: none
CREATE DATABASE {database} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- name: provision_make_user
-- protocol: text
-- returns: none
CREATE USER {user}@{host} IDENTIFIED BY {password};

-- name: provision_grant_serve
-- protocol: text
-- returns: none
-- THE list of what the server needs,
GRANT SELECT, INSERT, UPDATE, DELETE ON {pattern}.* TO {user}@{host};

-- name: provision_grant_migrate
-- protocol: text
-- returns: none
-- and of what changes of the schema need besides.
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES
    ON {pattern}.* TO {user}@{host};

-- name: provision_drop_user
-- protocol: text
-- returns: none
DROP USER {user}@{host};

-- name: provision_drop_database
-- protocol: text
-- returns: none
DROP DATABASE {database};
