-- A code by which a device without a credential makes one.  A user has one at
-- most, and it dies with the session that it came from.
CREATE TABLE credential_codes (
  user_id     BINARY(16)    NOT NULL,
  tenant_id   BINARY(16)    NOT NULL,
  id          BINARY(16)    NOT NULL,
  session_id  BINARY(16)    NOT NULL,
  mac         VARBINARY(32) NOT NULL,
  created_at  DATETIME(6)   NOT NULL,
  expires_at  DATETIME(6)   NOT NULL,
  PRIMARY KEY (user_id),
  UNIQUE KEY credential_codes_mac (mac),
  KEY credential_codes_expires (expires_at),
  CONSTRAINT credential_codes_session FOREIGN KEY (session_id)
    REFERENCES sessions (id) ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
