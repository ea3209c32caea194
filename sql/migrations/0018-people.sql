-- What an operator is told of users, and by which keys a list of all of them
-- finds its pages.
ALTER TABLE users
  ADD COLUMN name VARCHAR(255) NULL,
  ADD COLUMN given_name VARCHAR(255) NULL,
  ADD COLUMN family_name VARCHAR(255) NULL,
  ADD COLUMN picture VARCHAR(2048) NULL,
  ADD KEY users_list_created (tenant_id, created_at, id),
  ADD KEY users_list_updated (tenant_id, updated_at, id);
