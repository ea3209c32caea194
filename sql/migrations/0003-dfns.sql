-- The Dfns login API.  An organisation is a tenant, a member is a user; codes,
-- sessions, passkeys and signature keys are the same rows for both APIs, told
-- apart by a column.

-- NULL is what the configuration says.  Origins have a space between them.
ALTER TABLE tenants
  ADD COLUMN rp_id    VARCHAR(253)  NULL,
  ADD COLUMN rp_name  VARCHAR(255)  NULL,
  ADD COLUMN origins  VARCHAR(4096) NULL,
  ADD COLUMN active   TINYINT       NOT NULL DEFAULT 1;

-- The username is what clients salt their keys with: it never changes.
CREATE TABLE members (
  user_id         BINARY(16)   NOT NULL,
  tenant_id       BINARY(16)   NOT NULL,
  username        VARCHAR(320) NOT NULL,
  username_key    VARCHAR(320) NOT NULL,
  kind            VARCHAR(16)  NOT NULL,
  active          TINYINT      NOT NULL,
  registered      TINYINT      NOT NULL,
  service_account TINYINT      NOT NULL,
  external_id     VARCHAR(255) NULL,
  created_at      DATETIME(6)  NOT NULL,
  archived_at     DATETIME(6)  NULL,
  PRIMARY KEY (user_id),
  UNIQUE KEY members_username (tenant_id, username_key),
  CONSTRAINT members_user FOREIGN KEY (user_id) REFERENCES users (id)
    ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Credentials that are a bare key pair.  cred_id is the client's own text;
-- cred_hash is the SHA-256 of its normal form.  An archived row gives its
-- cred_id free: its cred_hash is its id then.
CREATE TABLE key_credentials (
  id            BINARY(16)    NOT NULL,
  tenant_id     BINARY(16)    NOT NULL,
  user_id       BINARY(16)    NOT NULL,
  kind          VARCHAR(32)   NOT NULL,
  cred_id       VARCHAR(1024) NOT NULL,
  cred_hash     VARBINARY(32) NOT NULL,
  name          VARCHAR(255)  NOT NULL,
  pem           VARCHAR(4096) NOT NULL,
  fingerprint   VARCHAR(64)   NOT NULL,
  algorithm     VARCHAR(16)   NOT NULL,
  encrypted_private_key TEXT  NULL,
  active        TINYINT       NOT NULL,
  created_at    DATETIME(6)   NOT NULL,
  last_used_at  DATETIME(6)   NULL,
  archived_at   DATETIME(6)   NULL,
  PRIMARY KEY (id),
  UNIQUE KEY key_credentials_cred (user_id, cred_hash),
  CONSTRAINT key_credentials_user FOREIGN KEY (user_id) REFERENCES users (id)
    ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What a client was asked to sign, and what for.  user_id is NULL for one
-- that nobody can answer.
CREATE TABLE ceremonies (
  id          BINARY(16)   NOT NULL,
  tenant_id   BINARY(16)   NOT NULL,
  user_id     BINARY(16)   NULL,
  purpose     VARCHAR(16)  NOT NULL,
  challenge   VARCHAR(128) NOT NULL,
  state       MEDIUMTEXT   NOT NULL,
  attempts    INT          NOT NULL,
  created_at  DATETIME(6)  NOT NULL,
  expires_at  DATETIME(6)  NOT NULL,
  PRIMARY KEY (id),
  KEY ceremonies_user (user_id, purpose),
  KEY ceremonies_expires (expires_at),
  CONSTRAINT ceremonies_user FOREIGN KEY (user_id) REFERENCES users (id)
    ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- A code of one purpose is never taken for another.
ALTER TABLE passcodes
  ADD COLUMN purpose VARCHAR(16) NOT NULL DEFAULT 'passcode',
  ADD UNIQUE KEY passcodes_purpose (user_id, email_id, purpose),
  DROP KEY passcodes_target;

ALTER TABLE sessions
  ADD COLUMN api VARCHAR(8) NOT NULL DEFAULT 'hanko';

-- A key signs the tokens of one API.
ALTER TABLE jwks
  ADD COLUMN api VARCHAR(8) NOT NULL DEFAULT 'hanko';

-- rp_id and origin are those that the client chose; NULL is the tenant's.
ALTER TABLE webauthn_credentials
  ADD COLUMN active TINYINT NOT NULL DEFAULT 1,
  ADD COLUMN rp_id VARCHAR(253) NULL,
  ADD COLUMN origin VARCHAR(255) NULL,
  ADD COLUMN archived_at DATETIME(6) NULL;
