-- Who is told of what happens, beside those whom the configuration names.
CREATE TABLE webhooks (
  id          BINARY(16)    NOT NULL,
  tenant_id   BINARY(16)    NOT NULL,
  callback    VARCHAR(2048) NOT NULL,
  events      VARCHAR(1024) NOT NULL,
  enabled     TINYINT       NOT NULL,
  failures    INT           NOT NULL,
  expires_at  DATETIME(6)   NOT NULL,
  created_at  DATETIME(6)   NOT NULL,
  updated_at  DATETIME(6)   NOT NULL,
  PRIMARY KEY (id),
  KEY webhooks_tenant (tenant_id),
  CONSTRAINT webhooks_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (id)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What one hook is told comes in the order in which it was written, and may be
-- longer than a mail.
ALTER TABLE outbox
  MODIFY COLUMN sealed MEDIUMBLOB NOT NULL,
  ADD COLUMN seq BIGINT NOT NULL AUTO_INCREMENT,
  ADD UNIQUE KEY outbox_seq (seq),
  ADD KEY outbox_order (kind, source, seq);
