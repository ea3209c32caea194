-- Users who may log in where operators are, by a passkey that they had when
-- they were marked; and who is logged in there.  A mark that goes takes its
-- sessions with it.
CREATE TABLE operators (
  user_id     BINARY(16)   NOT NULL,
  tenant_id   BINARY(16)   NOT NULL,
  everywhere  TINYINT      NOT NULL,
  read_only   TINYINT      NOT NULL,
  marked_at   DATETIME(6)  NOT NULL,
  PRIMARY KEY (user_id),
  CONSTRAINT operators_user FOREIGN KEY (user_id)
    REFERENCES users (id) ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE operator_sessions (
  id          BINARY(16)   NOT NULL,
  tenant_id   BINARY(16)   NOT NULL,
  user_id     BINARY(16)   NOT NULL,
  id_hash     BINARY(32)   NOT NULL,
  digest      BINARY(32)   NOT NULL,
  created_at  DATETIME(6)  NOT NULL,
  last_used   DATETIME(6)  NOT NULL,
  expires_at  DATETIME(6)  NOT NULL,
  PRIMARY KEY (id),
  KEY operator_sessions_user (user_id),
  KEY operator_sessions_expires (expires_at),
  CONSTRAINT operator_sessions_operator FOREIGN KEY (user_id)
    REFERENCES operators (user_id) ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
