-- The first schema.  Ids are BINARY(16), times are DATETIME(6) in UTC, text
-- that is looked up is compared byte by byte (utf8mb4_bin) in the canonical
-- form that the program made of it.  Every table that belongs to a tenant
-- carries tenant_id.  DYNAMIC is the default, but a server may have been told
-- otherwise, and the other formats cannot index an address.

CREATE TABLE tenants (
  id          BINARY(16)   NOT NULL,
  name        VARCHAR(64)  NOT NULL,
  created_at  DATETIME(6)  NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY tenants_name (name)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE users (
  id          BINARY(16)   NOT NULL,
  tenant_id   BINARY(16)   NOT NULL,
  created_at  DATETIME(6)  NOT NULL,
  updated_at  DATETIME(6)  NOT NULL,
  PRIMARY KEY (id),
  KEY users_created (created_at),
  CONSTRAINT users_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (id)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- An address without an owner is a claim that nobody has proved yet.
CREATE TABLE emails (
  id          BINARY(16)   NOT NULL,
  tenant_id   BINARY(16)   NOT NULL,
  user_id     BINARY(16)   NULL,
  address     VARCHAR(254) NOT NULL,
  verified    TINYINT      NOT NULL,
  created_at  DATETIME(6)  NOT NULL,
  updated_at  DATETIME(6)  NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY emails_address (tenant_id, address),
  KEY emails_user (user_id),
  CONSTRAINT emails_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (id),
  CONSTRAINT emails_user FOREIGN KEY (user_id) REFERENCES users (id)
    ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One row a user at most; it goes before its address does.
CREATE TABLE primary_emails (
  user_id     BINARY(16)   NOT NULL,
  tenant_id   BINARY(16)   NOT NULL,
  email_id    BINARY(16)   NOT NULL,
  created_at  DATETIME(6)  NOT NULL,
  updated_at  DATETIME(6)  NOT NULL,
  PRIMARY KEY (user_id),
  UNIQUE KEY primary_emails_email (email_id),
  CONSTRAINT primary_emails_user FOREIGN KEY (user_id) REFERENCES users (id)
    ON DELETE CASCADE,
  CONSTRAINT primary_emails_email FOREIGN KEY (email_id)
    REFERENCES emails (id)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- code is HMAC-SHA-256 under a key that is not in the database.  The unique
-- key makes a new passcode kill the older one of its user and address.
CREATE TABLE passcodes (
  id          BINARY(16)   NOT NULL,
  tenant_id   BINARY(16)   NOT NULL,
  user_id     BINARY(16)   NOT NULL,
  email_id    BINARY(16)   NOT NULL,
  code        BINARY(32)   NOT NULL,
  ttl_s       INT          NOT NULL,
  try_count   INT          NOT NULL,
  created_at  DATETIME(6)  NOT NULL,
  expires_at  DATETIME(6)  NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY passcodes_target (user_id, email_id),
  KEY passcodes_email (email_id),
  KEY passcodes_expires (expires_at),
  CONSTRAINT passcodes_user FOREIGN KEY (user_id) REFERENCES users (id)
    ON DELETE CASCADE,
  CONSTRAINT passcodes_email FOREIGN KEY (email_id) REFERENCES emails (id)
    ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- norm is the version of the normalisation that was hashed; 0 is none.
CREATE TABLE password_credentials (
  user_id     BINARY(16)   NOT NULL,
  tenant_id   BINARY(16)   NOT NULL,
  hash        VARCHAR(255) NOT NULL,
  norm        INT          NOT NULL,
  created_at  DATETIME(6)  NOT NULL,
  updated_at  DATETIME(6)  NOT NULL,
  PRIMARY KEY (user_id),
  CONSTRAINT password_credentials_user FOREIGN KEY (user_id)
    REFERENCES users (id) ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE sessions (
  id          BINARY(16)   NOT NULL,
  tenant_id   BINARY(16)   NOT NULL,
  user_id     BINARY(16)   NOT NULL,
  user_agent  VARCHAR(255) NULL,
  ip_address  VARCHAR(45)  NULL,
  created_at  DATETIME(6)  NOT NULL,
  last_used   DATETIME(6)  NOT NULL,
  expires_at  DATETIME(6)  NOT NULL,
  PRIMARY KEY (id),
  KEY sessions_user (user_id, created_at),
  KEY sessions_expires (expires_at),
  CONSTRAINT sessions_user FOREIGN KEY (user_id) REFERENCES users (id)
    ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Signature keys; the private half is sealed under secrets.keys.  A key is
-- published from created_at, signs from signs_from until a newer one does,
-- and stays until the last token it may have signed is dead.
CREATE TABLE jwks (
  id          BINARY(16)   NOT NULL,
  alg         VARCHAR(16)  NOT NULL,
  sealed      VARBINARY(4096) NOT NULL,
  created_at  DATETIME(6)  NOT NULL,
  signs_from  DATETIME(6)  NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- state is (requests in this window) * 10^12 + (microseconds to its end when
-- last asked): one number, so that one statement both counts and answers.
CREATE TABLE rate_limits (
  bucket      BINARY(32)   NOT NULL,
  tenant_id   BINARY(16)   NOT NULL,
  state       BIGINT       NOT NULL,
  expires_at  DATETIME(6)  NOT NULL,
  PRIMARY KEY (tenant_id, bucket),
  KEY rate_limits_expires (expires_at)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Mail to be sent; the body is sealed.  claim names who is sending it.
CREATE TABLE outbox (
  id            BINARY(16)     NOT NULL,
  tenant_id     BINARY(16)     NOT NULL,
  sealed        VARBINARY(4096) NOT NULL,
  attempts      INT            NOT NULL,
  claim         BINARY(16)     NULL,
  claimed_until DATETIME(6)    NULL,
  next_try_at   DATETIME(6)    NOT NULL,
  created_at    DATETIME(6)    NOT NULL,
  expires_at    DATETIME(6)    NOT NULL,
  PRIMARY KEY (id),
  KEY outbox_due (next_try_at),
  KEY outbox_claim (claim),
  KEY outbox_expires (expires_at)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- No foreign key: an entry outlives the user it speaks of.
CREATE TABLE audit_logs (
  id              BINARY(16)   NOT NULL,
  tenant_id       BINARY(16)   NOT NULL,
  type            VARCHAR(64)  NOT NULL,
  error           VARCHAR(255) NULL,
  http_request_id VARCHAR(64)  NULL,
  source_ip       VARCHAR(45)  NULL,
  user_agent      VARCHAR(255) NULL,
  actor_user_id   BINARY(16)   NULL,
  actor_email     VARCHAR(254) NULL,
  created_at      DATETIME(6)  NOT NULL,
  PRIMARY KEY (id),
  KEY audit_logs_created (created_at),
  KEY audit_logs_type (type),
  KEY audit_logs_user (actor_user_id),
  KEY audit_logs_email (actor_email),
  KEY audit_logs_request (http_request_id),
  KEY audit_logs_ip (source_ip)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One row, which whoever changes the key set counts up: that is the lock of
-- jwks among the hosts, also where certification takes the place of locks.
CREATE TABLE jwk_changes (
  id          TINYINT      NOT NULL,
  n           BIGINT       NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
