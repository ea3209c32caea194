#include "fcgi/cli/setup.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "fcgi/cli/service.h"
#include "fcgi/cli/snippet.h"
#include "lib/base/array.h"
#include "lib/conf/conf.h"

/* What the answers make of the configuration. */

/* Would it be another configuration, if it said that? */
static bool
differs(struct ptn_setup *s, const char *path, const char *value)
{
	const char *is = ptn_conf_set_in(s->a, s->old, path);
	const char *other;

	if (is != NULL)
		return strcmp(is, value) != 0;
	return ptn_conf_edit(s->a, s->old, path, value, &other) == PTN_OK &&
	    ptn_conf_set_in(s->a, other, path) != NULL;
}

/* A word that starts with "file:" is no secret, and the rest is no argument. */
static enum ptn_err
refuse_secret(const char *path)
{
	(void)fprintf(stderr,
	    "postern: setup: --set %s: a secret is seen by others on a command "
	    "line; name a file of it: %s=file:/PATH\n",
	    path, path);
	return PTN_E_INPUT;
}

/* What --set says is to last. */
static enum ptn_err
put_set(struct ptn_setup *s)
{
	const char *const *set = s->set;
	const char *path;
	size_t len;
	enum ptn_err r = PTN_OK;

	for (; r == PTN_OK && set != NULL && *set != NULL; set++) {
		len = strcspn(*set, "=");
		path = ptn_arena_strndup(s->a, *set, len);
		if (path == NULL)
			return PTN_E_NOMEM;
		if ((*set)[len] == '\0')
			return PTN_E_INPUT;
		if (ptn_conf_tells_secret(path, *set + len + 1))
			return refuse_secret(path);
		r = ptn_setup_put(s, path, *set + len + 1);
	}
	return r;
}

/*
 * What goes together, keys and values up to a NULL: all of it, or none if the
 * configuration has an answer to that question.
 */
static enum ptn_err
put_all(struct ptn_setup *s, enum ptn_setup_question q,
    const char *const (*says)[2])
{
	const bool settled = ptn_setup_is_settled(s, q);
	enum ptn_err r = PTN_OK;

	for (; r == PTN_OK && (*says)[0] != NULL; says++) {
		if (!settled && q == PTN_SETUP_URL)
			r = ptn_setup_replace(s, (*says)[0], (*says)[1]);
		else if (!settled)
			r = ptn_setup_put(s, (*says)[0], (*says)[1]);
		else if (differs(s, (*says)[0], (*says)[1]))
			ptn_setup_tell_kept(s, (*says)[0],
			    ptn_conf_set_in(s->a, s->old, (*says)[0]),
			    (*says)[1]);
	}
	return r;
}

static enum ptn_err
put_site(struct ptn_setup *s)
{
	const struct ptn_site *site = &s->site;
	const char *const says[][2] = {
		{ "webauthn.relying_party.id", site->rp_id },
		{ "webauthn.relying_party.origins", site->origin },
		{ "session.cookie.name", site->cookie_name },
		{ "session.cookie.secure", site->cookie_secure },
		{ "server.public.base_path", site->base_path }, { NULL, NULL }
	};

	const char *url = s->answer[PTN_SETUP_URL];
	const char *origins = NULL;

	if (url == NULL)
		return PTN_OK;
	if (ptn_setup_is_settled(s, PTN_SETUP_URL))
		origins = ptn_conf_set_in(s->a, s->old, says[1][0]);
	if (origins != NULL && strcmp(origins, site->origin) != 0)
		(void)printf("%s: is of another site than %s, and --url does "
			     "not move it: its passkeys would be lost; who "
			     "wants that changes by hand:\n",
		    s->file, url);
	return put_all(s, PTN_SETUP_URL, says);
}

static enum ptn_err
put_name(struct ptn_setup *s)
{
	const char *name = s->answer[PTN_SETUP_NAME];
	const char *const says[][2] = { { "service.name", name },
		{ "webauthn.relying_party.display_name", name },
		{ "email_delivery.from_name", name }, { NULL, NULL } };

	return name != NULL ? put_all(s, PTN_SETUP_NAME, says) : PTN_OK;
}

/* HOST:PORT; a server on this host that has no certificate is no risk. */
static enum ptn_err
put_mail_server(struct ptn_setup *s, const char *mail)
{
	const char *port = strrchr(mail, ':');
	size_t len = port != NULL ? (size_t)(port - mail) : strlen(mail);
	const bool v6 = mail[0] == '['; /* its address is without brackets */
	const char *host =
	    ptn_arena_strndup(s->a, mail + v6, len - (v6 ? 2 : 0));
	const bool plain = host != NULL && port != NULL &&
	    strcmp(port, ":25") == 0 && strcmp(host, "localhost") == 0;
	const char *const says[][2] = { { "email_delivery.smtp.host", host },
		{ "email_delivery.smtp.port", port != NULL ? port + 1 : "465" },
		{ plain ? "email_delivery.smtp.tls" : NULL, "none" },
		{ NULL, NULL } };

	return host != NULL ? put_all(s, PTN_SETUP_MAIL, says) : PTN_E_NOMEM;
}

static enum ptn_err
put_mail(struct ptn_setup *s)
{
	static const struct {
		enum ptn_setup_question q;
		const char *path;
	} more[] = {
		{ PTN_SETUP_MAIL_USER, "email_delivery.smtp.user" },
		{ PTN_SETUP_MAIL_PASSWORD, "email_delivery.smtp.password" },
		{ PTN_SETUP_MAIL_FROM, "email_delivery.from_address" },
	};
	const char *mail = s->answer[PTN_SETUP_MAIL], *value;
	enum ptn_err r = PTN_OK;
	size_t i;

	if (mail != NULL && strcmp(mail, "sendmail") == 0)
		r = ptn_setup_put(s, "email_delivery.transport", mail);
	else if (mail != NULL)
		r = put_mail_server(s, mail);
	for (i = 0; r == PTN_OK && i < PTN_ARRAY_LEN(more); i++) {
		value = s->answer[more[i].q];
		if (value == NULL || value[0] == '\0')
			continue;
		r = more[i].q == PTN_SETUP_MAIL_PASSWORD
		    ? ptn_setup_put_secret(s, more[i].path, value)
		    : ptn_setup_put(s, more[i].path, value);
	}
	return r;
}

static enum ptn_err
put_user(struct ptn_setup *s)
{
	const char *web = s->answer[PTN_SETUP_WEB];
	const char *group = web != NULL ? ptn_snippet_group(web) : NULL;
	const char *const says[][2] = { { "server.user", PTN_SETUP_USER },
		{ group != NULL ? "server.socket.group" : NULL, group },
		{ NULL, NULL } };

	/* Where systemd starts it, that says as whom. */
	if (ptn_service_has_systemd() || geteuid() != 0 ||
	    getpwnam(PTN_SETUP_USER) == NULL)
		return PTN_OK;
	return put_all(s, PTN_SETUP_WEB, says);
}

enum ptn_err
ptn_setup_compose(struct ptn_setup *s)
{
	enum ptn_err r;

	if ((r = put_user(s)) != PTN_OK || (r = put_site(s)) != PTN_OK ||
	    (r = put_name(s)) != PTN_OK || (r = put_mail(s)) != PTN_OK ||
	    (r = put_set(s)) != PTN_OK)
		return r;
	return ptn_setup_database_plan(s);
}
