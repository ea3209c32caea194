-- How many users a tenant had when they were last counted, if they were many:
-- to count them all for each page of a list costs more than the page.
CREATE TABLE user_counts (
  tenant_id   BINARY(16)   NOT NULL,
  n           BIGINT       NOT NULL,
  counted_at  DATETIME(6)  NOT NULL,
  PRIMARY KEY (tenant_id),
  CONSTRAINT user_counts_tenant FOREIGN KEY (tenant_id)
    REFERENCES tenants (id) ON DELETE CASCADE
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC
  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
