#include "fcgi/cli/from.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fcgi/cli/cli.h"
#include "fcgi/cli/option.h"
#include "fcgi/cli/setup.h"
#include "lib/base/array.h"
#include "lib/conf/conf.h"

#define OPTIONS_MAX 6
#define TITLE_MAX 32 /* bytes of "import-from PROGRAM" */

typedef enum ptn_err (*from_fn)(struct ptn_cli_context *d,
    const struct ptn_cli_from_way *way, struct ptn_cli_source *src);

/* Options that not all of them have. */
enum { TENANT = 1, VERIFIED = 2, SECOND = 4, IS_FILE = 8 };

/* THE table of programs. */
static const struct {
	const char *name;
	from_fn open;
	unsigned int options;
	const char *usage;
	void (*end)(struct ptn_cli_source *src); /* or NULL */
} programs[] = {
	/* clang-format off */
	{ "hanko", ptn_cli_from_hanko, TENANT,
	    "[--tenant ORG] [--from-tenant ID] [--dry-run] "
	    "[--password-file FILE] URL", NULL },
	{ "glewlwyd", ptn_cli_from_glewlwyd, VERIFIED | SECOND,
	    "[--tenant ORG] [--verified] [--second-factor] [--dry-run] "
	    "[--password-file FILE] URL", NULL },
	{ "kratos", ptn_cli_from_kratos, IS_FILE,
	    "[--tenant ORG] [--dry-run] FILE", ptn_cli_from_kratos_end },
	/* clang-format on */
};
#define PROGRAMS PTN_ARRAY_LEN(programs)

/* What the command line says, and the way there. */
struct from {
	size_t which;
	const char *tenant; /* of ours, that gets them */
	const char *password_file;
	const char *place; /* URL of a database */
	bool dry;
	struct ptn_conf *cf; /* ours, but for where the database is */
	struct ptn_cli_from_way way;
};

void
ptn_cli_from_help(FILE *out)
{
	size_t i;

	(void)fputs("programs:\n", out);
	for (i = 0; i < PROGRAMS; i++)
		(void)fprintf(out, "  %s %s\n", programs[i].name,
		    programs[i].usage);
	(void)fputs(
	    "\nFILE has identities as the Admin API of Kratos lists them, "
	    "with their credentials.\n"
	    "URL is mariadb://USER@HOST:PORT/DATABASE, or "
	    "mariadb://USER@/DATABASE?socket=/PATH.\n"
	    "The password is asked for on a terminal, and else read "
	    "from standard input; \"-\" of --password-file is that, "
	    "too.\n",
	    out);
}

/* A password in a URL would show in lists of processes. */
static const char *
what_is_wrong(const char *url)
{
	const char *s = strstr(url, "://");
	const char *colon;
	size_t len;

	if (s == NULL ||
	    (strncmp(url, "mysql://", 8) != 0 &&
		strncmp(url, "mariadb://", 10) != 0))
		return "the URL is not mariadb://USER@HOST/DATABASE";
	s += 3;
	len = strcspn(s, "/?#");
	colon = memchr(s, ':', len);
	if (colon != NULL &&
	    memchr(colon, '@', len - (size_t)(colon - s)) != NULL)
		return "a password does not belong into a URL, which others "
		       "see: it is asked for";
	return NULL;
}

static const char *
ask(struct ptn_cli_context *d, const struct from *f)
{
	struct ptn_arena *a = d->sc.arena;

	if (f->password_file != NULL)
		return ptn_setup_read_file(a, f->password_file);
	return isatty(STDIN_FILENO) == 1
	    ? ptn_setup_read_hidden(a, "password of its database")
	    : ptn_setup_read_line(a, STDIN_FILENO);
}

/* Our configuration, with another database. */
static enum ptn_err
load_other(struct ptn_cli_context *d, struct from *f, const char *conf_path,
    const char *const *set)
{
	struct ptn_arena *a = d->sc.arena;
	const char *password = ask(d, f), **all;
	const char *const other[] = { ptn_arena_printf(a, "database.url=%s",
					  f->place),
		ptn_arena_printf(a, "database.password=%s",
		    password != NULL && password[0] != '\0'
			? ptn_conf_literal(a, password)
			: ""),
		"database.migrate_user=", "database.tls.mode=off",
		"database.tls.ca_file=", "database.tls.cert_file=",
		"database.tls.key_file=", "database.tls.cipher=" };
	size_t i, n = 0;

	if (password == NULL && f->password_file != NULL)
		return ptn_cli_context_fail(d, PTN_E_INPUT,
		    "there is no password in that file");
	while (set != NULL && set[n] != NULL)
		n++;
	all = ptn_arena_calloc(a, n + PTN_ARRAY_LEN(other) + 1, sizeof(*all));
	if (all == NULL || other[0] == NULL || other[1] == NULL)
		return PTN_E_NOMEM;
	if (n > 0)
		memcpy(all, set, n * sizeof(*all));
	for (i = 0; i < PTN_ARRAY_LEN(other); i++)
		all[n + i] = other[i];
	return ptn_conf_load(&f->cf, conf_path, all, stderr);
}

static enum ptn_err
connect_other(struct ptn_cli_context *d, struct from *f)
{
	static const char *const faults[] = {
		[PTN_DB_FAULT_HOST] = "there is no host of that name",
		[PTN_DB_FAULT_SILENT] = "nobody answers there",
		[PTN_DB_FAULT_SHUT] = "it lets nobody in who comes from here",
		[PTN_DB_FAULT_USER] =
		    "it has no such user, or the password is not theirs",
		[PTN_DB_FAULT_MISSING] = "it has no such database",
		[PTN_DB_FAULT_DATABASE] =
		    "its user may not use that database, which they must read",
	};
	enum ptn_db_fault fault;
	enum ptn_err r;

	if ((f->way.db = ptn_db_new(f->cf, PTN_DB_READ)) == NULL)
		return PTN_E_NOMEM;
	ptn_cli_log_hold(true);
	r = ptn_db_connect(f->way.db);
	ptn_cli_log_hold(false);
	if (r == PTN_OK)
		return r;
	fault = ptn_db_fault(f->way.db);
	if ((size_t)fault < PTN_ARRAY_LEN(faults) && faults[fault] != NULL)
		return ptn_cli_context_fail(d, r, faults[fault]);
	ptn_cli_log_tell();
	return r;
}

static enum ptn_err
read_words(struct ptn_cli_context *d, struct from *f, const char *title,
    int argc, char **argv)
{
	const unsigned int has = programs[f->which].options;
	struct ptn_cli_option options[OPTIONS_MAX] = {
		{ "--tenant", &f->tenant, NULL, NULL, 0 },
		{ "--dry-run", NULL, &f->dry, NULL, 0 },
	};
	size_t n = 2;

	if ((has & IS_FILE) == 0)
		options[n++] = (struct ptn_cli_option){ "--password-file",
			&f->password_file, NULL, NULL, 0 };
	if ((has & TENANT) != 0)
		options[n++] = (struct ptn_cli_option){ "--from-tenant",
			&f->way.tenant, NULL, NULL, 0 };
	if ((has & VERIFIED) != 0)
		options[n++] = (struct ptn_cli_option){ "--verified", NULL,
			&f->way.verified, NULL, 0 };
	if ((has & SECOND) != 0)
		options[n++] = (struct ptn_cli_option){ "--second-factor", NULL,
			&f->way.second_factor, NULL, 0 };
	d->misused = ptn_cli_options(title, options, n, &argc, argv) >= 0 ||
	    ptn_cli_words(title, (has & IS_FILE) != 0 ? "FILE" : "URL", 1, 1,
		argc, argv) >= 0;
	f->place = argv[1];
	f->way.path = argv[1];
	return d->misused ? PTN_E_INPUT : PTN_OK;
}

/* To where the users are, if that is a database. */
static enum ptn_err
reach(struct ptn_cli_context *d, struct from *f, const char *conf_path,
    const char *const *set)
{
	const char *why;
	enum ptn_err r;

	if ((programs[f->which].options & IS_FILE) != 0)
		return PTN_OK;
	if ((why = what_is_wrong(f->place)) != NULL)
		return ptn_cli_context_fail(d, PTN_E_INPUT, why);
	r = load_other(d, f, conf_path, set);
	return r == PTN_OK ? connect_other(d, f) : r;
}

static enum ptn_err
bring(struct ptn_cli_context *d, struct from *f, const char *conf_path,
    const char *const *set)
{
	struct ptn_cli_source src;
	enum ptn_err r;

	if ((r = ptn_cli_context_tenant(d, f->tenant)) != PTN_OK ||
	    (r = reach(d, f, conf_path, set)) != PTN_OK)
		return r;
	r = programs[f->which].open(d, &f->way, &src);
	ptn_arena_reset(d->sc.arena);
	if (r == PTN_OK)
		r = ptn_cli_import(d, &src, f->dry);
	if (programs[f->which].end != NULL)
		programs[f->which].end(&src);
	return r;
}

int
ptn_cli_from(int argc, char **argv, const char *conf_path,
    const char *const *set)
{
	struct from f = { .which = 0 };
	const char *names[PROGRAMS];
	char title[TITLE_MAX];
	struct ptn_cli_context d;
	enum ptn_err r;
	size_t i;
	int which;

	for (i = 0; i < PROGRAMS; i++)
		names[i] = programs[i].name;
	which = ptn_cli_verb("import-from", names, PROGRAMS, argc, argv);
	if (which < 0)
		return 2;
	f.which = (size_t)which;
	(void)snprintf(title, sizeof(title), "import-from %s", names[which]);
	r = ptn_cli_context_open(&d, "import-from", PTN_API_HANKO, conf_path,
	    set);
	if (r == PTN_OK)
		r = read_words(&d, &f, title, argc - 1, argv + 1);
	if (r == PTN_OK)
		r = bring(&d, &f, conf_path, set);
	ptn_db_free(&f.way.db);
	ptn_conf_free(&f.cf);
	ptn_cli_context_close(&d);
	if (d.misused)
		return 2;
	if (r != PTN_OK)
		ptn_cli_failed(title, r, d.why);
	return r == PTN_OK ? 0 : 1;
}
