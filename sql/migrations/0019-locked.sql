-- An operator keeps a user out.
ALTER TABLE users
  ADD COLUMN locked_at DATETIME(6) NULL;
