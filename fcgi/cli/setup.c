#include "fcgi/cli/setup.h"

#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fcgi/cli/cli.h"
#include "fcgi/cli/context.h"
#include "fcgi/cli/option.h"
#include "fcgi/cli/snippet.h"
#include "lib/conf/conf.h"

#define ARENA_MAX ((size_t)64 * 1024 * 1024) /* of it, what is used */
#define TEXT_MAX 262144			     /* bytes of a configuration */
#define STATUS_OTHER 3			     /* somebody else is at it */
#define SERVICE_USER "postern"

/*
 * "postern setup": from a fresh host to a server that can be started.
 *
 * The answers make a text, which is the configuration that is there with more
 * said in it, or a fresh one.  That lies beside its place, and all that follows
 * is done with it: the database is made, the schema, the keys.  Only then it is
 * put where it belongs.  Whatever fails before leaves the host as it was.
 */

/* ------------------------------------------------------- the configuration */

/* A file as a text; NULL if there is none. */
static const char *
read_text(struct ptn_arena *a, const char *path)
{
	char *text = ptn_arena_alloc(a, TEXT_MAX + 1);
	FILE *f = fopen(path, "re");
	size_t len;

	if (f == NULL || text == NULL)
		return NULL;
	len = fread(text, 1, TEXT_MAX, f);
	text[len] = '\0';
	(void)fclose(f);
	return text;
}

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
	for (i = 0; r == PTN_OK && i < sizeof(more) / sizeof(more[0]); i++) {
		value = s->answer[more[i].q];
		if (value != NULL && value[0] != '\0')
			r = ptn_setup_put(s, more[i].path, value);
	}
	return r;
}

/* Where systemd starts it, that says as whom. */
static bool
has_systemd(void)
{
	return access("/run/systemd/system", F_OK) == 0;
}

static enum ptn_err
put_user(struct ptn_setup *s)
{
	const char *web = s->answer[PTN_SETUP_WEB];
	const char *group = web != NULL ? ptn_snippet_group(web) : NULL;
	const char *const says[][2] = { { "server.user", SERVICE_USER },
		{ group != NULL ? "server.socket.group" : NULL, group },
		{ NULL, NULL } };

	if (has_systemd() || geteuid() != 0 || getpwnam(SERVICE_USER) == NULL)
		return PTN_OK;
	return put_all(s, PTN_SETUP_WEB, says);
}

static enum ptn_err
compose(struct ptn_setup *s)
{
	enum ptn_err r;

	if ((r = put_user(s)) != PTN_OK || (r = put_site(s)) != PTN_OK ||
	    (r = put_name(s)) != PTN_OK || (r = put_mail(s)) != PTN_OK ||
	    (r = put_set(s)) != PTN_OK)
		return r;
	return ptn_setup_database_plan(s);
}

/* ------------------------------------------------------------ what is done */

/*
 * The first look at the keys makes them, and shows whether the secrets open
 * those that are there.
 */
static enum ptn_err
look_at_keys(const struct ptn_setup *s)
{
	struct ptn_cli_context d;
	enum ptn_err r;

	r = ptn_cli_context_open(&d, "setup", PTN_API_HANKO, s->staged, NULL);
	if (r == PTN_OK)
		r = ptn_jwks_refresh(d.sc.keys[d.api], &d.sc, true);
	ptn_cli_context_close(&d);
	if (r == PTN_E_CONFIG)
		(void)fprintf(stderr,
		    "postern: setup: the secrets of this configuration do not "
		    "open the keys in the database: bring secrets.keys along "
		    "from the host that made them\n");
	return r;
}

static enum ptn_err
migrate(const struct ptn_setup *s)
{
	char name[] = "migrate", up[] = "up";
	char *argv[] = { name, up, NULL };

	return ptn_cli_migrate(2, argv, s->staged, NULL) == 0
	    ? PTN_OK
	    : PTN_E_UNAVAILABLE;
}

static enum ptn_err
put_in_place(const struct ptn_setup *s)
{
	const bool new = access(s->file, F_OK) != 0;
	enum ptn_err r;

	if (!new && s->old != NULL && strcmp(s->old, s->text) == 0) {
		(void)printf("%s: %s\n", s->file,
		    ptn_conf_give(s->file) ? "the group postern may read it now"
					   : "nothing to change");
		return PTN_OK;
	}
	/* One that came meanwhile is its owner's, with secrets of its own. */
	r = ptn_conf_write(s->file, s->text, !new && s->old != NULL, stderr);
	if (r == PTN_OK)
		(void)printf("%s: %s\n", s->file, new ? "written" : "changed");
	return r;
}

static enum ptn_err
carry_out(struct ptn_setup *s, const struct ptn_conf *cf)
{
	enum ptn_err r;

	if ((r = ptn_setup_database_make(s, cf)) != PTN_OK)
		return r;
	if ((r = ptn_setup_database_enter(s, cf)) != PTN_OK ||
	    (r = migrate(s)) != PTN_OK || (r = look_at_keys(s)) != PTN_OK ||
	    (r = put_in_place(s)) != PTN_OK)
		ptn_setup_database_undo(s);
	return r;
}

/* --------------------------------------------------------- and what is next */

/* Not installed as a package, and for the first time. */
static void
print_user(const struct ptn_setup *s)
{
	if (geteuid() == 0 && getpwnam(SERVICE_USER) == NULL)
		(void)printf("\tsystemd-sysusers && systemd-tmpfiles --create\n"
			     "\tchgrp " SERVICE_USER " %s && chmod 0640 %s\n",
		    s->file, s->file);
}

/* The service is started, or takes up what has changed. */
static void
print_start(const struct ptn_setup *s, const char *options)
{
	if (!has_systemd() || options[0] != '\0')
		(void)printf("\tpostern%s serve\n", options);
	else if (s->old == NULL || !s->site_was_known)
		(void)fputs("\tsystemctl enable --now postern.socket "
			    "postern.service\n",
		    stdout);
	else
		(void)fputs("\tsystemctl reload-or-restart postern\n", stdout);
}

static void
print_next(const struct ptn_setup *s, const struct ptn_conf *cf)
{
	const char *web = s->answer[PTN_SETUP_WEB];
	const bool usual = strcmp(s->file, ptn_conf_home(NULL)) == 0;
	const char *options =
	    usual ? "" : ptn_arena_printf(s->a, " --config %s", s->file);

	if (options == NULL)
		return;
	(void)printf("\nPasskeys belong to %s, the cookie is %s.\n"
		     "Next, as root:\n\n",
	    cf->rp_id, cf->cookie_name);
	if (has_systemd() && usual)
		print_user(s);
	print_start(s, options);
	if (web == NULL || web[0] == '\0') {
		(void)printf("\tpostern%s snippet apache|lighttpd|nginx\n",
		    options);
		return;
	}
	ptn_snippet_advise(s->a, cf, web, options, stdout);
	(void)printf("\nwhich has %s ask Postern:\n\n", web);
	if (ptn_snippet_print(s->a, cf, web, true, stdout) != PTN_OK)
		(void)fputs("\t(see the examples)\n", stdout);
}

static int
check(const struct ptn_setup *s)
{
	char name[] = "config", what[] = "check";
	char *argv[] = { name, what, NULL };

	return ptn_cli_config(2, argv, s->file, NULL);
}

/* ------------------------------------------------------------ from the top */

static enum ptn_err
name_files(struct ptn_setup *s, const char *conf_path)
{
	s->file = ptn_conf_home(conf_path);
	s->staged = ptn_arena_printf(s->a, "%s.setup", s->file);
	s->lock = ptn_arena_printf(s->a, "%s.lock", s->file);
	return s->staged != NULL && s->lock != NULL ? PTN_OK : PTN_E_NOMEM;
}

/* What is there already, or was left by a run that was cut short. */
static enum ptn_err
begin(struct ptn_setup *s)
{
	const char *origins;

	s->old = read_text(s->a, s->staged);
	s->resumed = s->old != NULL;
	if (s->resumed)
		(void)printf("%s: going on with what was begun\n", s->staged);
	else
		s->old = read_text(s->a, s->file);
	s->text = s->old != NULL ? s->old : ptn_conf_fresh(s->a);
	if (s->text == NULL)
		return PTN_E_NOMEM;
	/* The form asks for all but the secrets: what it has now counts. */
	if (s->first)
		s->old = NULL;
	origins =
	    ptn_conf_set_in(s->a, s->text, "webauthn.relying_party.origins");
	s->site_was_known = s->old != NULL && origins != NULL;
	if (s->site_was_known && !s->given[PTN_SETUP_URL] &&
	    ptn_site_of(s->a, origins, &s->site) != NULL)
		memset(&s->site, 0, sizeof(s->site)); /* one of several */
	return PTN_OK;
}

static enum ptn_err
run(struct ptn_setup *s)
{
	struct ptn_conf *cf = NULL;
	enum ptn_err r;

	if ((r = ptn_setup_ask(s)) != PTN_OK || (r = compose(s)) != PTN_OK ||
	    (r = ptn_conf_write(s->staged, s->text, true, stderr)) != PTN_OK)
		return r;
	r = ptn_conf_load(&cf, s->staged, NULL, stderr);
	if (r == PTN_OK)
		r = carry_out(s, cf);
	if (r == PTN_OK) {
		s->unfit = check(s) != 0;
		print_next(s, cf);
	}
	ptn_conf_free(&cf);
	return r;
}

/* One at a time: two would take each other's file for their own. */
static enum ptn_err
run_alone(struct ptn_setup *s)
{
	enum ptn_err r;

	r = ptn_conf_lock(s->lock, &s->lock_fd, stderr);
	if (r != PTN_OK)
		return r;
	if (s->first && ptn_conf_is_there(s->file)) {
		(void)fprintf(stderr, "%s: is there already\n", s->file);
		return PTN_E_CONFLICT;
	}
	r = begin(s);
	return r == PTN_OK ? run(s) : r;
}

/* What was begun is kept if it was begun before: it has passwords in it. */
static void
leave(struct ptn_setup *s, enum ptn_err r)
{
	if (s->text != NULL && (r == PTN_OK || !s->resumed))
		(void)unlink(s->staged);
	if (r != PTN_OK && s->file != NULL)
		(void)fprintf(stderr, "postern: setup: %s is %s\n", s->file,
		    access(s->file, F_OK) == 0 ? "as it was" : "not written");
	ptn_conf_unlock(s->lock, &s->lock_fd);
}

static int
set_up(int argc, char **argv, const char *conf_path, const char *const *set,
    bool first)
{
	struct ptn_setup s = { .a = ptn_arena_new(ARENA_MAX),
		.set = set,
		.lock_fd = -1,
		.first = first,
		.terminal = isatty(STDIN_FILENO) };
	enum ptn_err r = PTN_E_NOMEM;
	int status = -1;

	ptn_cli_log_begin("setup");
	/* Whoever reads along may leave: what was begun is finished. */
	(void)signal(SIGPIPE, SIG_IGN);
	if (s.a != NULL)
		r = name_files(&s, conf_path);
	if (r == PTN_OK)
		status = ptn_setup_options(&s, argc, argv);
	if (r == PTN_OK && status < 0)
		r = run_alone(&s);
	if (status < 0)
		leave(&s, r);
	ptn_arena_free(&s.a);
	if (status >= 0)
		return status;
	if (r == PTN_OK && s.unfit)
		return 1;
	if (first && (r == PTN_E_BUSY || r == PTN_E_CONFLICT))
		return STATUS_OTHER;
	return r == PTN_OK ? 0 : r == PTN_E_INPUT ? 2 : 1;
}

int
ptn_cli_setup(int argc, char **argv, const char *conf_path,
    const char *const *set)
{
	return set_up(argc, argv, conf_path, set, false);
}

int
ptn_cli_setup_first(int argc, char **argv, const char *conf_path,
    const char *const *set)
{
	return set_up(argc, argv, conf_path, set, true);
}
