-- Passkeys.  A credential id has up to 1023 bytes: too long for a key, so
-- its SHA-256 stands for it.

CREATE TABLE webauthn_credentials (
  id_hash         BINARY(32)      NOT NULL,
  tenant_id       BINARY(16)      NOT NULL,
  credential_id   VARBINARY(1023) NOT NULL,
  user_id         BINARY(16)      NOT NULL,
  name            VARCHAR(255)    NULL,
  public_key      VARBINARY(2048) NOT NULL,
  attestation     VARCHAR(32)     NOT NULL,
  aaguid          BINARY(16)      NULL,
  sign_count      BIGINT          NOT NULL,
  backup_eligible TINYINT         NOT NULL,
  backup_state    TINYINT         NOT NULL,
  transports      VARCHAR(255)    NOT NULL,
  last_used_at    DATETIME(6)     NULL,
  created_at      DATETIME(6)     NOT NULL,
  updated_at      DATETIME(6)     NOT NULL,
  PRIMARY KEY (tenant_id, id_hash),
  KEY webauthn_credentials_user (user_id, created_at),
  CONSTRAINT webauthn_credentials_user FOREIGN KEY (user_id)
    REFERENCES users (id) ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What a ceremony was asked to sign.  The row goes at the first answer,
-- whatever comes of it.  user_id is NULL for a discoverable login.
CREATE TABLE webauthn_challenges (
  challenge         BINARY(32)  NOT NULL,
  tenant_id         BINARY(16)  NOT NULL,
  user_id           BINARY(16)  NULL,
  operation         VARCHAR(16) NOT NULL,
  user_verification VARCHAR(16) NOT NULL,
  created_at        DATETIME(6) NOT NULL,
  expires_at        DATETIME(6) NOT NULL,
  PRIMARY KEY (challenge),
  KEY webauthn_challenges_expires (expires_at)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
