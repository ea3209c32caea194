#include "fcgi/cli/cli.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "fcgi/cli/context.h"
#include "fcgi/cli/option.h"
#include "fcgi/cli/print.h"
#include "fcgi/cli/user.h"
#include "fcgi/jsonval.h"
#include "lib/account/operator.h"
#include "lib/base/array.h"

/* What the command line says. */
struct words {
	const char *who;
	const char *tenant; /* NULL: a user of the default one */
	bool read_only;
	bool json;
};

/*
 * What there is to do before they can come in; or what they come in by, which
 * whoever marks them is to know.
 */
static void
tell(const struct ptn_operator_passkey *key, size_t n)
{
	size_t i;

	if (n == 0) {
		(void)puts("They have no passkey yet: mark them again when "
			   "they have one.");
		return;
	}
	(void)printf("%zu of their passkeys %s the way; one that is added "
		     "later does not.\n"
		     "If one of them is not theirs, remove the mark, and then "
		     "that passkey.\n\n  %-20s  %-20s  %s\n",
	    n, n == 1 ? "opens" : "open", "MADE", "LAST USED", "NAME");
	for (i = 0; i < n; i++) {
		ptn_cli_print_time(key[i].created_at_us);
		ptn_cli_print_time(key[i].last_used_at_us);
		(void)fputs("  ", stdout);
		ptn_cli_print_line(key[i].name);
	}
}

/* Who is of the default tenant, which is not named, is for all of them. */
static enum ptn_err
add(struct ptn_cli_context *d, const struct words *w)
{
	struct ptn_operator_passkey *key;
	struct ptn_uuid user;
	enum ptn_err r;
	size_t n;

	if ((r = ptn_cli_user_find(d, w->who, &user)) != PTN_OK)
		return r;
	r = ptn_operator_add(&d->sc, &user, w->tenant == NULL, w->read_only,
	    &key, &n);
	if (r == PTN_OK)
		tell(key, n);
	return r;
}

static enum ptn_err
take_away(struct ptn_cli_context *d, const struct words *w)
{
	struct ptn_uuid user;
	enum ptn_err r;

	if ((r = ptn_cli_user_find(d, w->who, &user)) != PTN_OK)
		return r;
	r = ptn_operator_remove(&d->sc, &user);
	return r == PTN_E_NOT_FOUND
	    ? ptn_cli_context_fail(d, r, "they are no operator")
	    : r;
}

static void
write_one(struct ptn_jsonw *w, const struct ptn_operator *o)
{
	ptn_jsonw_object(w, NULL);
	ptn_jsonval_uuid(w, "user_id", &o->user_id);
	if (o->username != NULL)
		ptn_jsonw_str(w, "username", o->username);
	if (o->address != NULL)
		ptn_jsonw_str(w, "email", o->address);
	ptn_jsonw_str(w, "tenant", o->tenant);
	ptn_jsonw_bool(w, "everywhere", o->everywhere);
	ptn_jsonw_bool(w, "read_only", o->read_only);
	ptn_jsonw_bool(w, "locked", o->locked);
	ptn_jsonval_time(w, "marked_at", o->marked_at_us);
	ptn_jsonw_int(w, "passkeys", o->passkeys);
	ptn_jsonw_int(w, "sessions", o->sessions);
	ptn_jsonw_end_object(w);
}

static enum ptn_err
print_json(struct ptn_cli_context *d, const struct ptn_operator *o, size_t n)
{
	struct ptn_jsonw w;
	size_t i;

	ptn_jsonw_init(&w, d->sc.arena);
	ptn_jsonw_array(&w, NULL);
	for (i = 0; i < n; i++)
		write_one(&w, &o[i]);
	ptn_jsonw_end_array(&w);
	return ptn_cli_print_json(&w);
}

static void
print_one(const struct ptn_operator *o)
{
	char id[PTN_UUID_STR];

	ptn_uuid_format(&o->user_id, id);
	(void)printf("%s  %-6s  %-6s  %8" PRId64 "  %8" PRId64, id,
	    o->locked ? "locked" : "open", o->read_only ? "read" : "change",
	    o->passkeys, o->sessions);
	ptn_cli_print_time(o->marked_at_us);
	(void)fputs("  ", stdout);
	ptn_cli_print_text(o->everywhere ? "all" : o->tenant);
	(void)fputs("  ", stdout);
	ptn_cli_print_line(o->address != NULL ? o->address : o->username);
}

/* One line each, oldest first. */
static enum ptn_err
list(struct ptn_cli_context *d, const struct words *w)
{
	struct ptn_operator *o;
	enum ptn_err r;
	size_t i, n;

	if ((r = ptn_operators(&d->sc, &o, &n)) != PTN_OK)
		return r;
	if (w->json)
		return print_json(d, o, n);
	(void)printf("%-36s  %-6s  %-6s  %8s  %8s  %-20s  %s\n", "ID", "STATE",
	    "MAY", "PASSKEYS", "SESSIONS", "MARKED", "TENANT, WHO");
	for (i = 0; i < n; i++)
		print_one(&o[i]);
	return PTN_OK;
}

#define OPTIONS 2

/* THE table of what may be done about them, with the options of each. */
static const struct {
	const char *title;
	int words;
	const char *option[OPTIONS];
	enum ptn_err (*run)(struct ptn_cli_context *d, const struct words *w);
} verbs[] = {
	{ "operator add", 1, { "--tenant", "--read-only" }, add },
	{ "operator remove", 1, { "--tenant" }, take_away },
	{ "operator list", 0, { "--json" }, list },
};
#define VERBS PTN_ARRAY_LEN(verbs)

void
ptn_cli_operator_help(FILE *out)
{
	(void)fputs(
	    "  operator add [--tenant ORG] [--read-only] WHO  mark a user as "
	    "an operator\n"
	    "  operator remove [--tenant ORG] WHO             take the mark "
	    "away\n"
	    "  operator list [--json]                         list them\n\n"
	    "WHO is the id, an address or the username of a user.\n"
	    "A user of ORG is an operator of that organisation; without it, "
	    "one of the\ndefault organisation is an operator of all.\n"
	    "They log in by the passkeys that they have when they are "
	    "marked.\n",
	    out);
}

static size_t
options_of(size_t verb, struct words *w, struct ptn_cli_option *out)
{
	const struct ptn_cli_option all[] = {
		{ "--tenant", &w->tenant, NULL, NULL, 0 },
		{ "--read-only", NULL, &w->read_only, NULL, 0 },
		{ "--json", NULL, &w->json, NULL, 0 },
	};
	size_t i, j, n = 0;

	for (i = 0; i < OPTIONS && verbs[verb].option[i] != NULL; i++)
		for (j = 0; j < PTN_ARRAY_LEN(all); j++)
			if (strcmp(all[j].name, verbs[verb].option[i]) == 0)
				out[n++] = all[j];
	return n;
}

/* -1 if it cannot be meant. */
static int
read_words(int argc, char **argv, struct words *w)
{
	struct ptn_cli_option options[OPTIONS];
	const char *titles[VERBS];
	size_t i, n;
	int verb;

	for (i = 0; i < VERBS; i++)
		titles[i] = verbs[i].title;
	verb = ptn_cli_verb("operator", titles, VERBS, argc, argv);
	if (verb < 0)
		return -1;
	n = options_of((size_t)verb, w, options);
	if (ptn_cli_options(titles[verb], options, n, &argc, argv) >= 0 ||
	    ptn_cli_words(titles[verb], "WHO", verbs[verb].words,
		verbs[verb].words, argc - 1, argv + 1) >= 0)
		return -1;
	w->who = argv[2];
	return verb;
}

int
ptn_cli_operator(int argc, char **argv, const char *conf_path,
    const char *const *set)
{
	struct words w = { .who = NULL };
	struct ptn_cli_context d;
	const int verb = read_words(argc, argv, &w);
	enum ptn_err r;

	if (verb < 0)
		return 2;
	r = ptn_cli_context_open(&d, "operator", PTN_API_HANKO, conf_path, set);
	if (r == PTN_OK)
		r = ptn_cli_context_tenant(&d, w.tenant);
	if (r == PTN_OK)
		r = verbs[verb].run(&d, &w);
	if (r != PTN_OK)
		ptn_cli_failed(verbs[verb].title, r, d.why);
	ptn_cli_context_close(&d);
	return r == PTN_OK ? 0 : 1;
}
