-- A name that somebody logs in by, or is shown by: one a user at most, in lower
-- case.
CREATE TABLE usernames (
  id          BINARY(16)   NOT NULL,
  tenant_id   BINARY(16)   NOT NULL,
  user_id     BINARY(16)   NOT NULL,
  username    VARCHAR(128) NOT NULL,
  created_at  DATETIME(6)  NOT NULL,
  updated_at  DATETIME(6)  NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY usernames_username (tenant_id, username),
  UNIQUE KEY usernames_user (user_id),
  CONSTRAINT usernames_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (id),
  CONSTRAINT usernames_user FOREIGN KEY (user_id) REFERENCES users (id)
    ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
