#include "fcgi/unset_form.h"

#include <string.h>

#include "lib/base/array.h"
#include "lib/format/form.h"
#include "lib/format/url.h"

#define VALUE_MAX 1000 /* bytes of a field */

/* THE table of what the page asks. */
/* clang-format off */
const struct ptn_unset_form_question
ptn_unset_form_questions[PTN_UNSET__MAX] = {
	[PTN_UNSET_TOKEN] = { .name = "token" },
	[PTN_UNSET_SENT] = { .name = "sent" },
	[PTN_UNSET_URL] = { "url", "The site",
	    "Address of the login server",
	    "Passkeys belong to its domain: it stays.",
	    "url", "url", "Say the address, beginning with https://." },
	[PTN_UNSET_NAME] = { "name", NULL,
	    "Name of the site (optional)",
	    "Mails and passkeys show it to people. Without one, it is the domain.",
	    "text", "organization", NULL },
	[PTN_UNSET_DB_HOST] = { "db_host", "The database",
	    "Server",
	    "Your provider names it: a host, a host and a port as db.example.org:3307, or the path of a socket.",
	    "text", "off", "Say where the database is." },
	[PTN_UNSET_DB_NAME] = { "db_name", NULL,
	    "Name of the database", NULL,
	    "text", "off", "Say the name of the database." },
	[PTN_UNSET_DB_USER] = { "db_user", NULL,
	    "User of the database", NULL,
	    "text", "off", "Say the user of the database." },
	[PTN_UNSET_DB_PASSWORD] = { "db_password", NULL,
	    "Password of that user", NULL,
	    "password", "off", NULL },
	[PTN_UNSET_MAIL] = { "mail", "Mail", "How it is sent", NULL, "radio", NULL,
	    NULL },
	[PTN_UNSET_MAIL_HOST] = { "mail_host", NULL,
	    "Mail server (SMTP)",
	    "A host, or a host and a port as mail.example.org:465.",
	    "text", "off", NULL },
	[PTN_UNSET_MAIL_USER] = { "mail_user", NULL,
	    "User there (SMTP)", NULL,
	    "text", "off", NULL },
	[PTN_UNSET_MAIL_PASSWORD] = { "mail_password", NULL,
	    "Password of that user (SMTP)", NULL,
	    "password", "off", NULL },
	[PTN_UNSET_MAIL_FROM] = { "mail_from", NULL,
	    "Sender of mails (optional)",
	    "An address of yours. Without one, it is noreply at the domain.",
	    "email", "off", NULL },
};
/* clang-format on */

enum ptn_err
ptn_unset_form_read(struct ptn_unset_form *f, struct ptn_arena *a,
    struct ptn_bytes body)
{
	const char *names[PTN_UNSET__MAX];
	enum ptn_err r;
	size_t i;

	memset(f, 0, sizeof(*f));
	for (i = 0; i < PTN_UNSET__MAX; i++)
		names[i] = ptn_unset_form_questions[i].name;
	r = ptn_form_read(a, body, names, PTN_UNSET__MAX, f->value);
	for (i = 0; i < PTN_UNSET__MAX; i++)
		if (f->value[i] == NULL)
			f->value[i] = "";
	return r;
}

bool
ptn_unset_form_by_smtp(const struct ptn_unset_form *f)
{
	return strcmp(f->value[PTN_UNSET_MAIL], "smtp") == 0;
}

/* A host, with a port or without, or the path of a socket. */
static bool
is_server(const char *s)
{
	const char *port = strrchr(s, ':');
	const size_t len = port != NULL ? (size_t)(port - s) : strlen(s);

	return s[0] == '/' ||
	    (ptn_url_host_ok(s, len) &&
		(port == NULL || ptn_url_port_ok(port + 1)));
}

static void
check_mail(struct ptn_unset_form *f)
{
	if (!ptn_unset_form_by_smtp(f)) {
		if (strcmp(f->value[PTN_UNSET_MAIL], "sendmail") != 0)
			f->error[PTN_UNSET_MAIL] = "Choose one of the two.";
		return;
	}
	if (f->value[PTN_UNSET_MAIL_HOST][0] == '\0')
		f->error[PTN_UNSET_MAIL_HOST] = "Say the mail server.";
	if (f->value[PTN_UNSET_MAIL_USER][0] != '\0' &&
	    f->value[PTN_UNSET_MAIL_PASSWORD][0] == '\0')
		f->error[PTN_UNSET_MAIL_PASSWORD] =
		    "Say the password of the user there.";
}

bool
ptn_unset_form_complete(struct ptn_unset_form *f)
{
	bool complete = true;
	size_t i;

	check_mail(f);
	if (!is_server(f->value[PTN_UNSET_DB_HOST]))
		f->error[PTN_UNSET_DB_HOST] =
		    "This is neither a host nor the path of a socket.";
	for (i = 0; i < PTN_UNSET__MAX; i++) {
		if (f->value[i][0] == '\0' &&
		    ptn_unset_form_questions[i].missing != NULL)
			f->error[i] = ptn_unset_form_questions[i].missing;
		else if (strlen(f->value[i]) > VALUE_MAX)
			f->error[i] = "This is too long.";
		complete = complete && f->error[i] == NULL;
	}
	return complete;
}
