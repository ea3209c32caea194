-- What users approved, so that anybody can check it later.  No foreign key, as
-- for audit_logs: evidence outlives the user, the credential and the session.
CREATE TABLE action_signatures (
  id                 BINARY(16)      NOT NULL,
  tenant_id          BINARY(16)      NOT NULL,
  action_id          BINARY(16)      NOT NULL,
  user_id            BINARY(16)      NOT NULL,
  username           VARCHAR(330)    NOT NULL,
  method             VARCHAR(8)      NOT NULL,
  path               VARCHAR(2048)   NOT NULL,
  payload_hash       VARCHAR(64)     NOT NULL,
  nonce              VARCHAR(64)     NOT NULL,
  credential_id      BINARY(16)      NOT NULL,
  kind               VARCHAR(32)     NOT NULL,
  cred_id            VARCHAR(1400)   NOT NULL,
  public_key         VARBINARY(4096) NOT NULL,
  digest             VARCHAR(16)     NOT NULL,
  client_data        MEDIUMBLOB      NOT NULL,
  authenticator_data MEDIUMBLOB      NULL,
  signature          VARBINARY(1024) NOT NULL,
  http_request_id    VARCHAR(64)     NULL,
  signed_at          DATETIME(6)     NOT NULL,
  used_at            DATETIME(6)     NULL,
  PRIMARY KEY (id),
  KEY action_signatures_action (action_id),
  KEY action_signatures_user (user_id),
  KEY action_signatures_signed (signed_at)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
