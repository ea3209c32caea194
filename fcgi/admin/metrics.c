#include "fcgi/admin/admin.h"

#include "fcgi/metrics.h"

/* GET /metrics: for Prometheus, or whatever reads its format. */
enum ptn_err
ptn_admin_metrics(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_buf text;
	enum ptn_err r;

	rep->routine = true;
	if ((r = ptn_metrics_write(req, &text)) != PTN_OK)
		return r;
	ptn_reply_raw(rep, PTN_METRICS_TYPE, PTN_BYTES(text.p, text.len));
	return PTN_OK;
}
