-- A row a flow that was begun: data is sealed, and bound to the id.  version
-- is that of the row, and goes up with each step.
CREATE TABLE flows (
  id          BINARY(16)   NOT NULL,
  tenant_id   BINARY(16)   NOT NULL,
  version     INT          NOT NULL,
  data        BLOB         NOT NULL,
  created_at  DATETIME(6)  NOT NULL,
  updated_at  DATETIME(6)  NOT NULL,
  expires_at  DATETIME(6)  NOT NULL,
  PRIMARY KEY (id),
  KEY flows_expires (expires_at),
  CONSTRAINT flows_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (id)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
