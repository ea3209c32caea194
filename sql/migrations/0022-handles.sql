-- Credentials that come from other programs: the user handle that one was
-- registered with, where that is not the id of its user; and whether it can be
-- backed up is NULL until it says so, since not all of those have kept it.
ALTER TABLE webauthn_credentials
  ADD COLUMN user_handle VARBINARY(64) NULL,
  MODIFY COLUMN backup_eligible TINYINT NULL;
