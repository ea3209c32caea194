-- Tokens that are handed out once and looked up by their digest: a change of
-- signature keys is nothing to them.  Each has a key of its own, the only one
-- that signs for it.
CREATE TABLE access_tokens (
  id            BINARY(16)    NOT NULL,
  tenant_id     BINARY(16)    NOT NULL,
  user_id       BINARY(16)    NOT NULL,
  credential_id BINARY(16)    NOT NULL,
  hash          VARBINARY(32) NOT NULL,
  created_at    DATETIME(6)   NOT NULL,
  expires_at    DATETIME(6)   NOT NULL,
  revoked_at    DATETIME(6)   NULL,
  PRIMARY KEY (id),
  UNIQUE KEY access_tokens_hash (hash),
  KEY access_tokens_tenant (tenant_id, created_at),
  KEY access_tokens_user (user_id),
  CONSTRAINT access_tokens_user FOREIGN KEY (user_id) REFERENCES users (id)
    ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
