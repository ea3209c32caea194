#include "fcgi/cli/org.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/cli/option.h"
#include "fcgi/cli/print.h"
#include "lib/account/keysets.h"
#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/base/unicode.h"
#include "lib/crypto/pem.h"
#include "lib/dfns/administer.h"
#include "lib/dfns/service.h"
#include "lib/format/dfnsid.h"

#define S_PER_DAY 86400

/* What the command line says. */
struct words {
	const char *org;
	const char *what; /* the name, or the id of a token */
	const char *key_file;
	int64_t days; /* 0: not said */
};

static bool
read_days(const char *text, int64_t *days)
{
	char *end;

	errno = 0;
	*days = strtol(text, &end, 10);
	return errno == 0 && end != text && *end == '\0' && *days >= 1 &&
	    *days <= PTN_ACCESSTOKEN_DAYS_MAX;
}

/* The text of a file that is no longer than a key. */
static enum ptn_err
read_key(struct ptn_arena *a, const char *path, const char **text)
{
	FILE *f = fopen(path, "re");
	char *file;
	size_t n;

	if (f == NULL) {
		(void)fprintf(stderr, "postern: %s: %s\n", path,
		    strerror(errno));
		return PTN_E_NOT_FOUND;
	}
	if ((file = ptn_arena_calloc(a, 1, PTN_PEM_MAX + 1)) == NULL) {
		(void)fclose(f);
		return PTN_E_NOMEM;
	}
	/* One byte more than is allowed is refused as no key. */
	n = fread(file, 1, PTN_PEM_MAX + 1, f);
	(void)fclose(f);
	*text = (const char *)ptn_utf8_text(PTN_BYTES(file, n)).p;
	return n <= PTN_PEM_MAX ? PTN_OK : PTN_E_UNPROCESSABLE;
}

static void
print_id(const char *name, enum ptn_dfnsid_kind kind, const struct ptn_uuid *id)
{
	char text[PTN_DFNSID_STR];

	ptn_dfnsid_format(kind, id, text);
	(void)printf("%s %s\n", name, text);
}

/* The only time that the token is ever seen. */
static enum ptn_err
create(struct ptn_cli_context *d, const struct words *w)
{
	const int64_t days = w->days > 0 ? w->days : PTN_ACCESSTOKEN_DAYS_MAX;
	struct ptn_service_new s = { .name = w->what,
		.token = { .ttl_s = days * S_PER_DAY } };
	char expires[PTN_CLOCK_STR];
	const char *pem;
	enum ptn_err r;

	if ((r = read_key(d->sc.arena, w->key_file, &pem)) != PTN_OK ||
	    (r = ptn_keysets_refresh_of(&d->sc, d->api, false)) != PTN_OK)
		return r;
	s.token.pem = pem;
	if ((r = ptn_administer_service(&d->sc, &s)) != PTN_OK)
		return r;
	ptn_clock_format(s.token.expires_s * PTN_US_PER_S, expires);
	print_id("userId", PTN_DFNSID_USER, &s.id);
	print_id("tokenId", PTN_DFNSID_TOKEN, &s.token.id);
	(void)printf("credId %s\nexpires %s\ntoken %s\n", s.token.cred_id,
	    expires, s.token.token);
	return PTN_OK;
}

/* One line an account, oldest first. */
static enum ptn_err
list(struct ptn_cli_context *d, const struct words *w)
{
	char token[PTN_DFNSID_STR], user[PTN_DFNSID_STR];
	struct ptn_service_row *s;
	enum ptn_err r;
	size_t i, n;

	(void)w;
	r = ptn_services_of(&d->sc, &s, &n);
	if (r != PTN_OK)
		return r;
	(void)printf("%-31s  %-31s  %-8s  %-20s  %-20s  %-20s  %s\n",
	    "TOKEN ID", "USER ID", "STATE", "CREATED", "EXPIRES", "LAST SIGNED",
	    "NAME");
	for (i = 0; i < n; i++) {
		ptn_dfnsid_format(PTN_DFNSID_TOKEN, &s[i].token_id, token);
		ptn_dfnsid_format(PTN_DFNSID_USER, &s[i].user_id, user);
		(void)printf("%-31s  %-31s  %-8s", token, user, s[i].state);
		ptn_cli_print_time(s[i].created_at_us);
		ptn_cli_print_time(s[i].expires_at_us);
		ptn_cli_print_time(s[i].last_signed_us);
		(void)fputs("  ", stdout);
		ptn_cli_print_line(s[i].name);
	}
	return PTN_OK;
}

static enum ptn_err
revoke(struct ptn_cli_context *d, const struct words *w)
{
	struct ptn_uuid id;

	/* What is no id is answered like the id of nothing. */
	if (ptn_dfnsid_parse(PTN_DFNSID_TOKEN, ptn_bytes_of(w->what), &id) !=
	    PTN_OK)
		return PTN_E_NOT_FOUND;
	return ptn_administer_revoke(&d->sc, &id);
}

/* THE table of what may be done with them. */
static const struct {
	const char *title; /* as the command line has it */
	int words;
	bool takes_key;
	enum ptn_err (*run)(struct ptn_cli_context *d, const struct words *w);
} verbs[] = {
	{ "org service-account create", 2, true, create },
	{ "org service-account list", 1, false, list },
	{ "org service-account revoke", 2, false, revoke },
};
#define VERBS PTN_ARRAY_LEN(verbs)

/* What the command line says; -1 if it cannot be meant. */
static int
read_words(int argc, char **argv, struct words *w)
{
	const char *days = NULL;
	const struct ptn_cli_option options[] = {
		{ "--public-key", &w->key_file, NULL, NULL, 0 },
		{ "--days", &days, NULL, NULL, 0 },
	};
	const char *titles[VERBS], *title;
	size_t i;
	int verb;

	for (i = 0; i < VERBS; i++)
		titles[i] = verbs[i].title;
	verb = ptn_cli_verb("org service-account", titles, VERBS, argc, argv);
	title = verb >= 0 ? verbs[verb].title : NULL;
	if (title == NULL ||
	    ptn_cli_options(title, options, verbs[verb].takes_key ? 2 : 0,
		&argc, argv) >= 0 ||
	    ptn_cli_words(title, verb == 2 ? "ORG TOKEN-ID" : "ORG NAME",
		verbs[verb].words, verbs[verb].words, argc - 1, argv + 1) >= 0)
		return -1;
	w->org = argv[2];
	w->what = argv[3];
	if (verbs[verb].takes_key && w->key_file == NULL)
		(void)ptn_cli_complain(title, "--public-key FILE is missing");
	else if (days != NULL && !read_days(days, &w->days))
		(void)ptn_cli_complain(title, "--days: 1 to %d",
		    PTN_ACCESSTOKEN_DAYS_MAX);
	else
		return verb;
	return -1;
}

static const char *
explain(enum ptn_err r)
{
	if (r == PTN_E_CONFLICT)
		return "there is a user of that name";
	if (r == PTN_E_INPUT)
		return "that is no name for it";
	if (r == PTN_E_UNPROCESSABLE)
		return "that is no public key in PEM";
	if (r == PTN_E_NOT_FOUND)
		return "there is no such token, or file";
	return NULL;
}

/* org service-account create | list | revoke ORG ... */
enum ptn_err
ptn_cli_org_service_account(struct ptn_cli_context *d, int argc, char **argv)
{
	struct words w = { .org = NULL };
	struct ptn_org_row org;
	const int verb = read_words(argc, argv, &w);
	enum ptn_err r;

	d->misused = verb < 0;
	if (d->misused)
		return PTN_E_INPUT;
	if ((r = ptn_cli_context_org(d, w.org, &org)) != PTN_OK)
		return r;
	r = verbs[verb].run(d, &w);
	return r == PTN_OK ? r : ptn_cli_context_fail(d, r, explain(r));
}
