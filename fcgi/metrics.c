#include "config.h"

#include "fcgi/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fcgi/family.h"
#include "fcgi/process.h"
#include "fcgi/tally.h"
#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/event/outbox.h"

/* What there is to tell: looked at once, so that all lines fit together. */
struct look {
	const struct ptn_child *child;
	struct ptn_counts *counts;
	struct ptn_tally_endpoint *endpoint; /* each of them */
	struct ptn_outbox_depth outbox[PTN_OUTBOX_SERVED];
	int hash_used;
	int hash_waiting;
};

enum metric {
#define PTN_METRIC(name, type, text, help) METRIC_##name,
#define PTN_SERIES(name, labels)
#define PTN_SPREAD(name, labels)
#include "lib/base/metric.def"
#undef PTN_SPREAD
#undef PTN_SERIES
#undef PTN_METRIC
};

/* ------------------------------------------------------------------- lines */

/* "name_suffix{labels,more} "; without braces if there is nothing in them. */
static void
put_name(struct ptn_buf *b, const char *name, const char *suffix,
    const char *labels, const char *more)
{
	const bool some = labels[0] != '\0' || more[0] != '\0';
	const bool both = labels[0] != '\0' && more[0] != '\0';

	ptn_buf_printf(b, "%s%s", name, suffix);
	if (some)
		ptn_buf_printf(b, "{%s%s%s}", labels, both ? "," : "", more);
	ptn_buf_char(b, ' ');
}

static void
put_value(struct ptn_buf *b, const char *name, const char *labels,
    uint64_t value)
{
	put_name(b, name, "", labels, "");
	ptn_buf_printf(b, "%" PRIu64 "\n", value);
}

static void
put_seconds(struct ptn_buf *b, uint64_t us)
{
	ptn_buf_printf(b, "%" PRIu64 ".%06u", us / (uint64_t)PTN_US_PER_S,
	    (unsigned)(us % (uint64_t)PTN_US_PER_S));
}

static void
put_histogram(struct ptn_buf *b, const char *name, const char *labels,
    const struct ptn_count_histogram *h)
{
	uint64_t n = 0;
	char le[32];
	size_t i;

	for (i = 0; i < PTN_COUNT_BOUNDS; i++) {
		n += h->bucket[i];
		(void)snprintf(le, sizeof(le), "le=\"%g\"",
		    (double)ptn_count_bounds_us[i] / (double)PTN_US_PER_S);
		put_name(b, name, "_bucket", labels, le);
		ptn_buf_printf(b, "%" PRIu64 "\n", n);
	}
	n += h->bucket[PTN_COUNT_BOUNDS];
	put_name(b, name, "_bucket", labels, "le=\"+Inf\"");
	ptn_buf_printf(b, "%" PRIu64 "\n", n);
	put_name(b, name, "_sum", labels, "");
	put_seconds(b, h->sum_us);
	ptn_buf_char(b, '\n');
	put_name(b, name, "_count", labels, "");
	ptn_buf_printf(b, "%" PRIu64 "\n", n);
}

/* ------------------------------------------------- what is not counted by it
 */

static void
write_build(struct ptn_buf *b, const char *name, const struct look *l)
{
	(void)l;
	put_value(b, name, "version=\"" PACKAGE_VERSION "\"", 1);
}

/* Labels of an endpoint: method and path of its route, on its side. */
static void
endpoint_labels(const struct look *l, size_t i, char *out, size_t len)
{
	const struct ptn_route *rt;
	enum ptn_side side;

	rt = ptn_tally_route(l->child->tally, i, &side);
	(void)snprintf(out, len, "side=\"%s\",method=\"%s\",route=\"%s\"",
	    ptn_side_names[side],
	    rt != NULL ? ptn_method_name(rt->method) : "other",
	    rt != NULL ? rt->path : "other");
}

static void
write_requests(struct ptn_buf *b, const char *name, const struct look *l)
{
	char labels[256], status[32];
	size_t i, k;

	for (i = 0; i < ptn_tally_endpoints(l->child->tally); i++) {
		endpoint_labels(l, i, labels, sizeof(labels));
		for (k = 0; k < PTN_TALLY_STATUSES; k++) {
			if (l->endpoint[i].status[k] == 0)
				continue;
			(void)snprintf(status, sizeof(status),
			    ptn_tally_status(k) != 0 ? "status=\"%d\""
						     : "status=\"other\"",
			    ptn_tally_status(k));
			put_name(b, name, "", labels, status);
			ptn_buf_printf(b, "%" PRIu64 "\n",
			    l->endpoint[i].status[k]);
		}
	}
}

static bool
was_asked(const struct ptn_tally_endpoint *t)
{
	size_t k;

	for (k = 0; k < PTN_TALLY_STATUSES; k++) {
		if (t->status[k] != 0)
			return true;
	}
	return false;
}

static void
write_request_time(struct ptn_buf *b, const char *name, const struct look *l)
{
	char labels[256];
	size_t i;

	for (i = 0; i < ptn_tally_endpoints(l->child->tally); i++) {
		if (!was_asked(&l->endpoint[i]))
			continue;
		endpoint_labels(l, i, labels, sizeof(labels));
		put_histogram(b, name, labels, &l->endpoint[i].took);
	}
}

static void
write_hash_slots(struct ptn_buf *b, const char *name, const struct look *l)
{
	put_value(b, name, "", (uint64_t)ptn_hashgate_slots(l->child->gate));
}

static void
write_hash_used(struct ptn_buf *b, const char *name, const struct look *l)
{
	put_value(b, name, "", (uint64_t)l->hash_used);
}

static void
write_hash_places(struct ptn_buf *b, const char *name, const struct look *l)
{
	put_value(b, name, "", (uint64_t)ptn_hashgate_places(l->child->gate));
}

static void
write_hash_waiting(struct ptn_buf *b, const char *name, const struct look *l)
{
	put_value(b, name, "", (uint64_t)l->hash_waiting);
}

static void
write_outbox(struct ptn_buf *b, const char *name, const struct look *l)
{
	char labels[64];
	size_t i;

	for (i = 0; i < PTN_OUTBOX_SERVED; i++) {
		(void)snprintf(labels, sizeof(labels), "kind=\"%s\"",
		    l->outbox[i].kind);
		put_value(b, name, labels, (uint64_t)l->outbox[i].n);
	}
}

static void
write_outbox_age(struct ptn_buf *b, const char *name, const struct look *l)
{
	char labels[64];
	size_t i;

	for (i = 0; i < PTN_OUTBOX_SERVED; i++) {
		(void)snprintf(labels, sizeof(labels), "kind=\"%s\"",
		    l->outbox[i].kind);
		put_value(b, name, labels, (uint64_t)l->outbox[i].age_s);
	}
}

/* The roles, and where in the scores their processes begin and end. */
static const struct {
	const char *labels;
	bool workers;
	size_t behind; /* the workers */
} roles[] = {
	{ "role=\"worker\"", true, 0 },
	{ "role=\"courier\"", false, 0 },
	{ "role=\"receiver\"", false, 1 },
};

/* The sum of what look says of each process of a role. */
static uint64_t
sum_of(const struct look *l, size_t role,
    uint64_t (*of)(const struct ptn_score *score))
{
	const struct ptn_score *score = l->child->scores;
	const size_t nworkers = l->child->nworkers;
	uint64_t sum = 0;
	size_t i;

	if (!roles[role].workers)
		return of(&score[nworkers + roles[role].behind]);
	for (i = 0; i < nworkers; i++)
		sum += of(&score[i]);
	return sum;
}

static uint64_t
is_ready(const struct ptn_score *score)
{
	return atomic_load(&score->ready) != 0 ? 1 : 0;
}

static uint64_t
is_busy(const struct ptn_score *score)
{
	return atomic_load(&score->busy_since_ms) != 0 ? 1 : 0;
}

static uint64_t
memory_of(const struct ptn_score *score)
{
	return (uint64_t)atomic_load(&score->memory);
}

static void
write_processes(struct ptn_buf *b, const char *name, const struct look *l)
{
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(roles); i++)
		put_value(b, name, roles[i].labels, sum_of(l, i, is_ready));
}

static void
write_workers(struct ptn_buf *b, const char *name, const struct look *l)
{
	put_value(b, name, "", sum_of(l, 0, is_busy));
}

static void
write_memory(struct ptn_buf *b, const char *name, const struct look *l)
{
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(roles); i++)
		put_value(b, name, roles[i].labels, sum_of(l, i, memory_of));
}

/* ------------------------------------------------------------------- the text
 */

/* Who tells of a metric that has no series in the table. */
static const struct {
	enum metric metric;
	void (
	    *write)(struct ptn_buf *b, const char *name, const struct look *l);
} writers[] = {
	{ METRIC_BUILD, write_build },
	{ METRIC_REQUESTS, write_requests },
	{ METRIC_REQUEST_TIME, write_request_time },
	{ METRIC_HASH_SLOTS, write_hash_slots },
	{ METRIC_HASH_USED, write_hash_used },
	{ METRIC_HASH_PLACES, write_hash_places },
	{ METRIC_HASH_WAITING, write_hash_waiting },
	{ METRIC_OUTBOX, write_outbox },
	{ METRIC_OUTBOX_AGE, write_outbox_age },
	{ METRIC_PROCESSES, write_processes },
	{ METRIC_WORKERS, write_workers },
	{ METRIC_MEMORY, write_memory },
};

/* The table, row by row: a metric, or a series of the one above. */
enum row { ROW_METRIC, ROW_SERIES, ROW_SPREAD };
static const struct {
	enum row row;
	size_t number;
	const char *text; /* its name, or labels */
	const char *type;
	const char *help;
} rows[] = {
#define TYPE_COUNTER "counter"
#define TYPE_GAUGE "gauge"
#define TYPE_HISTOGRAM "histogram"
#define PTN_METRIC(name, type, text, help)                                     \
	{ ROW_METRIC, METRIC_##name, text, TYPE_##type, help },
#define PTN_SERIES(name, labels)                                               \
	{ ROW_SERIES, PTN_COUNT_##name, labels, NULL, NULL },
#define PTN_SPREAD(name, labels)                                               \
	{ ROW_SPREAD, PTN_SPREAD_##name, labels, NULL, NULL },
#include "lib/base/metric.def"
#undef PTN_SPREAD
#undef PTN_SERIES
#undef PTN_METRIC
};

static void
write_metric(struct ptn_buf *b, size_t row, const struct look *l)
{
	const char *name = rows[row].text;
	size_t i;

	ptn_buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n", name, rows[row].help,
	    name, rows[row].type);
	for (i = 0; i < PTN_ARRAY_LEN(writers); i++) {
		if (writers[i].metric == rows[row].number)
			writers[i].write(b, name, l);
	}
}

static void
write_rows(struct ptn_buf *b, const struct look *l)
{
	const char *name = "";
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(rows); i++) {
		switch (rows[i].row) {
		case ROW_METRIC:
			name = rows[i].text;
			write_metric(b, i, l);
			break;
		case ROW_SERIES:
			put_value(b, name, rows[i].text,
			    l->counts->count[rows[i].number]);
			break;
		case ROW_SPREAD:
			put_histogram(b, name, rows[i].text,
			    &l->counts->spread[rows[i].number]);
			break;
		}
	}
}

enum ptn_err
ptn_metrics_write(const struct ptn_request *req, struct ptn_buf *b)
{
	struct ptn_arena *a = req->sc.arena;
	struct look l = { .child = req->env->child };
	enum ptn_err r;

	if (l.child->tally == NULL)
		return PTN_E_NOT_FOUND;
	l.counts = ptn_arena_alloc(a, sizeof(*l.counts));
	l.endpoint = ptn_arena_calloc(a, ptn_tally_endpoints(l.child->tally),
	    sizeof(*l.endpoint));
	if (l.counts == NULL || l.endpoint == NULL)
		return PTN_E_NOMEM;
	if ((r = ptn_outbox_look(&req->sc, l.outbox)) != PTN_OK)
		return r;
	ptn_tally_sum(l.child->tally, l.counts, l.endpoint);
	ptn_hashgate_look(l.child->gate, &l.hash_used, &l.hash_waiting);
	ptn_buf_init(b, a);
	write_rows(b, &l);
	return b->bad ? PTN_E_NOMEM : PTN_OK;
}
