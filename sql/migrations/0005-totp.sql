-- Credentials of the Dfns API that are a shared secret.  What all kinds have
-- stands in key_credentials, where the texts of a key are empty for these; a
-- user has one of each kind at most, and what is archived loses its secret.

CREATE TABLE password_factors (
  user_id       BINARY(16)   NOT NULL,
  tenant_id     BINARY(16)   NOT NULL,
  credential_id BINARY(16)   NOT NULL,
  hash          VARCHAR(255) NOT NULL,
  norm          INT          NOT NULL,
  PRIMARY KEY (user_id),
  CONSTRAINT password_factors_user FOREIGN KEY (user_id)
    REFERENCES users (id) ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- A step of 30 seconds serves once, and so do those before it.
CREATE TABLE totp_factors (
  user_id       BINARY(16)     NOT NULL,
  tenant_id     BINARY(16)     NOT NULL,
  credential_id BINARY(16)     NOT NULL,
  sealed        VARBINARY(255) NOT NULL,
  last_step     BIGINT         NOT NULL,
  PRIMARY KEY (user_id),
  CONSTRAINT totp_factors_user FOREIGN KEY (user_id)
    REFERENCES users (id) ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The secret that was offered for a new one, until it is proved.
ALTER TABLE ceremonies
  ADD COLUMN sealed VARBINARY(255) NULL;
