-- What waits in the outbox says what it is: a mail, or a wish that the
-- courier grants.  The audit log knows who gave a command, and whom it was
-- about.
ALTER TABLE outbox
  ADD COLUMN kind VARCHAR(16) NOT NULL DEFAULT 'mail' AFTER tenant_id;

ALTER TABLE audit_logs
  ADD COLUMN actor_operator VARCHAR(64) NULL AFTER actor_email,
  ADD COLUMN subject_user_id BINARY(16) NULL AFTER actor_operator;
