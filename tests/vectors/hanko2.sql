-- The tables of Hanko 2.7 that have to do with users, as its migrations leave
-- them on MariaDB, without keys that nobody here asks for.
CREATE TABLE users (
  id CHAR(36) PRIMARY KEY,
  created_at DATETIME NOT NULL, updated_at DATETIME NOT NULL
);
CREATE TABLE emails (
  id CHAR(36) PRIMARY KEY, user_id CHAR(36) NULL,
  address VARCHAR(255) NOT NULL, verified TINYINT(1) NOT NULL,
  created_at DATETIME NOT NULL, updated_at DATETIME NOT NULL,
  FOREIGN KEY (user_id) REFERENCES users (id)
);
CREATE TABLE primary_emails (
  id CHAR(36) PRIMARY KEY, email_id CHAR(36) NOT NULL,
  user_id CHAR(36) NOT NULL,
  created_at DATETIME NOT NULL, updated_at DATETIME NOT NULL
);
CREATE TABLE usernames (
  id CHAR(36) PRIMARY KEY, user_id CHAR(36) NOT NULL,
  username VARCHAR(255) NOT NULL,
  created_at DATETIME NOT NULL, updated_at DATETIME NOT NULL
);
CREATE TABLE password_credentials (
  id CHAR(36) PRIMARY KEY, user_id CHAR(36) NOT NULL,
  password VARCHAR(255) NOT NULL,
  created_at DATETIME NOT NULL, updated_at DATETIME NOT NULL
);
CREATE TABLE otp_secrets (
  id CHAR(36) PRIMARY KEY, user_id CHAR(36) NOT NULL,
  secret VARCHAR(255) NOT NULL,
  created_at DATETIME NOT NULL, updated_at DATETIME NOT NULL
);
CREATE TABLE identities (
  id CHAR(36) PRIMARY KEY, provider_user_id VARCHAR(255) NOT NULL,
  provider_id VARCHAR(255) NOT NULL, data TEXT NULL,
  email_id CHAR(36) NOT NULL,
  created_at DATETIME NOT NULL, updated_at DATETIME NOT NULL
);
CREATE TABLE webauthn_credential_user_handles (
  id CHAR(36) PRIMARY KEY, user_id CHAR(36) NOT NULL,
  handle VARCHAR(255) NOT NULL,
  created_at DATETIME NOT NULL, updated_at DATETIME NOT NULL
);
CREATE TABLE webauthn_credentials (
  id VARCHAR(255) PRIMARY KEY, user_id CHAR(36) NOT NULL,
  public_key TEXT NOT NULL, attestation_type VARCHAR(255) NOT NULL,
  aaguid CHAR(36) NOT NULL, sign_count INT NOT NULL,
  created_at DATETIME NOT NULL, updated_at DATETIME NOT NULL,
  name VARCHAR(255) NULL,
  backup_eligible TINYINT(1) NOT NULL DEFAULT 0,
  backup_state TINYINT(1) NOT NULL DEFAULT 0,
  last_used_at DATETIME NULL,
  mfa_only TINYINT(1) NOT NULL DEFAULT 0,
  user_handle_id CHAR(36) NULL
);
CREATE TABLE webauthn_credential_transports (
  id VARCHAR(255) PRIMARY KEY, name VARCHAR(255) NOT NULL,
  webauthn_credential_id VARCHAR(255) NOT NULL
);
CREATE TABLE user_metadata (
  id CHAR(36) PRIMARY KEY, user_id CHAR(36) NOT NULL,
  public_metadata VARCHAR(3000) NULL, private_metadata VARCHAR(3000) NULL,
  unsafe_metadata VARCHAR(3000) NULL,
  created_at DATETIME NOT NULL, updated_at DATETIME NOT NULL
);
