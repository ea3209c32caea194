#ifndef PTN_TELL_H
#define PTN_TELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/event/outbox.h"
#include "lib/mail/deliver.h"

struct ptn_hooks_one;
struct ptn_hookmessage;

/*
 * The part of the courier that tells webhooks: one thing at a time to each of
 * them, by the helper postern-hook, which alone speaks to the world.  A claim
 * outlives any helper, so that the next courier tells again what nobody wrote
 * down, behind what was told before.
 */
#define PTN_TELL_SLOTS 6

struct ptn_tell {
	struct ptn_tell_slot {
		bool used;
		bool ended; /* its outcome waits to be written down */
		struct ptn_outbox_told told; /* without its text */
		struct ptn_uuid hook;
		enum ptn_delivery what;
		struct ptn_deliver_job job;
	} slot[PTN_TELL_SLOTS];
	bool more;	      /* there may be something due */
	struct ptn_uuid home; /* the tenant that tokens do not name; or nil */
	int64_t record_ms;
};

/* Begin with what is due, as far as there are slots. */
enum ptn_err ptn_tell_take(struct ptn_tell *t, const struct ptn_scope *sc,
    size_t *taken) PTN_MUST_USE;

/* See what has ended, and write it down. */
void ptn_tell_serve(struct ptn_tell *t, const struct ptn_scope *sc);

/* The descriptors to wait for, PTN_TELL_SLOTS at most: how many. */
size_t ptn_tell_fds(const struct ptn_tell *t, int *fds);

/*
 * Until when (monotonic) nothing needs to be looked at; soon: of a helper that
 * closed its output.
 */
int64_t ptn_tell_until(const struct ptn_tell *t, int64_t soon);

/* Is there more to begin with, and a slot for it? */
bool ptn_tell_wants(const struct ptn_tell *t);

/* Is nothing under way? */
bool ptn_tell_idle(const struct ptn_tell *t);

/* Begin to tell one: its job is under way, if PTN_OK. */
enum ptn_err ptn_tell_start(const struct ptn_scope *sc,
    const struct ptn_hooks_one *hook, const struct ptn_hookmessage *m,
    struct ptn_deliver_job *job) PTN_MUST_USE;

#endif
