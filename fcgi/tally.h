#ifndef PTN_TALLY_H
#define PTN_TALLY_H

#include <stdint.h>

#include "fcgi/reply.h"
#include "fcgi/request.h"
#include "fcgi/routes.h"
#include "lib/base/count.h"

/*
 * What all processes of a server have counted (lib/base/count.h), and how each
 * endpoint was answered: memory that is mapped before anybody is forked, with
 * a place for each process, so that none waits for another.
 *
 * It is as old as the supervisor.  Whoever is replaced is followed by one that
 * counts on in its place, and so is a generation after a reload, be the old one
 * still there: no counter ever goes down.
 */
struct ptn_tally;

/* The statuses that are told apart; the last number is of all others. */
#define PTN_TALLY_STATUSES 21

/* How an endpoint was answered. */
struct ptn_tally_endpoint {
	_Atomic uint64_t status[PTN_TALLY_STATUSES];
	struct ptn_count_histogram took;
};

/*
 * How many endpoints there are: the routes, and behind them those of each side
 * that have none.
 */
size_t ptn_tally_endpoints(const struct ptn_tally *t);
/* The route of an endpoint; NULL: there is none, on that side. */
const struct ptn_route *ptn_tally_route(const struct ptn_tally *t, size_t i,
    enum ptn_side *side);

/* Which status a number of status above stands for; 0: all others. */
int ptn_tally_status(size_t i);

/*
 * For these routes, which are borrowed.  NULL, and it is logged: no memory.
 */
struct ptn_tally *ptn_tally_new(const struct ptn_route *routes, size_t n);
void ptn_tally_free(struct ptn_tally **t);

/*
 * This process counts in that place from now on: 0 is the supervisor's, the
 * others are its children's.  There are some 30; who comes behind shares.
 */
void ptn_tally_join(struct ptn_tally *t, size_t place);

/* Count a request, once its answer is settled, which took us to make. */
void ptn_tally_request(const struct ptn_request *req,
    const struct ptn_reply *rep, int64_t us);

/* What all places say together; endpoint is as long as there are some. */
void ptn_tally_sum(const struct ptn_tally *t, struct ptn_counts *counts,
    struct ptn_tally_endpoint *endpoint);

#endif
