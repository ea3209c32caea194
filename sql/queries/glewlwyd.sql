-- Users of glewlwyd 2, in its database on MariaDB: those of its module
-- "database", and what its schemes "otp" and "webauthn" have of them.

-- name: glewlwyd_shape
-- protocol: other
-- out:  tables:i64
-- returns: one
SELECT COUNT(*) FROM information_schema.tables t
 WHERE t.table_schema = DATABASE()
   AND t.table_name IN ('g_user', 'g_user_password', 'g_user_property',
       'g_user_auth_scheme_module_instance', 'gs_otp', 'gs_webauthn_user',
       'gs_webauthn_credential');

-- name: glewlwyd_user
-- protocol: other
-- in:   after:i64
-- out:  id:i64 username:str name:str email:str enabled:i64 hash:str passwords:i64 properties:i64
-- returns: one
-- An empty password is none.
SELECT u.gu_id, u.gu_username, NULLIF(u.gu_name, ''), NULLIF(u.gu_email, ''),
       u.gu_enabled,
       (SELECT p.guw_password FROM g_user_password p
         WHERE p.gu_id = u.gu_id AND p.guw_password <> ''
         ORDER BY p.guw_id LIMIT 1),
       (SELECT COUNT(*) FROM g_user_password p
         WHERE p.gu_id = u.gu_id AND p.guw_password <> ''),
       (SELECT COUNT(*) FROM g_user_property y WHERE y.gu_id = u.gu_id)
  FROM g_user u WHERE u.gu_id > ? ORDER BY u.gu_id LIMIT 1;

-- name: glewlwyd_otps
-- protocol: other
-- in:   username:str
-- out:  is_totp:i64 secret:str step_s:i64 parameters:bytes
-- returns: many
-- With the parameters of the instance that made it, in JSON.
SELECT o.gso_otp_type, o.gso_secret, o.gso_totp_time_step_size,
       (SELECT s.guasmi_parameters FROM g_user_auth_scheme_module_instance s
         WHERE s.guasmi_name = o.gso_mod_name AND s.guasmi_module = 'otp'
         ORDER BY s.guasmi_id LIMIT 1)
  FROM gs_otp o WHERE o.gso_username = ? ORDER BY o.gso_id;

-- name: glewlwyd_credentials
-- protocol: other
-- in:   username:str
-- out:  id:str public_key:str sign_count:i64 name:str created_at:time handle:str active:i64
-- returns: many
-- Such that were made, be they switched off.
SELECT c.gswc_credential_id, c.gswc_public_key, c.gswc_counter,
       NULLIF(c.gswc_name, ''), c.gswc_created_at, u.gswu_user_id,
       c.gswc_status = 1
  FROM gs_webauthn_credential c
  JOIN gs_webauthn_user u ON u.gswu_id = c.gswu_id
 WHERE u.gswu_username = ? AND c.gswc_status IN (1, 3)
 ORDER BY c.gswc_id;
