-- Keys of the administration: whoever has one may read or change accounts, of
-- all tenants or of one.
CREATE TABLE admin_keys (
  id          BINARY(16)   NOT NULL,
  tenant_id   BINARY(16)   NULL,
  name        VARCHAR(48)  NOT NULL,
  digest      BINARY(32)   NOT NULL,
  read_only   TINYINT      NOT NULL,
  created_at  DATETIME(6)  NOT NULL,
  expires_at  DATETIME(6)  NULL,
  PRIMARY KEY (id),
  UNIQUE KEY admin_keys_name (name),
  CONSTRAINT admin_keys_tenant FOREIGN KEY (tenant_id)
    REFERENCES tenants (id) ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
