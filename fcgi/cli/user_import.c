#include "fcgi/cli/user.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fcgi/cli/import.h"
#include "fcgi/cli/option.h"
#include "lib/base/array.h"
#include "lib/conf/conf.h"
#include "lib/crypto/hashgate.h"
#include "lib/event/event.h"

#define STEP 500   /* users between two lines of progress */
#define PAGE_MAX 8 /* users that are exported at a time */
#define BATCH_BYTES ((size_t)64 * 1024) /* then no more are gathered */

struct work {
	struct ptn_cli_context *d;
	struct ptn_cli_entries in;
	const char *path;
	bool dry;  /* nothing is to be stored */
	bool live; /* somebody looks on */
	bool broken;
	uint64_t done, there, refused, told;
};

/* A line of the progress, over which the next one is written. */
static void
progress(struct work *w, bool last)
{
	const uint64_t sum = w->done + w->there + w->refused;

	if (!w->live || (!last && sum < w->told + STEP))
		return;
	w->told = sum;
	(void)fprintf(stderr,
	    "\r%" PRIu64 " in, %" PRIu64 " there already, %" PRIu64
	    " refused%s",
	    w->done, w->there, w->refused, last ? "\n" : "");
}

static void
complain(struct work *w, size_t line, const char *why)
{
	w->refused++;
	(void)fprintf(stderr, "%s%s:%zu: %s\n", w->live ? "\r\033[K" : "",
	    w->path, line, why);
}

/* One entry; *taken: u is to be stored. */
static enum ptn_err
take(struct work *w, struct ptn_import *u, bool *taken)
{
	const struct ptn_scope *sc = &w->d->sc;
	enum ptn_err r;

	*taken = false;
	r = ptn_cli_entry_read(sc->arena, PTN_BYTES(w->in.text, w->in.len), u);
	if (r == PTN_E_NOT_FOUND && w->in.line == 1) /* of nobody at all */
		return PTN_OK;
	if (r == PTN_E_INPUT || r == PTN_E_NOT_FOUND) {
		complain(w, w->in.line,
		    r == PTN_E_INPUT ? u->why : "it is null");
		return PTN_OK;
	}
	if (r != PTN_OK || (r = ptn_import_check(sc, u)) != PTN_OK)
		return r;
	w->there += u->what == PTN_IMPORT_THERE;
	if (u->what == PTN_IMPORT_REFUSED)
		complain(w, w->in.line, u->why);
	*taken = u->what == PTN_IMPORT_READY;
	return PTN_OK;
}

/* The next ones, as many as fit a transaction and the arena. */
static enum ptn_err
gather(struct work *w, struct ptn_import u[PTN_IMPORT_BATCH],
    size_t line[PTN_IMPORT_BATCH], size_t *n, bool *more)
{
	enum ptn_err r = PTN_OK;
	size_t bytes = 0;
	bool taken;

	*n = 0;
	*more = true;
	while (*n < PTN_IMPORT_BATCH && bytes < BATCH_BYTES && r == PTN_OK &&
	    *more) {
		line[*n] = 0;
		switch (ptn_cli_entry_next(&w->in)) {
		case PTN_CLI_ENTRY_HERE:
			bytes += w->in.len;
			line[*n] = w->in.line;
			r = take(w, &u[*n], &taken);
			*n += taken;
			break;
		case PTN_CLI_ENTRY_UNFIT:
			complain(w, w->in.line, w->in.why);
			break;
		case PTN_CLI_ENTRY_BROKEN:
			complain(w, w->in.line, w->in.why);
			w->broken = true;
			/* FALLTHROUGH */
		case PTN_CLI_ENTRY_END:
		default:
			*more = false;
			break;
		}
	}
	return r;
}

static enum ptn_err
store(struct work *w, struct ptn_import *u, const size_t *line, size_t n)
{
	const struct ptn_scope *sc = &w->d->sc;
	enum ptn_err r;
	size_t i;

	if (w->dry) {
		w->done += n;
		return PTN_OK;
	}
	if ((r = ptn_import_put(sc, u, n)) != PTN_OK ||
	    (r = ptn_events_settle(sc)) != PTN_OK)
		return r;
	for (i = 0; i < n; i++) {
		w->done += u[i].what == PTN_IMPORT_DONE;
		w->there += u[i].what == PTN_IMPORT_THERE;
		if (u[i].what == PTN_IMPORT_REFUSED)
			complain(w, line[i], u[i].why);
	}
	return PTN_OK;
}

static enum ptn_err
all(struct work *w)
{
	struct ptn_import u[PTN_IMPORT_BATCH];
	size_t line[PTN_IMPORT_BATCH], n;
	enum ptn_err r = PTN_OK;
	bool more = true;

	while (more && r == PTN_OK) {
		r = gather(w, u, line, &n, &more);
		if (r == PTN_OK && n > 0)
			r = store(w, u, line, n);
		progress(w, false);
		ptn_arena_reset(w->d->sc.arena);
	}
	ptn_wipe(u, sizeof(u));
	progress(w, true);
	if (r == PTN_OK && ferror(w->in.file))
		return ptn_cli_context_fail(w->d, PTN_E_INTERNAL,
		    "the file cannot be read");
	return r;
}

static enum ptn_err
run(struct work *w)
{
	struct ptn_cli_context *d = w->d;
	struct ptn_conf silent = *d->cf;
	enum ptn_err r = PTN_OK;

	if ((w->in.text = malloc(PTN_CLI_ENTRY_MAX)) == NULL)
		return PTN_E_NOMEM;
	/* Lines of an audit log would tear the progress. */
	silent.audit_lines = silent.audit_lines && !w->live;
	d->sc.cf = &silent;
	if (!w->dry)
		r = ptn_hashgate_open(&d->sc.gate, d->cf, NULL);
	if (r == PTN_OK)
		r = all(w);
	d->sc.cf = d->cf;
	ptn_hashgate_close(&d->sc.gate);
	ptn_wipe(w->in.text, PTN_CLI_ENTRY_MAX);
	free(w->in.text);
	if (r != PTN_OK)
		return r;
	(void)printf("%s%" PRIu64 ", there already %" PRIu64
		     ", refused %" PRIu64 "\n",
	    w->dry ? "would be imported " : "imported ", w->done, w->there,
	    w->refused);
	return w->refused == 0
	    ? PTN_OK
	    : ptn_cli_context_fail(d, PTN_E_INPUT, "not all of it is in order");
}

/* user import [--tenant ORG] [--dry-run] FILE; "-" is standard input. */
enum ptn_err
ptn_cli_user_import(struct ptn_cli_context *d, int argc, char **argv)
{
	struct work w = { .d = d, .live = isatty(STDERR_FILENO) == 1 };
	const char *tenant = NULL;
	const struct ptn_cli_option options[] = {
		{ "--tenant", &tenant, NULL, NULL, 0 },
		{ "--dry-run", NULL, &w.dry, NULL, 0 },
	};
	enum ptn_err r;

	d->misused = ptn_cli_options("user import", options,
			 PTN_ARRAY_LEN(options), &argc, argv) >= 0 ||
	    ptn_cli_words("user import", "FILE", 1, 1, argc, argv) >= 0;
	if (d->misused)
		return PTN_E_INPUT;
	w.path = argv[1];
	if ((r = ptn_cli_context_tenant(d, tenant)) != PTN_OK)
		return r;
	w.in.file = strcmp(w.path, "-") == 0 ? stdin : fopen(w.path, "re");
	if (w.in.file == NULL) {
		(void)fprintf(stderr, "postern: %s: %s\n", w.path,
		    strerror(errno));
		return ptn_cli_context_fail(d, PTN_E_NOT_FOUND,
		    "there is nothing to read");
	}
	r = run(&w);
	(void)fclose(w.in.file);
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
