/*
 * In the place of what counts for metrics, nothing: a server that is linked
 * with this (--wrap) does all else that the real one does.
 */
#include "fcgi/tally.h"
#include "lib/base/count.h"

void __wrap_ptn_count(enum ptn_count what);
void __wrap_ptn_count_time(enum ptn_count_spread what, int64_t us);
void __wrap_ptn_tally_request(const struct ptn_request *req,
    const struct ptn_reply *rep, int64_t us);

void
__wrap_ptn_count(enum ptn_count what)
{
	(void)what;
}

void
__wrap_ptn_count_time(enum ptn_count_spread what, int64_t us)
{
	(void)what;
	(void)us;
}

void
__wrap_ptn_tally_request(const struct ptn_request *req,
    const struct ptn_reply *rep, int64_t us)
{
	(void)req;
	(void)rep;
	(void)us;
}
