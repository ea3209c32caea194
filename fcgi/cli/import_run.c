#include "fcgi/cli/import.h"

#include <inttypes.h>
#include <unistd.h>

#include "fcgi/cli/print.h"
#include "lib/conf/conf.h"
#include "lib/crypto/hashgate.h"
#include "lib/event/event.h"

#define STEP 500 /* users between two lines of progress */
#define BATCH_BYTES ((size_t)64 * 1024) /* then no more are gathered */
#define ENTRY_BYTES 256 /* of an entry, even of one that cannot be read */

struct work {
	struct ptn_cli_context *d;
	struct ptn_cli_source *src;
	bool dry;  /* nothing is to be stored */
	bool live; /* somebody looks on */
	uint64_t done, there, refused, told;
};

/* Users of one transaction, and what to call them. */
struct batch {
	struct ptn_import u[PTN_IMPORT_BATCH];
	const char *whose[PTN_IMPORT_BATCH];
	size_t n;
	size_t bytes;
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
complain(struct work *w, const char *whose, const char *why)
{
	w->refused++;
	(void)fputs(w->live ? "\r\033[K" : "", stderr);
	ptn_cli_put_text(stderr, whose);
	(void)fprintf(stderr, ": %s\n", why);
}

/* The entry that the source has; it joins the batch if it is to be stored. */
static enum ptn_err
take(struct work *w, struct batch *b)
{
	const struct ptn_scope *sc = &w->d->sc;
	struct ptn_import *u = &b->u[b->n];
	enum ptn_err r;

	b->whose[b->n] = w->src->whose;
	b->bytes += w->src->text.len;
	r = ptn_cli_entry_read(sc->arena, w->src->text, u);
	if (r == PTN_E_INPUT || r == PTN_E_NOT_FOUND) {
		complain(w, w->src->whose,
		    r == PTN_E_INPUT ? u->why : "it is null");
		return PTN_OK;
	}
	if (r != PTN_OK || (r = ptn_import_check(sc, u)) != PTN_OK)
		return r;
	w->there += u->what == PTN_IMPORT_THERE;
	if (u->what == PTN_IMPORT_REFUSED)
		complain(w, w->src->whose, u->why);
	b->n += u->what == PTN_IMPORT_READY;
	return PTN_OK;
}

/* The next ones, as many as fit a transaction and the arena. */
static enum ptn_err
gather(struct work *w, struct batch *b, bool *more)
{
	enum ptn_cli_entry what = PTN_CLI_ENTRY_END;
	enum ptn_err r = PTN_OK;

	b->n = 0;
	b->bytes = 0;
	*more = true;
	while (b->n < PTN_IMPORT_BATCH && b->bytes < BATCH_BYTES && *more) {
		if ((r = w->src->next(w->src, w->d, &what)) != PTN_OK)
			return r;
		b->bytes += ENTRY_BYTES;
		if (what == PTN_CLI_ENTRY_UNFIT || what == PTN_CLI_ENTRY_BROKEN)
			complain(w, w->src->whose, w->src->why);
		if (what == PTN_CLI_ENTRY_HERE && (r = take(w, b)) != PTN_OK)
			return r;
		*more =
		    what == PTN_CLI_ENTRY_HERE || what == PTN_CLI_ENTRY_UNFIT;
	}
	return PTN_OK;
}

static enum ptn_err
store(struct work *w, struct batch *b)
{
	const struct ptn_scope *sc = &w->d->sc;
	enum ptn_err r;
	size_t i;

	if (w->dry) {
		w->done += b->n;
		return PTN_OK;
	}
	if ((r = ptn_import_put(sc, b->u, b->n)) != PTN_OK ||
	    (r = ptn_events_settle(sc)) != PTN_OK)
		return r;
	for (i = 0; i < b->n; i++) {
		w->done += b->u[i].what == PTN_IMPORT_DONE;
		w->there += b->u[i].what == PTN_IMPORT_THERE;
		if (b->u[i].what == PTN_IMPORT_REFUSED)
			complain(w, b->whose[i], b->u[i].why);
	}
	return PTN_OK;
}

static enum ptn_err
all(struct work *w)
{
	struct batch b;
	enum ptn_err r = PTN_OK;
	bool more = true;

	while (more && r == PTN_OK) {
		r = gather(w, &b, &more);
		if (r == PTN_OK && b.n > 0)
			r = store(w, &b);
		progress(w, false);
		ptn_arena_reset(w->d->sc.arena);
	}
	ptn_wipe(&b, sizeof(b));
	progress(w, true);
	return r;
}

static void
sum_up(const struct work *w)
{
	const struct ptn_cli_left *left = w->src->left;

	(void)printf("%s%" PRIu64 ", there already %" PRIu64
		     ", refused %" PRIu64 "\n",
	    w->dry ? "would be imported " : "imported ", w->done, w->there,
	    w->refused);
	for (; left->what != NULL; left++)
		if (left->n > 0)
			(void)printf("not brought: %" PRIu64 " %s\n", left->n,
			    left->what);
}

enum ptn_err
ptn_cli_import(struct ptn_cli_context *d, struct ptn_cli_source *src, bool dry)
{
	struct work w = { .d = d,
		.src = src,
		.dry = dry,
		.live = isatty(STDERR_FILENO) == 1 };
	struct ptn_conf silent = *d->cf;
	enum ptn_err r = PTN_OK;

	/* Lines of an audit log would tear the progress. */
	silent.audit_lines = silent.audit_lines && !w.live;
	d->sc.cf = &silent;
	if (!dry)
		r = ptn_hashgate_open(&d->sc.gate, d->cf, NULL);
	if (r == PTN_OK)
		r = all(&w);
	d->sc.cf = d->cf;
	ptn_hashgate_close(&d->sc.gate);
	if (r != PTN_OK)
		return r;
	sum_up(&w);
	return w.refused == 0
	    ? PTN_OK
	    : ptn_cli_context_fail(d, PTN_E_INPUT, "not all of it is in order");
}
