#ifndef PTN_METRICS_H
#define PTN_METRICS_H

#include "fcgi/request.h"
#include "lib/base/arena.h"
#include "lib/base/err.h"

#define PTN_METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/*
 * All metrics of lib/base/metric.def in Prometheus' text format, into b: what
 * the processes of this server have counted, and how it stands now.  An
 * endpoint that nobody has asked for has no lines.
 *
 * One statement.  PTN_E_UNAVAILABLE without a database, PTN_E_NOMEM,
 * PTN_E_NOT_FOUND without a supervisor: nobody has counted.
 */
enum ptn_err ptn_metrics_write(const struct ptn_request *req,
    struct ptn_buf *b) PTN_MUST_USE;

#endif
