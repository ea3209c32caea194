#ifndef PTN_EVENT_OUTBOX_H
#define PTN_EVENT_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/db.h"
#include "lib/db/scope.h"

/*
 * Who serves a row: THE list is courier.c's.  A body is bound to the number of
 * its kind: new ones are added behind the others.
 */
enum ptn_outbox_kind {
	PTN_OUTBOX_MAIL,      /* a mail with a code, to be written and sent */
	PTN_OUTBOX_DFNS_CODE, /* a code that was asked for: codemail.h */
	PTN_OUTBOX_NOTICE,    /* a mail that nobody waits for */
	PTN_OUTBOX_UNSENT,    /* none: written as if, never claimed */
	PTN_OUTBOX_WEBHOOK,   /* what a hook is told: webhook.h */
	PTN_OUTBOX_PARKED,    /* that, given up: kept for a while */
	PTN_OUTBOX__MAX
};

#define PTN_OUTBOX_SOURCE_LEN 8

/*
 * Mail that is to be sent: rows written in the transaction of what they
 * speak of, claimed and sent by the courier.  The body is sealed
 * (AES-256-GCM, bound to the row's id and kind).
 */
struct ptn_outbox_mail {
	const char *template; /* "passcode" */
	const char *to;	      /* canonical address */
	const char *locale;   /* a tag of locale.h */
	const char *code;     /* the variables of the template; "": none */
	int64_t ttl_s;	      /* also: not sent any more after this */
	const char *service;  /* who it is from; NULL: service.name */
	const char *username; /* of the member; NULL: not told */
	const char *org;      /* the id of the organisation; NULL: not told */
	const char *time;     /* when it was asked for; NULL: not told */
	const char *address;  /* from where; NULL: not told */
	const char *api;      /* by which API it was done; NULL: not told */
	const char *asker; /* of a wish: who has it (asker.h); NULL: a mail */
	const char *bucket; /* of a notice: not counted yet, and of which */
	/* On whose behalf, of an item; p NULL: of the network that acts. */
	struct ptn_bytes source;
};

/*
 * Whose turn an item has: a MAC of the wider network of sc->actor, or zeros
 * where no request acts.
 */
enum ptn_err ptn_outbox_source(const struct ptn_scope *sc,
    uint8_t out[PTN_OUTBOX_SOURCE_LEN]) PTN_MUST_USE;

/* For how long a claim is good: longer than any delivery lasts. */
#define PTN_OUTBOX_LEASE_S 120

/*
 * Queue it.  Inside the caller's transaction; behind it the courier is woken
 * for whoever acts (sc->actor).
 */
enum ptn_err ptn_outbox_put(const struct ptn_scope *sc,
    enum ptn_outbox_kind kind, const struct ptn_outbox_mail *mail) PTN_MUST_USE;

struct ptn_outbox_item {
	struct ptn_uuid id;
	struct ptn_uuid claim; /* by which it is this process's for now */
	struct ptn_uuid tenant_id;
	enum ptn_outbox_kind kind;
	int64_t attempts; /* before this one */
	int64_t left_s;	  /* until it expires */
	struct ptn_outbox_mail mail;
};

/* What a courier has room for. */
struct ptn_outbox_room {
	size_t all;
	size_t codes; /* of those, for what is no notice */
	bool no_notices;
	struct ptn_bytes
	    busy; /* a source that gets nothing now; p NULL: none */
};

struct ptn_outbox_claimed {
	struct ptn_outbox_item *items;
	size_t n;
	bool more; /* there may be: all the room was used */
};

/*
 * Claim due items for this process for PTN_OUTBOX_LEASE_S: nobody else gets
 * them meanwhile, and they come back when this process dies.  Codes go before
 * notices; of one kind all sources have their turn, and the oldest of each goes
 * first.  What has expired is dropped, and so is what cannot be opened (its
 * secret is gone), each with a line in the log.  A kind that this version does
 * not know is left alone.
 */
enum ptn_err ptn_outbox_claim(const struct ptn_scope *sc,
    const struct ptn_outbox_room *room,
    struct ptn_outbox_claimed *out) PTN_MUST_USE;

/*
 * What somebody is told who is not mailed: text, sealed in the same way.
 *
 * source	whose turn it has
 */
enum ptn_err ptn_outbox_put_told(const struct ptn_scope *sc,
    enum ptn_outbox_kind kind, struct ptn_bytes source, const char *text,
    int64_t ttl_s) PTN_MUST_USE;

struct ptn_outbox_told {
	struct ptn_uuid id;
	struct ptn_uuid tenant_id;
	int64_t attempts;
	int64_t left_s;
	struct ptn_bytes text;
};

struct ptn_outbox_told_room {
	size_t all;
	const struct ptn_uuid *busy; /* the tenants that have some, each time */
	size_t nbusy;
};

/*
 * Claim of WEBHOOK what is due, has nothing older of its source before it, and
 * is not too much for its tenant: one of each source.  A tenant that is alone
 * gets all places but two, which are for others who come; several have a share
 * each, of two at least.  What cannot be opened is dropped.
 */
enum ptn_err ptn_outbox_claim_told(const struct ptn_scope *sc,
    const struct ptn_outbox_told_room *room, struct ptn_outbox_told **out,
    size_t *n) PTN_MUST_USE;

enum ptn_err ptn_outbox_sent(const struct ptn_scope *sc,
    const struct ptn_uuid *id) PTN_MUST_USE;

/* What became of an item. */
struct ptn_outbox_outcome {
	struct ptn_uuid id, claim;
	enum { PTN_OUTBOX_GONE, PTN_OUTBOX_AGAIN, PTN_OUTBOX_UNTRIED } what;
	int64_t delay_s; /* AGAIN: until the next try */
};

/*
 * Write down what became of n items: all, or nothing.  What is to be tried is
 * left alone if another claim has it by now, so that it may be said twice.
 */
enum ptn_err ptn_outbox_record(const struct ptn_scope *sc,
    const struct ptn_outbox_outcome *outcome, size_t n) PTN_MUST_USE;

/* What waits of a kind. */
struct ptn_outbox_depth {
	const char *kind; /* "mail" */
	int64_t n;
	int64_t age_s; /* of the oldest; 0: nothing waits */
};

/* The kinds that wait, and what was given up. */
#define PTN_OUTBOX_TOLD 5
enum ptn_err ptn_outbox_look(const struct ptn_scope *sc,
    struct ptn_outbox_depth out[PTN_OUTBOX_TOLD]) PTN_MUST_USE;

/* Try again in delay_s, or never (delay_s < 0: the row goes). */
enum ptn_err ptn_outbox_failed(const struct ptn_scope *sc,
    const struct ptn_uuid *id, int64_t delay_s) PTN_MUST_USE;

#endif
