#include "lib/db/nodes.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/rng.h"
#include "lib/conf/conf.h"

#define BACKOFF_FIRST_MS 100
#define BACKOFF_MAX_MS 2000
#define GO_BACK_MS 60000 /* to try costs a visitor up to 2 s */

/* Of a configuration, in its order. */
static size_t
places(const struct ptn_conf *cf, struct ptn_place out[PTN_DB_HOSTS_MAX])
{
	size_t i, n = 0;

	for (i = 0; i < cf->db_hosts.n && n < PTN_DB_HOSTS_MAX; i++)
		if (ptn_place_of(cf->db_hosts.v[i], cf->db_port, &out[n]))
			n++;
	if (n > 0)
		return n;
	out[0] = (struct ptn_place){ .socket = cf->db_socket,
		.port = (unsigned int)cf->db_port };
	(void)snprintf(out[0].host, sizeof(out[0].host), "%s", cf->db_host);
	return 1;
}

/* Fisher and Yates. */
static void
shuffle(struct ptn_nodes *ns)
{
	size_t i, j, kept;

	for (i = ns->n; i > 1; i--) {
		j = ptn_rng_below((uint32_t)i);
		kept = ns->order[i - 1];
		ns->order[i - 1] = ns->order[j];
		ns->order[j] = kept;
	}
}

void
ptn_nodes_init(struct ptn_nodes *ns, const struct ptn_conf *cf)
{
	struct ptn_place at[PTN_DB_HOSTS_MAX];
	size_t i;

	memset(ns, 0, sizeof(*ns));
	ns->n = places(cf, at);
	for (i = 0; i < ns->n; i++) {
		ns->node[i].place = at[i];
		ns->order[i] = i;
	}
	ns->keeps_order = cf->db_hosts_order == PTN_DB_HOSTS_IN_ORDER;
	if (!ns->keeps_order)
		shuffle(ns);
}

void
ptn_nodes_only(struct ptn_nodes *ns, size_t i)
{
	ns->node[0] = ns->node[i];
	ns->order[0] = 0;
	ns->n = 1;
}

static struct ptn_node *
current(struct ptn_nodes *ns)
{
	return &ns->node[ns->order[ns->at]];
}

void
ptn_nodes_begin(struct ptn_nodes *ns)
{
	ns->at = SIZE_MAX;
}

const struct ptn_place *
ptn_nodes_next(struct ptn_nodes *ns)
{
	const int64_t now = ptn_clock_mono_ms();
	const struct ptn_node *node;

	while (++ns->at < ns->n) {
		node = current(ns);
		if (node->backoff_ms == 0 || now >= node->retry_at_ms)
			return &node->place;
	}
	ns->at = 0;
	return NULL;
}

void
ptn_nodes_good(struct ptn_nodes *ns)
{
	current(ns)->backoff_ms = 0;
	ns->since_ms = ptn_clock_mono_ms();
}

void
ptn_nodes_bad(struct ptn_nodes *ns)
{
	struct ptn_node *node = current(ns);
	uint32_t ms = node->backoff_ms * 2;

	if (ms < BACKOFF_FIRST_MS)
		ms = BACKOFF_FIRST_MS;
	if (ms > BACKOFF_MAX_MS)
		ms = BACKOFF_MAX_MS;
	node->backoff_ms = ms;
	node->retry_at_ms =
	    ptn_clock_mono_ms() + ms / 2 + ptn_rng_below(ms / 2 + 1);
}

bool
ptn_nodes_go_back(const struct ptn_nodes *ns)
{
	return ns->keeps_order && ns->at > 0 &&
	    ptn_clock_mono_ms() - ns->since_ms > GO_BACK_MS;
}
