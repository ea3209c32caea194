-- Credentials of WebAuthn that are asked for beside a password or a passcode,
-- and let nobody in by themselves: security keys.  Those there are by now are
-- passkeys.
ALTER TABLE webauthn_credentials
  ADD COLUMN mfa_only TINYINT NOT NULL DEFAULT 0;
