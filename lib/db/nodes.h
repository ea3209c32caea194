#ifndef PTN_DB_NODES_H
#define PTN_DB_NODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/conf/conf_words.h"
#include "lib/format/place.h"

struct ptn_conf;

/*
 * The servers that one connection can be made to, and when each may be tried:
 * after a failure not for 100 ms, doubling to 2 s, with jitter, so that many
 * processes do not come back in step.
 */
struct ptn_nodes {
	struct ptn_node {
		struct ptn_place place;
		int64_t retry_at_ms;
		uint32_t backoff_ms; /* 0: the last attempt went well */
	} node[PTN_DB_HOSTS_MAX];
	size_t n;
	size_t order[PTN_DB_HOSTS_MAX]; /* the preferred one first */
	size_t at;		      /* in order: tried or connected to */
	bool keeps_order;	      /* goes back to a preferred one */
	int64_t since_ms;	      /* when it was connected to */
};

/*
 * Those of database.hosts, or the one that database.socket, or database.host
 * and port, name.
 */
void ptn_nodes_init(struct ptn_nodes *ns, const struct ptn_conf *cf);

/* Let it be that one alone, by its number in the configuration. */
void ptn_nodes_only(struct ptn_nodes *ns, size_t i);

/* Begin a round of attempts. */
void ptn_nodes_begin(struct ptn_nodes *ns);

/* The next one to try in this round, or NULL. */
const struct ptn_place *ptn_nodes_next(struct ptn_nodes *ns);

/* How the attempt, or what was connected to, turned out. */
void ptn_nodes_good(struct ptn_nodes *ns);
void ptn_nodes_bad(struct ptn_nodes *ns);

/* Time to see whether one that is preferred is back: once a minute. */
bool ptn_nodes_go_back(const struct ptn_nodes *ns);

#endif
