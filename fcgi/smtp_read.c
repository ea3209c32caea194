#include "fcgi/smtp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static const char *const setting_name[PTN_SMTP_SETTING__MAX] = {
	[PTN_SMTP_HOST] = "host",
	[PTN_SMTP_PORT] = "port",
	[PTN_SMTP_TLS] = "tls",
	[PTN_SMTP_USER] = "user",
	[PTN_SMTP_PASSWORD] = "password",
	[PTN_SMTP_CA] = "ca",
	[PTN_SMTP_HELO] = "helo",
	[PTN_SMTP_FROM] = "from",
	[PTN_SMTP_TO] = "to",
	[PTN_SMTP_ONLY] = "only",
	[PTN_SMTP_RECEIPTS] = "receipts",
	[PTN_SMTP_SIZE] = "size",
};

static char *said; /* NULL: standard error */
static size_t said_size;

void
ptn_smtp_say_to(char *buf, size_t size)
{
	said = buf;
	said_size = size;
}

int
ptn_smtp_complain(int status, const char *what, const char *why)
{
	const char *colon = *why != '\0' ? ": " : "";

	if (said != NULL)
		(void)snprintf(said, said_size, "%s%s%s", what, colon, why);
	else
		fprintf(stderr, "%s%s%s\n", what, colon, why);
	return status;
}

int
ptn_smtp_input(char *buf, size_t *len)
{
	ssize_t n;

	*len = 0;
	while ((n = read(0, buf + *len, PTN_SMTP_INPUT_MAX + 1 - *len)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ptn_smtp_complain(EX_TEMPFAIL, "input",
			    strerror(errno));
		*len += (size_t)n;
		if (*len > PTN_SMTP_INPUT_MAX)
			return ptn_smtp_complain(EX_DATAERR,
			    "input is too long", "");
	}
	buf[*len] = '\0';
	return EX_OK;
}

/* Take "NAME VALUE" apart. */
static int
read_setting(struct ptn_smtp_mail *m, char *line)
{
	char *value = strchr(line, ' ');
	int i;

	if (value == NULL)
		return ptn_smtp_complain(EX_CONFIG, "a setting without a value",
		    "");
	*value++ = '\0';
	for (i = 0; i < PTN_SMTP_SETTING__MAX; i++) {
		if (strcmp(setting_name[i], line) == 0) {
			m->setting[i] = value;
			return EX_OK;
		}
	}
	return ptn_smtp_complain(EX_CONFIG, "unknown setting", line);
}

/* Settings up to an empty line, and what follows that. */
static int
read_settings(struct ptn_smtp_mail *m, char *buf, char **rest)
{
	char *line = buf;
	char *lf;
	int r;

	while ((lf = strchr(line, '\n')) != NULL && lf != line) {
		*lf = '\0';
		if ((r = read_setting(m, line)) != EX_OK)
			return r;
		line = lf + 1;
	}
	if (lf == NULL)
		return ptn_smtp_complain(EX_CONFIG, "no message", "");
	*rest = lf + 1;
	return EX_OK;
}

bool
ptn_smtp_next(struct ptn_smtp_mail *m, char **rest, size_t *len)
{
	char *at = *rest, *end;
	size_t size;

	m->setting[PTN_SMTP_TO] = m->setting[PTN_SMTP_SIZE] = "";
	if (*len == 0 || read_settings(m, at, &at) != EX_OK)
		return false;
	*len -= (size_t)(at - *rest);
	size = strtoul(m->setting[PTN_SMTP_SIZE], &end, 10);
	if (end == m->setting[PTN_SMTP_SIZE] || *end != '\0' || size > *len)
		return false;
	m->message = at;
	m->len = size;
	m->sent = 0;
	*rest = at + size;
	*len -= size;
	return true;
}

int
ptn_smtp_mail(struct ptn_smtp_mail *m, char *buf, size_t len)
{
	char *rest = buf;
	int i;
	int r;

	for (i = 0; i < PTN_SMTP_SETTING__MAX; i++)
		m->setting[i] = "";
	if ((r = read_settings(m, buf, &rest)) != EX_OK)
		return r;
	m->message = rest;
	m->len = len - (size_t)(rest - buf);
	if (memchr(m->message, '\0', m->len) != NULL)
		return ptn_smtp_complain(EX_DATAERR,
		    "the message has a NUL in it", "");
	return EX_OK;
}
