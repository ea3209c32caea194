#include "fcgi/cli/user.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/cli/print.h"
#include "fcgi/userjson.h"
#include "lib/account/person.h"
#include "lib/account/signout.h"
#include "lib/base/array.h"
#include "lib/format/address.h"

#define PAGES_MAX 1000000

static void
print_id(const struct ptn_uuid *id)
{
	char text[PTN_UUID_STR];

	ptn_uuid_format(id, text);
	(void)printf("%s", text);
}

/* --------------------------------------------------------------------- many */

static const char *
primary_of(const struct ptn_person *p)
{
	size_t i = 0;

	while (i < p->emails && !p->email[i].is_primary)
		i++;
	return i < p->emails ? p->email[i].address : NULL;
}

static void
print_line(const struct ptn_person *p)
{
	print_id(&p->user.id);
	ptn_cli_print_time(p->user.created_at_us);
	(void)printf("  %-6s  %-20s  ",
	    p->locked_at_us != 0 ? "locked" : "open",
	    p->username.name != NULL ? p->username.name : "-");
	ptn_cli_print_text(primary_of(p));
	(void)putchar('\n');
}

static enum ptn_err
print_list(const struct ptn_scope *sc, const struct ptn_person *p, size_t n,
    bool json)
{
	struct ptn_jsonw w;
	size_t i;

	if (json) {
		ptn_jsonw_init(&w, sc->arena);
		ptn_jsonw_array(&w, NULL);
		for (i = 0; i < n; i++)
			ptn_userjson_person(&w, sc, &p[i], true);
		ptn_jsonw_end_array(&w);
		return ptn_cli_print_json(&w);
	}
	(void)printf("%-36s  %-20s  %-6s  %-20s  %s\n", "ID", "CREATED",
	    "STATE", "USERNAME", "ADDRESS");
	for (i = 0; i < n; i++)
		print_line(&p[i]);
	return PTN_OK;
}

static enum ptn_err
list(struct ptn_cli_context *d, struct ptn_person_query *q, int64_t page,
    bool json)
{
	struct ptn_person *p;
	struct ptn_person_count_total total;
	size_t n;
	enum ptn_err r;

	q->max = PTN_PERSON_IDS_MAX;
	q->skip = (page - 1) * q->max;
	if ((r = ptn_person_list(&d->sc, q, &p, &n, &total)) != PTN_OK ||
	    (r = print_list(&d->sc, p, n, json)) != PTN_OK)
		return r;
	if (total.n > q->max)
		(void)fprintf(stderr,
		    "page %" PRId64 " of %" PRId64 ", of %" PRId64 " users\n",
		    page, (total.n + q->max - 1) / q->max, total.n);
	return PTN_OK;
}

/* 1 if none is named; 0 if that is none. */
static int64_t
page_of(const char *text)
{
	char *end;
	long n;

	if (text == NULL)
		return 1;
	n = strtol(text, &end, 10);
	return *end == '\0' && n >= 1 && n <= PAGES_MAX ? n : 0;
}

static enum ptn_err
read_filter(struct ptn_cli_context *d, const char *text,
    struct ptn_person_query *q)
{
	enum ptn_metadata_result what = PTN_METADATA_DONE;
	enum ptn_err r = PTN_OK;

	if (text != NULL)
		r = ptn_metadata_read_filter(d->sc.arena, text, &q->metadata,
		    &what);
	return r != PTN_OK || what == PTN_METADATA_DONE
	    ? r
	    : ptn_cli_context_fail(d, PTN_E_INPUT,
		  "--metadata: an object of JSON, with objects named "
		  "public_metadata, private_metadata or unsafe_metadata");
}

/* user list: a page of them, the newest first. */
enum ptn_err
ptn_cli_user_list(struct ptn_cli_context *d, int argc, char **argv)
{
	struct ptn_person_query q = { .ids = 0 };
	const char *page = NULL, *metadata = NULL;
	bool json = false;
	const struct ptn_cli_option own[] = {
		{ "--email", &q.email, NULL, NULL, 0 },
		{ "--username", &q.username, NULL, NULL, 0 },
		{ "--name", &q.name, NULL, NULL, 0 },
		{ "--metadata", &metadata, NULL, NULL, 0 },
		{ "--page", &page, NULL, NULL, 0 },
		{ "--json", NULL, &json, NULL, 0 },
	};
	enum ptn_err r;

	r = ptn_cli_user_open(d, own, PTN_ARRAY_LEN(own), "", argc, argv);
	if (r != PTN_OK)
		return r;
	if (page_of(page) == 0) {
		(void)ptn_cli_complain("user list", "--page: 1 to %d",
		    PAGES_MAX);
		d->misused = true;
		return PTN_E_INPUT;
	}
	r = read_filter(d, metadata, &q);
	return r == PTN_OK ? list(d, &q, page_of(page), json) : r;
}

/* ---------------------------------------------------------------------- one */

static void
print_row(const char *name, const char *text)
{
	if (text == NULL)
		return;
	(void)printf("%-12s  ", name);
	ptn_cli_print_text(text);
	(void)putchar('\n');
}

static void
print_when(const char *name, int64_t us)
{
	if (us == 0)
		return;
	(void)printf("%-12s", name);
	ptn_cli_print_time(us);
	(void)putchar('\n');
}

static void
print_belongings(const struct ptn_person *p)
{
	const struct ptn_credential *c;
	const struct ptn_email *e;
	size_t i;

	for (i = 0; i < p->emails; i++) {
		e = &p->email[i];
		(void)printf("%-12s  ", "address");
		ptn_cli_print_text(e->address);
		(void)printf("%s%s\n", e->is_primary ? ", primary" : "",
		    e->verified ? ", verified" : "");
	}
	print_when("password", p->password_set_at_us);
	print_when("app", p->otp_at_us);
	for (i = 0; i < p->credentials; i++) {
		c = &p->credential[i];
		(void)printf("%-12s", c->mfa_only ? "security key" : "passkey");
		ptn_cli_print_time(c->created_at_us);
		(void)printf("  ");
		ptn_cli_print_text(c->name);
		(void)putchar('\n');
	}
}

static void
print_person(const struct ptn_person *p)
{
	static const char *const name[PTN_METADATA__MAX] = {
		[PTN_METADATA_PUBLIC] = "public data",
		[PTN_METADATA_PRIVATE] = "private data",
		[PTN_METADATA_UNSAFE] = "unsafe data",
	};
	int i;

	(void)printf("%-12s  ", "id");
	print_id(&p->user.id);
	(void)putchar('\n');
	print_when("created", p->user.created_at_us);
	print_when("changed", p->user.updated_at_us);
	print_when("locked", p->locked_at_us);
	print_row("username", p->username.name);
	print_row("name", p->text[PTN_PERSON_NAME]);
	print_row("given name", p->text[PTN_PERSON_GIVEN_NAME]);
	print_row("family name", p->text[PTN_PERSON_FAMILY_NAME]);
	print_row("picture", p->text[PTN_PERSON_PICTURE]);
	print_belongings(p);
	for (i = 0; i < PTN_METADATA__MAX; i++)
		print_row(name[i], p->metadata.text[i]);
}

/* user show WHO */
enum ptn_err
ptn_cli_user_show(struct ptn_cli_context *d, int argc, char **argv)
{
	bool json = false;
	const struct ptn_cli_option own[] = {
		{ "--json", NULL, &json, NULL, 0 },
	};
	struct ptn_person p;
	struct ptn_uuid user;
	struct ptn_jsonw w;
	enum ptn_err r;

	r = ptn_cli_user_open(d, own, PTN_ARRAY_LEN(own), "WHO", argc, argv);
	if (r != PTN_OK ||
	    (r = ptn_cli_user_find(d, argv[1], &user)) != PTN_OK ||
	    (r = ptn_person_load(&d->sc, &user, &p)) != PTN_OK)
		return r;
	if (!json) {
		print_person(&p);
		return PTN_OK;
	}
	ptn_jsonw_init(&w, d->sc.arena);
	ptn_userjson_person(&w, &d->sc, &p, false);
	return ptn_cli_print_json(&w);
}

/* ----------------------------------------------------------------- a new one
 */

static enum ptn_err
settle(struct ptn_cli_context *d, enum ptn_person_result what)
{
	static const struct {
		enum ptn_err r;
		const char *why;
	} answers[PTN_PERSON__MAX] = {
		[PTN_PERSON_UNKNOWN] = { PTN_E_NOT_FOUND, NULL },
		[PTN_PERSON_NO_NAME] = { PTN_E_INPUT,
		    "a username has letters, digits and \"_\" alone" },
		[PTN_PERSON_TAKEN] = { PTN_E_CONFLICT, NULL },
		[PTN_PERSON_EMAIL_TAKEN] = { PTN_E_CONFLICT,
		    "an address has an owner already" },
		[PTN_PERSON_NAME_TAKEN] = { PTN_E_CONFLICT,
		    "the username is somebody else's" },
		[PTN_PERSON_OUTDATED] = { PTN_E_OUTDATED, NULL },
		[PTN_PERSON_DONE] = { PTN_OK, NULL },
	};

	return answers[what].why == NULL
	    ? answers[what].r
	    : ptn_cli_context_fail(d, answers[what].r, answers[what].why);
}

/* The first one is the primary one. */
static enum ptn_err
read_addresses(struct ptn_cli_context *d, const char *const *text, size_t n,
    bool verified, struct ptn_person_address *out)
{
	char *address;
	enum ptn_err r;
	size_t i;

	for (i = 0; i < n; i++) {
		r = ptn_address_canonical(d->sc.arena, text[i], &address);
		if (r == PTN_E_INPUT)
			return ptn_cli_context_fail(d, r,
			    "that is no e-mail address");
		if (r != PTN_OK)
			return r;
		out[i] =
		    (struct ptn_person_address){ address, verified, i == 0 };
	}
	return PTN_OK;
}

/* user create: prints the id. */
enum ptn_err
ptn_cli_user_create(struct ptn_cli_context *d, int argc, char **argv)
{
	struct ptn_person_address address[PTN_PERSON_ADDRESSES_MAX];
	const char *text[PTN_PERSON_ADDRESSES_MAX];
	struct ptn_person_new p = { .address = address };
	enum ptn_person_result what;
	bool verified = false;
	const struct ptn_cli_option own[] = {
		{ "--email", text, NULL, &p.addresses,
		    PTN_PERSON_ADDRESSES_MAX },
		{ "--verified", NULL, &verified, NULL, 0 },
		{ "--username", &p.username, NULL, NULL, 0 },
	};
	enum ptn_err r;

	r = ptn_cli_user_open(d, own, PTN_ARRAY_LEN(own), "", argc, argv);
	if (r != PTN_OK)
		return r;
	if (p.addresses == 0 && p.username == NULL) {
		(void)ptn_cli_complain("user create",
		    "--email or --username is needed");
		d->misused = true;
		return PTN_E_INPUT;
	}
	if ((r = read_addresses(d, text, p.addresses, verified, address)) !=
		PTN_OK ||
	    (r = ptn_cli_user_lower(d->sc.arena, &p.username)) != PTN_OK ||
	    (r = ptn_person_create(&d->sc, &p, &what)) != PTN_OK ||
	    (r = settle(d, what)) != PTN_OK)
		return r;
	print_id(&p.id);
	(void)putchar('\n');
	return PTN_OK;
}

/* ----------------------------------------------------------------- sessions
 */

static enum ptn_err
end_sessions(struct ptn_cli_context *d, const struct ptn_uuid *user,
    const char *which)
{
	struct ptn_uuid id;
	enum ptn_err r;

	if (strcmp(which, "all") == 0)
		return ptn_signout_all(&d->sc, user);
	r = ptn_uuid_parse_any(which, &id) ? ptn_signout_one(&d->sc, user, &id)
					   : PTN_E_NOT_FOUND;
	return r == PTN_E_NOT_FOUND
	    ? ptn_cli_context_fail(d, r, "they have no such session")
	    : r;
}

static void
print_session(const struct ptn_session_row *s)
{
	print_id(&s->id);
	ptn_cli_print_time(s->created_at_us);
	ptn_cli_print_time(s->last_used_us);
	(void)printf("  %-39s  ", s->ip_address != NULL ? s->ip_address : "-");
	ptn_cli_print_text(s->user_agent);
	(void)putchar('\n');
}

static enum ptn_err
print_sessions(const struct ptn_scope *sc, const struct ptn_uuid *user,
    bool json)
{
	struct ptn_session_row *s;
	struct ptn_jsonw w;
	size_t i, n;
	enum ptn_err r;

	if ((r = ptn_sessions_of(sc, user, &s, &n)) != PTN_OK)
		return r;
	if (json) {
		ptn_jsonw_init(&w, sc->arena);
		ptn_jsonw_array(&w, NULL);
		for (i = 0; i < n; i++)
			ptn_userjson_session(&w, user, &s[i]);
		ptn_jsonw_end_array(&w);
		return ptn_cli_print_json(&w);
	}
	(void)printf("%-36s  %-20s  %-20s  %-39s  %s\n", "ID", "CREATED",
	    "USED", "ADDRESS", "PROGRAM");
	for (i = 0; i < n; i++)
		print_session(&s[i]);
	return PTN_OK;
}

/* user sessions WHO: of both APIs; or end one, or all. */
enum ptn_err
ptn_cli_user_sessions(struct ptn_cli_context *d, int argc, char **argv)
{
	const char *end = NULL;
	bool json = false;
	const struct ptn_cli_option own[] = {
		{ "--end", &end, NULL, NULL, 0 },
		{ "--json", NULL, &json, NULL, 0 },
	};
	struct ptn_uuid user;
	enum ptn_err r;

	r = ptn_cli_user_open(d, own, PTN_ARRAY_LEN(own), "WHO", argc, argv);
	if (r != PTN_OK || (r = ptn_cli_user_find(d, argv[1], &user)) != PTN_OK)
		return r;
	return end != NULL ? end_sessions(d, &user, end)
			   : print_sessions(&d->sc, &user, json);
}
