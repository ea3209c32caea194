-- Whose tokens a key signs: those of one tenant, or (NULL) of all that have no
-- key of their own.  A tenant's keys go with it.
ALTER TABLE jwks
  ADD COLUMN tenant_id BINARY(16) NULL,
  ADD KEY jwks_tenant (tenant_id, api),
  ADD CONSTRAINT jwks_tenant FOREIGN KEY (tenant_id)
    REFERENCES tenants (id) ON DELETE CASCADE;
