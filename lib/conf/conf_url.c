#include "lib/base/array.h"
#include "lib/base/hex.h"
#include "lib/conf/conf_row.h"

#include <string.h>

/*
 * database.url: mysql://user:password@host:port/name?socket=/path (RFC 3986),
 * and what other programs have behind the "?" to ask for TLS.
 * "(host:port)" in brackets, as Go's driver writes it, is understood too.
 */

/* Percent-decoded text; NULL if it is malformed or decodes to a control. */
static const char *
decode(struct ptn_arena *a, const char *s, size_t len)
{
	char *out = ptn_arena_alloc(a, len + 1);
	size_t i, n = 0;
	int c;

	if (out == NULL)
		return NULL;
	for (i = 0; i < len; i++) {
		c = (unsigned char)s[i];
		if (c == '%') {
			if (len - i < 3 || ptn_hex_digit(s[i + 1]) < 0 ||
			    ptn_hex_digit(s[i + 2]) < 0)
				return NULL;
			c = ptn_hex_digit(s[i + 1]) * 16 +
			    ptn_hex_digit(s[i + 2]);
			i += 2;
		}
		if (c < 0x20 || c == 0x7f)
			return NULL;
		out[n++] = (char)c;
	}
	out[n] = '\0';
	return out;
}

/* Decode into a member; an empty part leaves it alone. */
static bool
take(struct ptn_conf_load *ld, const char *s, size_t len, const char **member)
{
	const char *text;

	if (len == 0)
		return true;
	text = decode(ld->keep, s, len);
	if (text == NULL)
		return false;
	*member = text;
	return true;
}

static bool
take_user(struct ptn_conf_load *ld, const char *s, size_t len)
{
	const char *colon = memchr(s, ':', len);
	size_t user = colon != NULL ? (size_t)(colon - s) : len;

	if (!take(ld, s, user, &ld->cf->db_user))
		return false;
	if (colon == NULL)
		return true;
	return take(ld, colon + 1, len - user - 1, &ld->cf->db_password);
}

static bool
take_port(struct ptn_conf_load *ld, const char *s, size_t len)
{
	int64_t port = 0;
	size_t i;

	for (i = 0; i < len && port <= 65535; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		port = port * 10 + (s[i] - '0');
	}
	if (len > 0 && (port < 1 || port > 65535))
		return false;
	if (len > 0)
		ld->cf->db_port = port;
	return true;
}

static bool
take_host(struct ptn_conf_load *ld, const char *s, size_t len)
{
	const char *end;
	size_t host;

	if (len >= 2 && s[0] == '(' && s[len - 1] == ')') {
		s++;
		len -= 2;
	}
	if (len > 0 && s[0] == '[') { /* an IPv6 address */
		end = memchr(s, ']', len);
		if (end == NULL)
			return false;
		host = (size_t)(end - s);
		if (!take(ld, s + 1, host - 1, &ld->cf->db_host))
			return false;
		s += host + 1;
		len -= host + 1;
	} else {
		end = memchr(s, ':', len);
		host = end != NULL ? (size_t)(end - s) : len;
		if (!take(ld, s, host, &ld->cf->db_host))
			return false;
		s += host;
		len -= host;
	}
	if (len == 0)
		return true;
	return s[0] == ':' && take_port(ld, s + 1, len - 1);
}

/*
 * What the drivers of other languages call TLS in such an URL: names and
 * values in lower case, without "-" and "_".  "ssl" alone never meant more
 * than that nobody listens; "tls" is of Go, where it verifies.
 */
static const struct {
	const char *name;
	const char *value;
	enum ptn_db_tls mode;
} tls_words[] = {
	{ "tls", "true", PTN_DB_TLS_VERIFY },
	{ "tls", "skipverify", PTN_DB_TLS_REQUIRED },
	{ "tls", "false", PTN_DB_TLS_OFF },
	{ "ssl", "true", PTN_DB_TLS_REQUIRED },
	{ "ssl", "1", PTN_DB_TLS_REQUIRED },
	{ "ssl", "false", PTN_DB_TLS_OFF },
	{ "ssl", "0", PTN_DB_TLS_OFF },
	{ "usessl", "true", PTN_DB_TLS_REQUIRED },
	{ "usessl", "false", PTN_DB_TLS_OFF },
	{ "requiressl", "true", PTN_DB_TLS_REQUIRED },
	{ "requiressl", "false", PTN_DB_TLS_OFF },
	{ "ssldisabled", "true", PTN_DB_TLS_OFF },
	{ "sslmode", "disable", PTN_DB_TLS_OFF },
	{ "sslmode", "disabled", PTN_DB_TLS_OFF },
	{ "sslmode", "trust", PTN_DB_TLS_REQUIRED },
	{ "sslmode", "require", PTN_DB_TLS_REQUIRED },
	{ "sslmode", "required", PTN_DB_TLS_REQUIRED },
	{ "sslmode", "verifyca", PTN_DB_TLS_VERIFY }, /* and the name */
	{ "sslmode", "verifyfull", PTN_DB_TLS_VERIFY },
	{ "sslmode", "verifyidentity", PTN_DB_TLS_VERIFY },
	{ "sslverifycert", "true", PTN_DB_TLS_VERIFY },
	{ "sslverifyidentity", "true", PTN_DB_TLS_VERIFY },
	{ "sslverifyservercert", "true", PTN_DB_TLS_VERIFY },
	{ "verifyservercertificate", "true", PTN_DB_TLS_VERIFY },
};

/* And the files and ciphers for it. */
static const struct {
	const char *name;
	size_t member;
} tls_texts[] = {
	{ "sslca", offsetof(struct ptn_conf, db_tls_ca) },
	{ "sslrootcert", offsetof(struct ptn_conf, db_tls_ca) },
	{ "sslcert", offsetof(struct ptn_conf, db_tls_cert) },
	{ "sslkey", offsetof(struct ptn_conf, db_tls_key) },
	{ "sslcipher", offsetof(struct ptn_conf, db_tls_cipher) },
};

#define WORD_MAX 32

/* A name or value as the tables have it; cut, it is none of them. */
static void
fold(const char *s, size_t len, char out[WORD_MAX])
{
	size_t i, n = 0;

	for (i = 0; i < len && n < WORD_MAX - 1; i++)
		if (s[i] != '-' && s[i] != '_')
			out[n++] = s[i] >= 'A' && s[i] <= 'Z'
			    ? (char)(s[i] - 'A' + 'a')
			    : s[i];
	out[n] = '\0';
}

/* The stronger one counts. */
static void
take_mode(struct ptn_conf_load *ld, enum ptn_db_tls mode, bool *off)
{
	if (mode == PTN_DB_TLS_OFF)
		*off = true;
	if ((int)mode > ld->cf->db_tls)
		ld->cf->db_tls = (int)mode;
}

/* A parameter that has to do with TLS: understood, or refused. */
static bool
take_tls(struct ptn_conf_load *ld, const char *name, const char *s, size_t len,
    bool *off)
{
	char value[WORD_MAX];
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(tls_texts); i++)
		if (strcmp(tls_texts[i].name, name) == 0)
			return take(ld, s, len,
			    (const char **)((char *)ld->cf +
				tls_texts[i].member));
	fold(s, len, value);
	for (i = 0; i < PTN_ARRAY_LEN(tls_words); i++)
		if (strcmp(tls_words[i].name, name) == 0 &&
		    strcmp(tls_words[i].value, value) == 0) {
			take_mode(ld, tls_words[i].mode, off);
			return true;
		}
	return false;
}

static bool
is_tls(const char *name)
{
	return strstr(name, "ssl") != NULL || strstr(name, "tls") != NULL ||
	    strstr(name, "verify") != NULL;
}

/* It may be a piece of a password, so that it is not shown. */
static void
refuse_tls(struct ptn_conf_load *ld)
{
	ptn_conf_fault(ld, &ld->cf->db_url,
	    "has something to do with TLS that is not understood, or "
	    "says two things: see database.tls.mode");
}

/*
 * "name=value".
 *
 * off	is set if it says that there is no TLS
 */
static bool
take_parameter(struct ptn_conf_load *ld, const char *s, size_t len, bool *off)
{
	const char *eq = memchr(s, '=', len);
	const size_t n = eq != NULL ? (size_t)(eq - s) : len;
	const char *value = eq != NULL ? eq + 1 : s + len;
	char name[WORD_MAX];

	fold(s, n, name);
	if (strcmp(name, "socket") == 0 && eq != NULL)
		return take(ld, value, len - n - 1, &ld->cf->db_socket);
	if (!is_tls(name)) {
		ptn_conf_warn(ld, &ld->cf->db_url,
		    "parameters other than socket and those of TLS are "
		    "ignored");
		return true;
	}
	if (eq == NULL || !take_tls(ld, name, value, len - n - 1, off))
		refuse_tls(ld);
	return true;
}

/* That there is no TLS, and is, cannot both be, in whatever order. */
static bool
take_query(struct ptn_conf_load *ld, const char *s)
{
	bool off = false;
	size_t len;

	for (; *s != '\0'; s += len + (s[len] == '&' ? 1 : 0)) {
		len = strcspn(s, "&");
		if (len > 0 && !take_parameter(ld, s, len, &off))
			return false;
	}
	if (off && ld->cf->db_tls != (int)PTN_DB_TLS_OFF)
		refuse_tls(ld);
	return true;
}

/* s: all behind "scheme://". */
static bool
take_url(struct ptn_conf_load *ld, const char *s)
{
	size_t len = strcspn(s, "/?#");
	const char *p, *at = NULL;

	/* Passwords are often not encoded: the last @ is the one. */
	for (p = s; p < s + len; p++)
		if (*p == '@')
			at = p;
	ld->cf->db_socket = "";
	if (at != NULL && !take_user(ld, s, (size_t)(at - s)))
		return false;
	p = at != NULL ? at + 1 : s;
	if (!take_host(ld, p, (size_t)(s + len - p)))
		return false;
	s += len;
	if (*s == '/') {
		s++;
		len = strcspn(s, "/?#");
		if (!take(ld, s, len, &ld->cf->db_name))
			return false;
		s += len;
	}
	if (*s == '?')
		return take_query(ld, s + 1);
	return *s == '\0';
}

/* A "/", "?", "#" or "%" stands before the "@", where only %XX may. */
static bool
is_unescaped(const char *s)
{
	const char *at = strrchr(s, '@');
	const char *p;

	for (p = s; at != NULL && p < at; p++)
		if (strchr("/?#", *p) != NULL ||
		    (*p == '%' &&
			(ptn_hex_digit(p[1]) < 0 || ptn_hex_digit(p[2]) < 0)))
			return true;
	return false;
}

void
ptn_conf_url(struct ptn_conf_load *ld)
{
	const char *url = ld->cf->db_url;

	if (url[0] == '\0')
		return;
	if (strncmp(url, "mysql://", 8) != 0 &&
	    strncmp(url, "mariadb://", 10) != 0) {
		ptn_conf_fault(ld, &ld->cf->db_url,
		    "Postern needs MariaDB: mariadb://user:password@host/name");
		return;
	}
	if (!take_url(ld, strstr(url, "://") + 3))
		ptn_conf_fault(ld, &ld->cf->db_url,
		    "is not mariadb://user:password@host:port/name%s",
		    is_unescaped(strstr(url, "://") + 3)
			? "; in a password write %2F for /, %3F for ?, %23 "
			  "for # and %25 for %"
			: "");
}
