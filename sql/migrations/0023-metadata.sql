-- What is kept about a user: that which pages keep, beside what operators do.
ALTER TABLE user_metadata
  ADD COLUMN public_metadata TEXT NULL,
  ADD COLUMN private_metadata TEXT NULL,
  MODIFY COLUMN unsafe_metadata TEXT NULL;
