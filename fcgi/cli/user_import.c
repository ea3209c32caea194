#include "fcgi/cli/user.h"

#include "fcgi/cli/import.h"
#include "fcgi/cli/option.h"
#include "lib/base/array.h"

#define PAGE_MAX 8 /* users that are exported at a time */

/* A file of users as a source of them. */
struct from_file {
	struct ptn_cli_entries in;
	const char *path;
};

static enum ptn_err
next_of_file(struct ptn_cli_source *src, struct ptn_cli_context *d,
    enum ptn_cli_entry *what)
{
	struct from_file *f = src->of;

	do {
		*what = ptn_cli_entry_next(&f->in);
		src->text = PTN_BYTES(f->in.text, f->in.len);
		/* A file that is null is one of nobody at all. */
	} while (*what == PTN_CLI_ENTRY_HERE && f->in.line == 1 &&
	    ptn_bytes_equal(src->text, ptn_bytes_of("null")));
	if (*what == PTN_CLI_ENTRY_END && ferror(f->in.file))
		return ptn_cli_context_fail(d, PTN_E_INTERNAL,
		    "the file cannot be read");
	src->why = f->in.why;
	src->whose =
	    ptn_arena_printf(d->sc.arena, "%s:%zu", f->path, f->in.line);
	return src->whose != NULL ? PTN_OK : PTN_E_NOMEM;
}

/* user import [--tenant ORG] [--dry-run] FILE; "-" is standard input. */
enum ptn_err
ptn_cli_user_import(struct ptn_cli_context *d, int argc, char **argv)
{
	struct from_file f = { .path = NULL };
	struct ptn_cli_source src = { .next = next_of_file, .of = &f };
	const char *tenant = NULL;
	bool dry = false;
	const struct ptn_cli_option options[] = {
		{ "--tenant", &tenant, NULL, NULL, 0 },
		{ "--dry-run", NULL, &dry, NULL, 0 },
	};
	enum ptn_err r;

	d->misused = ptn_cli_options("user import", options,
			 PTN_ARRAY_LEN(options), &argc, argv) >= 0 ||
	    ptn_cli_words("user import", "FILE", 1, 1, argc, argv) >= 0;
	if (d->misused)
		return PTN_E_INPUT;
	f.path = argv[1];
	if ((r = ptn_cli_context_tenant(d, tenant)) != PTN_OK)
		return r;
	r = ptn_cli_entries_open(d, &f.in, f.path);
	if (r == PTN_OK)
		r = ptn_cli_import(d, &src, dry);
	ptn_cli_entries_close(&f.in);
	return r;
}

static enum ptn_err
print_page(struct ptn_cli_context *d, const struct ptn_import *u, size_t n)
{
	const char *text;
	enum ptn_err r;
	size_t i;

	for (i = 0; i < n; i++) {
		r = ptn_cli_entry_write(d->sc.arena, &u[i], &text);
		if (r != PTN_OK)
			return r;
		if (puts(text) == EOF)
			return ptn_cli_context_fail(d, PTN_E_INTERNAL,
			    "it cannot be written");
	}
	return PTN_OK;
}

/* user export [--tenant ORG]: one line of JSON a user. */
enum ptn_err
ptn_cli_user_export(struct ptn_cli_context *d, int argc, char **argv)
{
	const char *tenant = NULL;
	const struct ptn_cli_option options[] = {
		{ "--tenant", &tenant, NULL, NULL, 0 },
	};
	struct ptn_uuid after = { { 0 } };
	struct ptn_import *u;
	enum ptn_err r;
	size_t n = 1;

	d->misused = ptn_cli_options("user export", options,
			 PTN_ARRAY_LEN(options), &argc, argv) >= 0 ||
	    ptn_cli_words("user export", "", 0, 0, argc, argv) >= 0;
	if (d->misused)
		return PTN_E_INPUT;
	r = ptn_cli_context_tenant(d, tenant);
	while (r == PTN_OK && n > 0) {
		r = ptn_import_export(&d->sc, &after, PAGE_MAX, &u, &n);
		if (r == PTN_OK && n > 0) {
			after = u[n - 1].id;
			r = print_page(d, u, n);
		}
		ptn_arena_reset(d->sc.arena);
	}
	if (r == PTN_E_DENIED)
		return ptn_cli_context_fail(d, r,
		    "no key of secrets.keys opens the secret of an app");
	if (r == PTN_OK && fflush(stdout) != 0)
		return ptn_cli_context_fail(d, PTN_E_INTERNAL,
		    "it cannot be written");
	return r;
}
