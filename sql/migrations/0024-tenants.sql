-- What tenants have of their own, beside their relying party, and when that was
-- changed; and by which key a list of them finds its pages.
ALTER TABLE tenants
  ADD COLUMN config TEXT NULL,
  ADD COLUMN updated_at DATETIME(6) NULL,
  ADD KEY tenants_list (created_at, id);

UPDATE tenants SET updated_at = created_at WHERE updated_at IS NULL;
