-- What glewlwyd 2.7.5 of Debian 12 wrote into its database when its API was told
-- to: five users, of whom one is switched off, their apps and credentials.  The
-- tables are those of glewlwyd.sql.
INSERT INTO g_user (gu_id, gu_username, gu_name, gu_email, gu_enabled)
VALUES (1,'admin','The Administrator','',1);
INSERT INTO g_user (gu_id, gu_username, gu_name, gu_email, gu_enabled)
VALUES (2,'ada_king','Ada King','Ada.King@example.org',1);
INSERT INTO g_user (gu_id, gu_username, gu_name, gu_email, gu_enabled)
VALUES (3,'grace.hopper','Grace Hopper','grace@example.org',1);
INSERT INTO g_user (gu_id, gu_username, gu_name, gu_email, gu_enabled)
VALUES (4,'kept_out','','kept@example.org',0);
INSERT INTO g_user (gu_id, gu_username, gu_name, gu_email, gu_enabled)
VALUES (5,'no.mail','','',1);
INSERT INTO g_user_password (guw_id, gu_id, guw_password)
VALUES (1,1,'*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19');
INSERT INTO g_user_password (guw_id, gu_id, guw_password)
VALUES (2,2,'*E672CC3A37253BCBE818631CAB8573C869733E4A');
INSERT INTO g_user_password (guw_id, gu_id, guw_password)
VALUES (3,3,'*E672CC3A37253BCBE818631CAB8573C869733E4A');
INSERT INTO g_user_password (guw_id, gu_id, guw_password)
VALUES (4,4,'*E672CC3A37253BCBE818631CAB8573C869733E4A');
INSERT INTO g_user_password (guw_id, gu_id, guw_password)
VALUES (5,5,'*E672CC3A37253BCBE818631CAB8573C869733E4A');
INSERT INTO g_user_auth_scheme_module_instance (guasmi_id, guasmi_module, guasmi_expiration, guasmi_max_use, guasmi_allow_user_register, guasmi_forbid_user_profile, guasmi_forbid_user_reset_credential, guasmi_name, guasmi_display_name, guasmi_parameters, guasmi_enabled)
VALUES (1,'webauthn',600,0,1,0,0,'webauthn','WebAuthn',0x7B2273657373696F6E2D6D616E6461746F7279223A747275652C22757365722D69642D6C656E677468223A36342C2273656564223A2273656564222C226368616C6C656E67652D6C656E677468223A36342C2263726564656E7469616C2D65787069726174696F6E223A3132302C2263726564656E7469616C2D617373657274696F6E223A3132302C2272702D6F726967696E223A22687474703A2F2F6C6F63616C686F73743A3134353933222C227075624B65792D637265642D706172616D73223A5B2D372C2D33352C2D33365D2C22666F7263652D666D742D6E6F6E65223A747275652C22666D74223A7B227061636B6564223A747275652C2274706D223A747275652C22616E64726F69642D6B6579223A747275652C22616E64726F69642D7361666574796E6574223A747275652C226669646F2D753266223A747275652C226170706C65223A747275652C226E6F6E65223A747275657D7D,1);
INSERT INTO g_user_auth_scheme_module_instance (guasmi_id, guasmi_module, guasmi_expiration, guasmi_max_use, guasmi_allow_user_register, guasmi_forbid_user_profile, guasmi_forbid_user_reset_credential, guasmi_name, guasmi_display_name, guasmi_parameters, guasmi_enabled)
VALUES (2,'otp',600,0,1,0,0,'otp','otp',0x7B226F74702D6C656E677468223A362C22697373756572223A2268657265222C227365637265742D6D696E696D756D2D73697A65223A32302C22686F74702D616C6C6F77223A747275652C22686F74702D77696E646F77223A352C22746F74702D616C6C6F77223A747275652C22746F74702D77696E646F77223A302C22746F74702D73746172742D6F6666736574223A307D,1);
INSERT INTO g_user_auth_scheme_module_instance (guasmi_id, guasmi_module, guasmi_expiration, guasmi_max_use, guasmi_allow_user_register, guasmi_forbid_user_profile, guasmi_forbid_user_reset_credential, guasmi_name, guasmi_display_name, guasmi_parameters, guasmi_enabled)
VALUES (3,'otp',600,0,1,0,0,'otp8','otp8',0x7B226F74702D6C656E677468223A382C22697373756572223A2268657265222C227365637265742D6D696E696D756D2D73697A65223A32302C22686F74702D616C6C6F77223A747275652C22686F74702D77696E646F77223A352C22746F74702D616C6C6F77223A747275652C22746F74702D77696E646F77223A302C22746F74702D73746172742D6F6666736574223A307D,1);
INSERT INTO gs_otp (gso_id, gso_mod_name, gso_issued_at, gso_last_used, gso_username, gso_otp_type, gso_secret, gso_hotp_moving_factor, gso_totp_time_step_size)
VALUES (1,'otp','2026-11-30 19:13:30','1970-01-01 00:00:01','ada_king',1,'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',NULL,30);
INSERT INTO gs_otp (gso_id, gso_mod_name, gso_issued_at, gso_last_used, gso_username, gso_otp_type, gso_secret, gso_hotp_moving_factor, gso_totp_time_step_size)
VALUES (2,'otp','2026-11-30 19:13:36','1970-01-01 00:00:01','grace.hopper',1,'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',NULL,30);
INSERT INTO gs_otp (gso_id, gso_mod_name, gso_issued_at, gso_last_used, gso_username, gso_otp_type, gso_secret, gso_hotp_moving_factor, gso_totp_time_step_size)
VALUES (3,'otp8','2026-11-30 19:13:36','1970-01-01 00:00:01','grace.hopper',1,'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXQ',NULL,30);
INSERT INTO gs_otp (gso_id, gso_mod_name, gso_issued_at, gso_last_used, gso_username, gso_otp_type, gso_secret, gso_hotp_moving_factor, gso_totp_time_step_size)
VALUES (4,'otp','2026-11-30 19:13:42','1970-01-01 00:00:01','kept_out',1,'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',NULL,30);
INSERT INTO gs_webauthn_user (gswu_id, gswu_mod_name, gswu_username, gswu_user_id)
VALUES (1,'webauthn','ada_king','3TyRRcAk4GnLdzfyrJHKPUwnyDrDNRKFN7QRy60tnkc=');
INSERT INTO gs_webauthn_user (gswu_id, gswu_mod_name, gswu_username, gswu_user_id)
VALUES (2,'webauthn','grace.hopper','ZFcTs2GV9DYhfksTUIZhw+wr+ftNkOfZ9MO1/EEc/KU=');
INSERT INTO gs_webauthn_user (gswu_id, gswu_mod_name, gswu_username, gswu_user_id)
VALUES (3,'webauthn','kept_out','oGAhepN4jIB7iA5n+L1I3ykm3jTmEsef8tUuyKcVS+4=');
INSERT INTO gs_webauthn_credential (gswc_id, gswu_id, gswc_session_hash, gswc_name, gswc_challenge_hash, gswc_credential_id, gswc_certificate, gswc_public_key, gswc_counter, gswc_created_at, gswc_status)
VALUES (1,1,'{SHA512}TMz7F5uHnXezQtZBZybrDsCxFcGjatBZ3bqoEyfn3QYs42AnHfLd39mCUZlic8VbhFIPnEYq8NuU3Ur0v2MDMA==','none','{SHA512}kOZU/CkUBhhB217snPukLCRAQ0osaZQC6GE74D44+BE2PEwgTdNDy7UOrcbEXde7v6cR7/LypJoXjKto/E9FpA==','VLbstlsAy4lpfEIgHg6Ewlk5N3sFNXxSvwmuohIb0xI=','','-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAECxgOr3OnaJyi4qj52DXvcwfK3gNz\nzmGXkO3wzASWpvBOWW84LqhiOskN3SrD1xYQDrgWaeb/TduUuugMX/4ZiQ==\n-----END PUBLIC KEY-----\n',1,'2026-11-30 19:13:28',1);
INSERT INTO gs_webauthn_credential (gswc_id, gswu_id, gswc_session_hash, gswc_name, gswc_challenge_hash, gswc_credential_id, gswc_certificate, gswc_public_key, gswc_counter, gswc_created_at, gswc_status)
VALUES (2,2,'{SHA512}Scw6yKkRKZPVunw6XH7KEX5qoab1fxp3D1t2o4fAA3h8310tjeK8mvc6Y/rDedyazkUxOGfDwiC4b0X7keHFIA==','none','{SHA512}oKgq3zkmHzv5ktCN9z9VL1pIfsRuDaTIjvOwaMWU8/PuSde5uVxpCWxvOG9EHyX9cppQNW98GrtQG99SgujNwg==','oyBhiXPTkALSmGmiHURdtBqZRTzJC8sz9j91GDbUE+s=','','-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEUomJVFdHF2mcXKLKAn8uEUTxoKJi\najrduMZCREFwzM1BcxaBaMSzsJswoNff1vRvewsGT/yqNYotqpN8ggOIOw==\n-----END PUBLIC KEY-----\n',1,'2026-11-30 19:13:35',1);
INSERT INTO gs_webauthn_credential (gswc_id, gswu_id, gswc_session_hash, gswc_name, gswc_challenge_hash, gswc_credential_id, gswc_certificate, gswc_public_key, gswc_counter, gswc_created_at, gswc_status)
VALUES (3,2,'{SHA512}9NKYtFGivxwAVnseVQfP/ANs4nbXtnQseAEygwFdSF1hTa7htyfFvDKhr7PH2Kc42XjBvx3NoSqca3GJHT6C/g==','none','{SHA512}9SmSX18KzElZ6x52N4wfH7Z2sUzrnFGa4P0i5NZIPL23g9Om1TitkrqStZ8puo38IEFzLeTuCwTLKlMhfTXENg==','kAPao5zRyc5O++rJuc6twBCj34As4TXAxESaQmIyLnA=','','-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEn2FiQNNCdXYXc36NZH3OqtKy0Mb6\nmEYFhpKZcGAoetGWWPrUsy0DjLiJNDCMafSIjREl+RLXMq3hg0C15EGP+Q==\n-----END PUBLIC KEY-----\n',1,'2026-11-30 19:13:36',3);
INSERT INTO gs_webauthn_credential (gswc_id, gswu_id, gswc_session_hash, gswc_name, gswc_challenge_hash, gswc_credential_id, gswc_certificate, gswc_public_key, gswc_counter, gswc_created_at, gswc_status)
VALUES (4,3,'{SHA512}QDbf5ZH219RWgZRpsUWibvZf/f5Fz+owST/3f/jl9sDJ1LoT85ge8VgDxOBSlzHS845k3iozKR/8NG1c8OK9+w==','none','{SHA512}nB0GBa0tnT8cBIAkVDVVYrYtZDlBEliqZ6CgGKJ6VEuvjtA2m2Tp/kl/3yr4OCC5Icno5UH1G3YMq7fj5bYA6w==','bOa0FhfH4KoUUh9y3Vsw9nVFu/BQfQL+APXAXHlbVBc=','','-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEyVj/pm1cFfBlVllHoFRGscGoZx0Y\nb8vy7WQSK+5q09t01XlaSf+/GKmYluySEgxFPQQwsBNe2UUIakSbZqtmRQ==\n-----END PUBLIC KEY-----\n',1,'2026-11-30 19:13:41',1);
