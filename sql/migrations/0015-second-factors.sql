-- The authenticator app of a user, asked for beside a password or a passcode.
-- A step of 30 seconds serves once, and so do those before it.
CREATE TABLE otp_secrets (
  user_id    BINARY(16)     NOT NULL,
  tenant_id  BINARY(16)     NOT NULL,
  sealed     VARBINARY(255) NOT NULL,
  last_step  BIGINT         NOT NULL,
  created_at DATETIME(6)    NOT NULL,
  PRIMARY KEY (user_id),
  CONSTRAINT otp_secrets_user FOREIGN KEY (user_id)
    REFERENCES users (id) ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- A browser that a user trusts: it has a token, of which this is the digest.
-- It is worth nothing once the user is in another epoch.
CREATE TABLE trusted_devices (
  digest     BINARY(32)  NOT NULL,
  tenant_id  BINARY(16)  NOT NULL,
  user_id    BINARY(16)  NOT NULL,
  epoch      INT         NOT NULL,
  created_at DATETIME(6) NOT NULL,
  expires_at DATETIME(6) NOT NULL,
  PRIMARY KEY (digest),
  KEY trusted_devices_user (user_id),
  KEY trusted_devices_expires (expires_at),
  CONSTRAINT trusted_devices_user FOREIGN KEY (user_id)
    REFERENCES users (id) ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
