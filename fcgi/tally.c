#include "fcgi/tally.h"

#include <sys/mman.h>

#include <errno.h>
#include <string.h>

#include "fcgi/family.h"
#include "lib/base/log.h"

#define PLACES 33 /* of the supervisor, and of 32 children */

/* Those of reply.c, and a few that others of our kind have. */
static const int statuses[PTN_TALLY_STATUSES] = { 200, 201, 202, 204, 304, 400,
	401, 403, 404, 405, 408, 409, 410, 412, 413, 415, 422, 429, 500, 503 };

/* What one process counts; its endpoints come behind it. */
struct place {
	struct ptn_counts counts;
	struct ptn_tally_endpoint endpoint[];
};

struct ptn_tally {
	const struct ptn_route *route;
	size_t nroutes;
	_Atomic size_t used; /* places that anybody has had */
	_Alignas(64) unsigned char places[];
};

static const struct ptn_tally *all; /* NULL: nobody reads what we count */
static struct place *own;	    /* of it */

size_t
ptn_tally_endpoints(const struct ptn_tally *t)
{
	return t->nroutes + PTN_SIDE__MAX;
}

const struct ptn_route *
ptn_tally_route(const struct ptn_tally *t, size_t i, enum ptn_side *side)
{
	*side = i < t->nroutes ? t->route[i].family->side
			       : (enum ptn_side)(i - t->nroutes);
	return i < t->nroutes ? &t->route[i] : NULL;
}

int
ptn_tally_status(size_t i)
{
	return statuses[i];
}

/* A multiple of 64, so that no two processes write to one line of a cache. */
static size_t
place_len(size_t nroutes)
{
	const size_t len = sizeof(struct place) +
	    (nroutes + PTN_SIDE__MAX) * sizeof(struct ptn_tally_endpoint);

	return (len + 63) / 64 * 64;
}

static size_t
tally_len(size_t nroutes)
{
	return sizeof(struct ptn_tally) + PLACES * place_len(nroutes);
}

static struct place *
place_of(const struct ptn_tally *t, size_t i)
{
	return (struct place *)(void *)(uintptr_t)(t->places +
	    i * place_len(t->nroutes));
}

struct ptn_tally *
ptn_tally_new(const struct ptn_route *routes, size_t n)
{
	struct ptn_tally *t;

	t = mmap(NULL, tally_len(n), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (t == MAP_FAILED) {
		ptn_error("metrics: %s", strerror(errno));
		return NULL;
	}
	t->route = routes;
	t->nroutes = n;
	return t;
}

void
ptn_tally_free(struct ptn_tally **t)
{
	if (*t == NULL)
		return;
	ptn_counts_at(NULL);
	all = NULL;
	(void)munmap(*t, tally_len((*t)->nroutes));
	*t = NULL;
}

void
ptn_tally_join(struct ptn_tally *t, size_t place)
{
	const size_t i = place == 0 ? 0 : 1 + (place - 1) % (PLACES - 1);
	size_t used = atomic_load(&t->used);

	while (
	    used <= i && !atomic_compare_exchange_weak(&t->used, &used, i + 1))
		;
	all = t;
	own = place_of(t, i);
	ptn_counts_at(&own->counts);
}

static size_t
endpoint_of(const struct ptn_request *req)
{
	if (req->route != NULL)
		return (size_t)(req->route - all->route);
	return all->nroutes +
	    (size_t)(req->authorizer ? PTN_AUTHORIZER : req->side);
}

static size_t
number_of(int status)
{
	size_t i;

	for (i = 0; i < PTN_TALLY_STATUSES - 1; i++) {
		if (statuses[i] == status)
			break;
	}
	return i;
}

void
ptn_tally_request(const struct ptn_request *req, const struct ptn_reply *rep,
    int64_t us)
{
	struct ptn_tally_endpoint *e;

	if (all == NULL)
		return;
	e = &own->endpoint[endpoint_of(req)];
	(void)atomic_fetch_add_explicit(&e->status[number_of(rep->status)], 1,
	    memory_order_relaxed);
	ptn_count_into(&e->took, us);
}

/* Both are cells and nothing else, n of them. */
static void
add_cells(void *to, const void *from, size_t n)
{
	_Atomic uint64_t *sum = to;
	const _Atomic uint64_t *cell = from;
	size_t i;

	for (i = 0; i < n; i++)
		sum[i] += atomic_load_explicit(&cell[i], memory_order_relaxed);
}

void
ptn_tally_sum(const struct ptn_tally *t, struct ptn_counts *counts,
    struct ptn_tally_endpoint *endpoint)
{
	const size_t n = ptn_tally_endpoints(t);
	const size_t used = atomic_load(&t->used);
	const struct place *p;
	size_t i;

	memset(counts, 0, sizeof(*counts));
	memset(endpoint, 0, n * sizeof(*endpoint));
	for (i = 0; i < used; i++) {
		p = place_of(t, i);
		add_cells(counts, &p->counts,
		    sizeof(*counts) / sizeof(uint64_t));
		add_cells(endpoint, p->endpoint,
		    n * sizeof(*endpoint) / sizeof(uint64_t));
	}
}
