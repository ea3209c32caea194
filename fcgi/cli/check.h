#ifndef PTN_CLI_CHECK_H
#define PTN_CLI_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"

struct ptn_conf;
struct ptn_db;

/*
 * What "config check" and "doctor" look at.  A check says what it found, a
 * sentence each, and what to do about it; whoever runs it decides how that is
 * told.
 */
enum ptn_check_verdict {
	PTN_CHECK_OK,
	PTN_CHECK_WARNING, /* it serves, and something will not work */
	PTN_CHECK_ERROR,
	PTN_CHECK_SKIPPED, /* could not be looked at, and why */
	PTN_CHECK__MAX
};

struct ptn_check {
	const struct ptn_conf *cf;
	struct ptn_db *db;   /* as what serves; connected when first used */
	struct ptn_arena *a; /* reset by whoever runs the checks */
	size_t n[PTN_CHECK__MAX]; /* how many of each were said */
	const char *about; /* which server a sentence is about, or NULL */
	bool mild; /* what the log has for an error is none: others serve */

	/*
	 * place	"FILE:LINE: KEY", or NULL; text without a newline
	 */
	void (*tell)(struct ptn_check *c, enum ptn_check_verdict verdict,
	    const char *place, const char *text);
};

void ptn_check_say(struct ptn_check *c, enum ptn_check_verdict verdict,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The same of a member of the configuration, and where it was written. */
void ptn_check_at(struct ptn_check *c, enum ptn_check_verdict verdict,
    const void *member, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * For whoever runs checks: from here on the lines of the log are what they
 * found, errors and warnings by their level, and the rest is dropped.  Until
 * ptn_check_log_end().
 */
void ptn_check_log_begin(struct ptn_check *c);
void ptn_check_log_end(void);

/* Say each line of what the configuration reported; text is changed. */
void ptn_check_lines(struct ptn_check *c, char *text);

typedef void (*ptn_check_fn)(struct ptn_check *c);

/* What needs the configuration and this machine alone. */
void ptn_check_advice(struct ptn_check *c);
void ptn_check_names(struct ptn_check *c);
void ptn_check_hashes(struct ptn_check *c);
void ptn_check_files(struct ptn_check *c);
void ptn_check_sockets(struct ptn_check *c);
void ptn_check_home(struct ptn_check *c);
void ptn_check_state(struct ptn_check *c);
void ptn_check_smtp(struct ptn_check *c);
void ptn_check_sendmail(struct ptn_check *c);
void ptn_check_templates(struct ptn_check *c);

/* What asks the database. */
void ptn_check_hosts(struct ptn_check *c);
void ptn_check_schema(struct ptn_check *c);
void ptn_check_tenants(struct ptn_check *c);

/*
 * Look at each of several servers (check_hosts.c), whether it serves, and then
 * more(): one that does not, or that is read-only, is a warning.  c->db is then
 * one that does, if any.  Nothing is done where there is one server only.
 */
void ptn_check_each(struct ptn_check *c,
    void (*more)(struct ptn_check *c, struct ptn_db *db));

/*
 * If it is a node of a cluster: what an operator must have set.  cluster is
 * which one the others are nodes of, of PTN_CHECK_CLUSTER_MAX bytes; "" before.
 */
#define PTN_CHECK_CLUSTER_MAX 64
void ptn_check_node(struct ptn_check *c, struct ptn_db *db, char *cluster);

#endif
