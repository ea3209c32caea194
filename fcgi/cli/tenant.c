#include "fcgi/cli/cli.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "fcgi/cli/context.h"
#include "fcgi/cli/option.h"
#include "fcgi/cli/print.h"
#include "fcgi/orgjson.h"
#include "lib/account/orgs.h"
#include "lib/account/tenant.h"
#include "lib/base/array.h"
#include "lib/conf/conf.h"

#define FILE_MAX 65536 /* bytes of a configuration, as of a request */
#define DEPTH_MAX 16
#define PAGE 100

/* What the command line says. */
struct words {
	const char *id; /* of a new one; NULL: any */
	bool json;
	const char *first; /* the words behind the verb; NULL: none */
	const char *second;
};

/* The text of a file, or of standard input for "-". */
static enum ptn_err
read_text(struct ptn_cli_context *d, const char *path, struct ptn_bytes *out)
{
	const bool is_stdin = strcmp(path, "-") == 0;
	char *text = ptn_arena_alloc(d->sc.arena, FILE_MAX + 1);
	FILE *f = is_stdin ? stdin : fopen(path, "r");
	bool failed;

	if (text == NULL)
		return PTN_E_NOMEM;
	if (f == NULL)
		return ptn_cli_context_fail(d, PTN_E_INPUT,
		    ptn_arena_printf(d->sc.arena, "%s: %s", path,
			strerror(errno)));
	out->p = (const unsigned char *)text;
	out->len = fread(text, 1, FILE_MAX + 1, f);
	failed = ferror(f) != 0;
	if (!is_stdin)
		(void)fclose(f);
	if (failed || out->len > FILE_MAX)
		return ptn_cli_context_fail(d, PTN_E_INPUT,
		    failed ? "the file cannot be read"
			   : "the file is larger than 64 KiB");
	return PTN_OK;
}

/* The object in a file; NULL for no file.  To be freed. */
static enum ptn_err
read_config(struct ptn_cli_context *d, const char *path, struct ptn_json **out)
{
	struct ptn_bytes text;
	const char *why;
	enum ptn_err r;

	*out = NULL;
	if (path == NULL)
		return PTN_OK;
	if ((r = read_text(d, path, &text)) != PTN_OK)
		return r;
	if ((r = ptn_json_parse(text, DEPTH_MAX, out, &why)) == PTN_E_INPUT)
		return ptn_cli_context_fail(d, r,
		    ptn_arena_printf(d->sc.arena, "that is not JSON: %s", why));
	if (r == PTN_OK && *out != NULL &&
	    ptn_json_type(*out) != PTN_JSON_OBJECT)
		return ptn_cli_context_fail(d, PTN_E_INPUT,
		    "that is no object of JSON");
	return r;
}

static enum ptn_err
print(struct ptn_cli_context *d, const struct ptn_org_row *org)
{
	struct ptn_jsonw w;
	enum ptn_err r;

	ptn_jsonw_init(&w, d->sc.arena);
	r = ptn_orgjson(&w, &d->sc, org);
	return r == PTN_OK ? ptn_cli_print_json(&w) : r;
}

/* Print its id. */
static enum ptn_err
create(struct ptn_cli_context *d, const struct words *w)
{
	struct ptn_org_row org = { .name = w->first };
	struct ptn_orgs_why why = { NULL };
	struct ptn_json *config;
	char id[PTN_UUID_STR];
	enum ptn_err r;

	if (w->id != NULL && !ptn_uuid_parse_any(w->id, &org.id))
		return ptn_cli_context_fail(d, PTN_E_INPUT,
		    "--id: that is not a UUID");
	r = read_config(d, w->second, &config);
	if (r == PTN_OK)
		r = ptn_orgs_create(&d->sc, &org, config, &why);
	ptn_json_free(&config);
	if (r == PTN_E_CONFLICT)
		why.text = "there is a tenant of that name or id";
	if (r != PTN_OK)
		return ptn_cli_context_fail(d, r,
		    d->why != NULL ? d->why : why.text);
	ptn_uuid_format(&org.id, id);
	(void)printf("%s\n", id);
	return PTN_OK;
}

static enum ptn_err
print_row(struct ptn_cli_context *d, const struct words *w,
    const struct ptn_org_row *org)
{
	char id[PTN_UUID_STR];

	if (w->json)
		return print(d, org);
	ptn_uuid_format(&org->id, id);
	(void)printf("%s  %-8s", id, org->active ? "active" : "inactive");
	ptn_cli_print_time(org->created_at_us);
	(void)printf("  ");
	ptn_cli_print_text(org->name);
	(void)printf("\n");
	return PTN_OK;
}

/* Newest first, as the Admin API has them. */
static enum ptn_err
list(struct ptn_cli_context *d, const struct words *w)
{
	struct ptn_org_row *org;
	int64_t total = 1, at;
	enum ptn_err r = PTN_OK;
	size_t i, n;

	if (!w->json)
		(void)printf("%-36s  %-8s  %-20s  %s\n", "ID", "STATE",
		    "CREATED", "NAME");
	for (at = 0; at < total && r == PTN_OK; at += PAGE) {
		r = ptn_org_page(&d->sc, at, PAGE, &org, &n, &total);
		for (i = 0; r == PTN_OK && i < n; i++)
			r = print_row(d, w, &org[i]);
	}
	return r;
}

static enum ptn_err
show(struct ptn_cli_context *d, const struct words *w)
{
	struct ptn_org_row org;
	enum ptn_err r = ptn_cli_context_org(d, w->first, &org);

	return r == PTN_OK ? print(d, &org) : r;
}

static enum ptn_err
set(struct ptn_cli_context *d, const struct words *w)
{
	struct ptn_orgs_why why = { NULL };
	struct ptn_json *config = NULL;
	struct ptn_org_row org;
	enum ptn_err r;

	if ((r = ptn_cli_context_org(d, w->first, &org)) != PTN_OK)
		return r;
	r = read_config(d, w->second, &config);
	if (r == PTN_OK)
		r = ptn_orgs_configure(&d->sc, &org.id, config, NULL, &org,
		    &why);
	ptn_json_free(&config);
	if (r == PTN_E_CONFLICT)
		why.text = "the default tenant is configured by the file";
	return r == PTN_OK || d->why != NULL
	    ? r
	    : ptn_cli_context_fail(d, r, why.text);
}

/* It is on record with the default tenant. */
static enum ptn_err
drop(struct ptn_cli_context *d, const struct words *w)
{
	struct ptn_org_row org;
	enum ptn_err r;

	if ((r = ptn_cli_context_org(d, w->first, &org)) != PTN_OK)
		return r;
	do {
		r = ptn_orgs_delete(&d->sc, &org.id);
	} while (r == PTN_E_BUSY);
	return r == PTN_E_CONFLICT
	    ? ptn_cli_context_fail(d, r, "the default tenant cannot be deleted")
	    : r;
}

/* THE table of what may be done with them. */
static const struct {
	const char *title;
	const char *names; /* of its words */
	int min;	   /* words */
	int max;
	const char *option; /* or NULL */
	enum ptn_err (*run)(struct ptn_cli_context *d, const struct words *w);
} verbs[] = {
	{ "tenant create", "NAME", 1, 2, "--id", create },
	{ "tenant list", "", 0, 0, "--json", list },
	{ "tenant show", "TENANT", 1, 1, NULL, show },
	{ "tenant set", "TENANT FILE", 2, 2, NULL, set },
	{ "tenant delete", "TENANT", 1, 1, NULL, drop },
};
#define VERBS PTN_ARRAY_LEN(verbs)

void
ptn_cli_tenant_help(FILE *out)
{
	(void)fputs(
	    "  tenant create [--id UUID] NAME [FILE]  make a tenant, and print "
	    "its id\n"
	    "  tenant list [--json]                   list them, newest first\n"
	    "  tenant show TENANT                     what it is, and has of "
	    "its own\n"
	    "  tenant set TENANT FILE                 in place of what it has "
	    "of its own\n"
	    "  tenant delete TENANT                   with all users and what "
	    "they have\n\n"
	    "TENANT is a name or an id; FILE has an object of JSON, \"-\" is "
	    "standard input.\n",
	    out);
}

/* -1 if it cannot be meant. */
static int
read_words(int argc, char **argv, struct words *w)
{
	struct ptn_cli_option option = { .name = NULL };
	const char *titles[VERBS];
	size_t i;
	int verb;

	for (i = 0; i < VERBS; i++)
		titles[i] = verbs[i].title;
	if ((verb = ptn_cli_verb("tenant", titles, VERBS, argc, argv)) < 0)
		return -1;
	option.name = verbs[verb].option;
	if (verbs[verb].run == create)
		option.value = &w->id;
	else
		option.given = &w->json;
	if (ptn_cli_options(titles[verb], &option, option.name != NULL, &argc,
		argv) >= 0 ||
	    ptn_cli_words(titles[verb], verbs[verb].names, verbs[verb].min,
		verbs[verb].max, argc - 1, argv + 1) >= 0)
		return -1;
	w->first = argc > 2 ? argv[2] : NULL;
	w->second = argc > 3 ? argv[3] : NULL;
	return verb;
}

int
ptn_cli_tenant(int argc, char **argv, const char *conf_path,
    const char *const *set_keys)
{
	struct words w = { .id = NULL };
	struct ptn_cli_context d;
	const int verb = read_words(argc, argv, &w);
	enum ptn_err r;

	if (verb < 0)
		return 2;
	r = ptn_cli_context_open(&d, "tenant", PTN_API_HANKO, conf_path,
	    set_keys);
	if (r == PTN_OK)
		r = ptn_cli_context_tenant(&d, NULL);
	if (r == PTN_OK)
		r = verbs[verb].run(&d, &w);
	if (r != PTN_OK)
		ptn_cli_failed(verbs[verb].title, r, d.why);
	ptn_cli_context_close(&d);
	return r == PTN_OK ? 0 : 1;
}
