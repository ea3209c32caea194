#ifndef PTN_DFNS_RECOVERY_H
#define PTN_DFNS_RECOVERY_H

#include "fcgi/dfns/dfns.h"
#include "fcgi/dfns/enrolment.h"
#include "fcgi/reply.h"
#include "fcgi/request.h"
#include "lib/base/bytes.h"
#include "lib/dfns/cred.h"

/* A recovery that begins. */
struct ptn_dfns_recovery {
	struct ptn_dfns_lookup who;	 /* given */
	const struct ptn_dfns_cred *key; /* NULL: they have no such one */
	struct ptn_dfns_ceremony_start b;
};

/* Find the active recovery key by which it is to be approved. */
enum ptn_err ptn_dfns_recovery_key(struct ptn_request *req,
    const struct ptn_scope *sc, struct ptn_bytes credential_id,
    struct ptn_dfns_recovery *k) PTN_MUST_USE;

/* The answer, when k->b has begun: what is to be signed, and by which key. */
enum ptn_err ptn_dfns_recovery_write(struct ptn_request *req,
    struct ptn_reply *rep, const struct ptn_dfns_recovery *k) PTN_MUST_USE;

#endif
