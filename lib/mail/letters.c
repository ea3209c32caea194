#define _GNU_SOURCE /* memfd_create(2) */

#include "lib/mail/letters.h"

#include <sys/mman.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/array.h"
#include "lib/base/home.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"

/* One setting for postern-smtp; an empty one is left out. */
static enum ptn_err
put_setting(FILE *f, const char *name, const char *value)
{
	if (strpbrk(value, "\r\n") != NULL) {
		ptn_error("email_delivery.smtp: a line break in %s", name);
		return PTN_E_CONFIG;
	}
	if (*value != '\0')
		fprintf(f, "%s %s\n", name, value);
	return PTN_OK;
}

static const char *
tls_mode(const struct ptn_conf *cf)
{
	switch ((enum ptn_smtp_tls)cf->smtp_tls) {
	case PTN_TLS_NONE:
		return "none";
	case PTN_TLS_STARTTLS:
		return "starttls";
	case PTN_TLS_IMPLICIT:
		return "implicit";
	case PTN_TLS_AUTO:
		break;
	}
	return cf->smtp_port == 465 ? "implicit" : "starttls";
}

/* Lines of "NAME VALUE". */
static enum ptn_err
put_settings(FILE *f, const struct ptn_conf *cf, const char *from)
{
	const struct {
		const char *name;
		const char *value;
	} setting[] = {
		{ "host", cf->smtp_host },
		{ "tls", tls_mode(cf) },
		{ "user", cf->smtp_user },
		{ "password",
		    cf->smtp_user[0] != '\0' ? cf->smtp_password : "" },
		{ "ca",
		    cf->smtp_ca_file[0] != '\0' ? cf->smtp_ca_file
						: ptn_home_authorities() },
		{ "helo", cf->smtp_helo },
		{ "from", from },
	};
	enum ptn_err r = PTN_OK;
	size_t i;

	for (i = 0; r == PTN_OK && i < PTN_ARRAY_LEN(setting); i++)
		r = put_setting(f, setting[i].name, setting[i].value);
	fprintf(f, "port %lld\n", (long long)cf->smtp_port);
	return r;
}

/* A mail by itself: "to" is one of the settings. */
static enum ptn_err
put_single(FILE *f, const struct ptn_conf *cf, const struct ptn_letters *l)
{
	enum ptn_err r = put_settings(f, cf, l->from);

	if (r == PTN_OK)
		r = put_setting(f, "to", l->one[0].to);
	if (l->one[0].message.p == NULL)
		fputs("only rcpt\n", f);
	fputc('\n', f);
	if (l->one[0].message.p != NULL)
		fwrite(l->one[0].message.p, 1, l->one[0].message.len, f);
	return r;
}

static enum ptn_err
put_several(FILE *f, const struct ptn_conf *cf, const struct ptn_letters *l)
{
	enum ptn_err r = put_settings(f, cf, l->from);
	size_t i;

	fprintf(f, "receipts %zu %" PRIu32 "\n\n", l->at, l->run);
	for (i = 0; r == PTN_OK && i < l->n; i++) {
		r = put_setting(f, "to", l->one[i].to);
		fprintf(f, "size %zu\n\n", l->one[i].message.len);
		fwrite(l->one[i].message.p, 1, l->one[i].message.len, f);
	}
	return r;
}

/* A local program expects the line ends of its own system. */
static void
put_local(FILE *f, struct ptn_bytes message)
{
	size_t i;

	for (i = 0; i < message.len; i++)
		if (message.p[i] != '\r')
			putc(message.p[i], f);
}

enum ptn_err
ptn_letters_input(const struct ptn_conf *cf, const struct ptn_letters *l,
    int *fd)
{
	enum ptn_err r = PTN_OK;
	char buf[BUFSIZ];
	FILE *f = NULL;
	int copy = -1;

	*fd = memfd_create("mail", MFD_CLOEXEC);
	if (*fd >= 0)
		copy = fcntl(*fd, F_DUPFD_CLOEXEC, 3);
	if (copy >= 0 && (f = fdopen(copy, "w")) == NULL)
		close(copy);
	if (f == NULL) {
		ptn_error("mail: no memory file: %s", strerror(errno));
		return PTN_E_INTERNAL;
	}
	/* A buffer of our own, to be wiped: a password passes through. */
	setvbuf(f, buf, _IOFBF, sizeof(buf));
	if (cf->mail_transport == PTN_MAIL_SENDMAIL)
		put_local(f, l->one[0].message);
	else if (l->fd < 0)
		r = put_single(f, cf, l);
	else
		r = put_several(f, cf, l);
	if (ferror(f) != 0)
		r = PTN_E_INTERNAL;
	if (fclose(f) != 0 || lseek(*fd, 0, SEEK_SET) != 0)
		r = r == PTN_OK ? PTN_E_INTERNAL : r;
	ptn_wipe(buf, sizeof(buf));
	return r;
}
