-- What Hanko 3 changed of hanko2.sql: tenants, names of people, identities
-- without an address, and the step of a code that was used.
CREATE TABLE tenants (
  id CHAR(36) PRIMARY KEY, config JSON NULL,
  created_at DATETIME NOT NULL, updated_at DATETIME NOT NULL
);
INSERT INTO tenants VALUES ('00000000-0000-0000-0000-000000000001', '{}',
  '2026-01-01 00:00:00', '2026-01-01 00:00:00');
ALTER TABLE users
  ADD COLUMN name VARCHAR(255) NULL,
  ADD COLUMN family_name VARCHAR(255) NULL,
  ADD COLUMN given_name VARCHAR(255) NULL,
  ADD COLUMN picture TEXT NULL,
  ADD COLUMN tenant_id CHAR(36)
    DEFAULT '00000000-0000-0000-0000-000000000001',
  ADD KEY (tenant_id);
ALTER TABLE identities
  ADD COLUMN user_id CHAR(36) NULL,
  MODIFY COLUMN email_id CHAR(36) NULL;
ALTER TABLE otp_secrets ADD COLUMN last_validated_step INT NULL;
