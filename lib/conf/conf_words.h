#ifndef PTN_CONF_WORDS_H
#define PTN_CONF_WORDS_H

/* The words of an enumerated key stand in conf.def, in this order. */
enum ptn_same_site {
	PTN_SAME_SITE_STRICT,
	PTN_SAME_SITE_LAX,
	PTN_SAME_SITE_NONE
};
enum ptn_retention {
	PTN_RETENTION_PERSISTENT,
	PTN_RETENTION_SESSION,
	PTN_RETENTION_PROMPT
};
enum ptn_sign_alg { PTN_ALG_RS256, PTN_ALG_ES256, PTN_ALG_EDDSA, PTN_ALG__MAX };
enum ptn_user_verification {
	PTN_UV_REQUIRED,
	PTN_UV_PREFERRED,
	PTN_UV_DISCOURAGED
};
enum ptn_acquire {
	PTN_ACQUIRE_ALWAYS,
	PTN_ACQUIRE_CONDITIONAL,
	PTN_ACQUIRE_NEVER
};
enum ptn_device_trust { PTN_TRUST_NEVER, PTN_TRUST_PROMPT, PTN_TRUST_ALWAYS };
enum ptn_conveyance { PTN_CONVEY_NONE, PTN_CONVEY_INDIRECT, PTN_CONVEY_DIRECT };
enum ptn_attachment { PTN_ATTACH_PLATFORM, PTN_ATTACH_CROSS, PTN_ATTACH_ANY };
enum ptn_enumeration { PTN_ENUMERATION_UNIFORM, PTN_ENUMERATION_DOCUMENTED };
enum ptn_password_kernel { PTN_KERNEL_AUTO, PTN_KERNEL_REFERENCE };
enum ptn_mail_transport { PTN_MAIL_SMTP, PTN_MAIL_SENDMAIL };
enum ptn_smtp_tls {
	PTN_TLS_AUTO,
	PTN_TLS_IMPLICIT,
	PTN_TLS_STARTTLS,
	PTN_TLS_NONE
};
enum ptn_db_tls { PTN_DB_TLS_OFF, PTN_DB_TLS_REQUIRED, PTN_DB_TLS_VERIFY };
#define PTN_DB_HOSTS_MAX 8 /* elements of database.hosts */
enum ptn_db_hosts_order { PTN_DB_HOSTS_IN_ORDER, PTN_DB_HOSTS_RANDOM };
enum ptn_db_sync_wait {
	PTN_DB_SYNC_WAIT_NONE,
	PTN_DB_SYNC_WAIT_MOST,
	PTN_DB_SYNC_WAIT_ALL
};
enum ptn_audit_output { PTN_AUDIT_STDOUT, PTN_AUDIT_STDERR };

#endif
