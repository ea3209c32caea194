-- The name that a user chose, in lower case: at most one a user, and one of its
-- kind in a tenant.
CREATE TABLE usernames (
  id          BINARY(16)   NOT NULL,
  tenant_id   BINARY(16)   NOT NULL,
  user_id     BINARY(16)   NOT NULL,
  username    VARCHAR(128) NOT NULL,
  created_at  DATETIME(6)  NOT NULL,
  updated_at  DATETIME(6)  NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY usernames_user (user_id),
  UNIQUE KEY usernames_name (tenant_id, username),
  CONSTRAINT usernames_user FOREIGN KEY (user_id)
    REFERENCES users (id) ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What pages keep about a user, who may change it: an object of JSON.
CREATE TABLE user_metadata (
  user_id          BINARY(16)   NOT NULL,
  tenant_id        BINARY(16)   NOT NULL,
  unsafe_metadata  TEXT         NOT NULL,
  created_at       DATETIME(6)  NOT NULL,
  updated_at       DATETIME(6)  NOT NULL,
  PRIMARY KEY (user_id),
  CONSTRAINT user_metadata_user FOREIGN KEY (user_id)
    REFERENCES users (id) ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
