-- The tables of glewlwyd 2.7 that have to do with users, on MariaDB, without
-- keys that nobody here asks for.
CREATE TABLE g_user (
  gu_id INT PRIMARY KEY AUTO_INCREMENT, gu_username VARCHAR(128) NOT NULL,
  gu_name VARCHAR(256), gu_email VARCHAR(512), gu_enabled TINYINT(1)
);
CREATE TABLE g_user_password (
  guw_id INT PRIMARY KEY AUTO_INCREMENT, gu_id INT, guw_password VARCHAR(256)
);
CREATE TABLE g_user_property (
  gup_id INT PRIMARY KEY AUTO_INCREMENT, gu_id INT,
  gup_name VARCHAR(128) NOT NULL, gup_value_tiny VARCHAR(512)
);
CREATE TABLE g_user_auth_scheme_module_instance (
  guasmi_id INT PRIMARY KEY AUTO_INCREMENT,
  guasmi_module VARCHAR(128) NOT NULL, guasmi_expiration INT NOT NULL,
  guasmi_max_use INT, guasmi_allow_user_register TINYINT(1),
  guasmi_forbid_user_profile TINYINT(1),
  guasmi_forbid_user_reset_credential TINYINT(1),
  guasmi_name VARCHAR(128) NOT NULL, guasmi_display_name VARCHAR(256),
  guasmi_parameters MEDIUMBLOB, guasmi_enabled TINYINT(1)
);
CREATE TABLE gs_otp (
  gso_id INT PRIMARY KEY AUTO_INCREMENT, gso_mod_name VARCHAR(128) NOT NULL,
  gso_issued_at TIMESTAMP NOT NULL, gso_last_used TIMESTAMP NOT NULL,
  gso_username VARCHAR(128) NOT NULL, gso_otp_type TINYINT(1),
  gso_secret VARCHAR(128) NOT NULL, gso_hotp_moving_factor INT,
  gso_totp_time_step_size INT
);
CREATE TABLE gs_webauthn_user (
  gswu_id INT PRIMARY KEY AUTO_INCREMENT, gswu_mod_name VARCHAR(128) NOT NULL,
  gswu_username VARCHAR(128) NOT NULL, gswu_user_id VARCHAR(128) NOT NULL
);
CREATE TABLE gs_webauthn_credential (
  gswc_id INT PRIMARY KEY AUTO_INCREMENT, gswu_id INT NOT NULL,
  gswc_session_hash VARCHAR(128) NOT NULL, gswc_name VARCHAR(128),
  gswc_challenge_hash VARCHAR(128), gswc_credential_id VARCHAR(256),
  gswc_certificate VARCHAR(128), gswc_public_key TEXT, gswc_counter INT,
  gswc_created_at TIMESTAMP NOT NULL, gswc_status TINYINT(1)
);
