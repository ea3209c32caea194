#include "fcgi/cli/cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#include "fcgi/cli/context.h"
#include "fcgi/cli/option.h"
#include "fcgi/cli/print.h"
#include "lib/account/adminkey.h"
#include "lib/account/tenant.h"
#include "lib/base/array.h"
#include "lib/base/clock.h"

#define S_PER_DAY 86400
#define DAYS_MAX 36500

/* What the command line says. */
struct words {
	const char *name;
	const char *tenant;  /* NULL: for all of them */
	const char *expires; /* NULL: never */
	bool read_only;
	int64_t expires_at_us;
};

/* Days from now, or a time that is still to come. */
static bool
read_expiry(struct words *w)
{
	const int64_t now = ptn_clock_us();
	char *end;
	long days;

	if (w->expires == NULL)
		return true;
	if (ptn_clock_parse(ptn_bytes_of(w->expires), &w->expires_at_us))
		return w->expires_at_us > now;
	errno = 0;
	days = strtol(w->expires, &end, 10);
	w->expires_at_us = now + days * S_PER_DAY * PTN_US_PER_S;
	return errno == 0 && end != w->expires && *end == '\0' && days >= 1 &&
	    days <= DAYS_MAX;
}

/* The only time that the key is ever seen. */
static enum ptn_err
create(struct ptn_cli_context *d, const struct words *w)
{
	struct ptn_adminkey key = { .name = w->name,
		.read_only = w->read_only,
		.expires_at_us = w->expires_at_us };
	struct ptn_org_row org;
	char *text;
	enum ptn_err r;

	if (w->tenant != NULL) {
		r = ptn_cli_context_org(d, w->tenant, &org);
		if (r != PTN_OK)
			return r;
		key.tenant_id = org.id;
	}
	if ((r = ptn_adminkey_create(&d->sc, &key, &text)) == PTN_OK)
		(void)printf("%s\n", text);
	return r;
}

/* One line a key, oldest first. */
static enum ptn_err
list(struct ptn_cli_context *d, const struct words *w)
{
	struct ptn_adminkey *key;
	enum ptn_err r;
	size_t i, n;

	(void)w;
	if ((r = ptn_adminkeys(&d->sc, &key, &n)) != PTN_OK)
		return r;
	(void)printf("%-24s  %-7s  %-6s  %-20s  %-20s  %s\n", "NAME", "STATE",
	    "MAY", "CREATED", "EXPIRES", "TENANT");
	for (i = 0; i < n; i++) {
		(void)printf("%-24s  %-7s  %-6s", key[i].name,
		    key[i].expired ? "expired" : "good",
		    key[i].read_only ? "read" : "change");
		ptn_cli_print_time(key[i].created_at_us);
		ptn_cli_print_time(key[i].expires_at_us);
		(void)fputs("  ", stdout);
		ptn_cli_print_line(key[i].org);
	}
	return PTN_OK;
}

static enum ptn_err
revoke(struct ptn_cli_context *d, const struct words *w)
{
	return ptn_adminkey_revoke(&d->sc, w->name);
}

/* THE table of what may be done with them. */
static const struct {
	const char *title;
	int words;
	size_t options; /* the first of them */
	enum ptn_err (*run)(struct ptn_cli_context *d, const struct words *w);
} verbs[] = {
	{ "admin-key create", 1, 3, create },
	{ "admin-key list", 0, 0, list },
	{ "admin-key revoke", 1, 0, revoke },
};
#define VERBS PTN_ARRAY_LEN(verbs)

void
ptn_cli_admin_key_help(FILE *out)
{
	(void)fputs(
	    "  admin-key create NAME [OPTION]...  make a key and print "
	    "it, this once\n"
	    "  admin-key list                     list the keys\n"
	    "  admin-key revoke NAME              end one at once\n\n"
	    "options of create:\n"
	    "  --tenant NAME        for one organisation alone\n"
	    "  --read-only          nothing can be changed with it\n"
	    "  --expires DAYS|TIME  until then; for ever, if not given\n",
	    out);
}

/* -1 if it cannot be meant. */
static int
read_words(int argc, char **argv, struct words *w)
{
	const struct ptn_cli_option options[] = {
		{ "--tenant", &w->tenant, NULL, NULL, 0 },
		{ "--expires", &w->expires, NULL, NULL, 0 },
		{ "--read-only", NULL, &w->read_only, NULL, 0 },
	};
	const char *titles[VERBS];
	size_t i;
	int verb;

	for (i = 0; i < VERBS; i++)
		titles[i] = verbs[i].title;
	verb = ptn_cli_verb("admin-key", titles, VERBS, argc, argv);
	if (verb < 0 ||
	    ptn_cli_options(titles[verb], options, verbs[verb].options, &argc,
		argv) >= 0 ||
	    ptn_cli_words(titles[verb], "NAME", verbs[verb].words,
		verbs[verb].words, argc - 1, argv + 1) >= 0)
		return -1;
	w->name = argv[2];
	if (read_expiry(w))
		return verb;
	(void)ptn_cli_complain(titles[verb],
	    "--expires: 1 to %d days, or a time to come, as "
	    "2030-01-31T12:00:00Z",
	    DAYS_MAX);
	return -1;
}

static const char *
explain(enum ptn_err r)
{
	if (r == PTN_E_INPUT)
		return "that is no name for it: 1 to 48 letters, digits and "
		       "\"._-\"";
	if (r == PTN_E_CONFLICT)
		return "there is a key of that name";
	if (r == PTN_E_NOT_FOUND)
		return "there is no such key";
	return NULL;
}

/* It is on record with the default tenant, unless it is for another one. */
static enum ptn_err
run(struct ptn_cli_context *d, int verb, const struct words *w)
{
	struct ptn_org_row org;
	enum ptn_err r;

	if ((r = ptn_cli_context_org(d, PTN_TENANT_DEFAULT, &org)) != PTN_OK)
		return r;
	r = verbs[verb].run(d, w);
	return r == PTN_OK || d->why != NULL
	    ? r
	    : ptn_cli_context_fail(d, r, explain(r));
}

int
ptn_cli_admin_key(int argc, char **argv, const char *conf_path,
    const char *const *set)
{
	struct words w = { .name = NULL };
	struct ptn_cli_context d;
	const int verb = read_words(argc, argv, &w);
	enum ptn_err r;

	if (verb < 0)
		return 2;
	r = ptn_cli_context_open(&d, "admin-key", PTN_API_HANKO, conf_path,
	    set);
	if (r == PTN_OK)
		r = run(&d, verb, &w);
	if (r != PTN_OK)
		ptn_cli_failed(verbs[verb].title, r, d.why);
	ptn_cli_context_close(&d);
	return r == PTN_OK ? 0 : 1;
}
