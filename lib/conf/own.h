#ifndef PTN_CONF_OWN_H
#define PTN_CONF_OWN_H

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/format/json.h"

struct ptn_conf;

/*
 * What a tenant has of its own, laid over the configuration: values of those
 * keys whose rows of conf.def end in TENANT.  As JSON it is an object with the
 * sections of the file: {"session": {"lifespan": "1h"}}.  A null, and a key
 * that is not there, leave what the file says.
 */
struct ptn_own;

/*
 * config	an object, or NULL: nothing
 * base		the file's; borrowed, as are its texts
 * out		in the arena; with what could be read even on PTN_E_INPUT
 * why		on PTN_E_INPUT: "KEY: what is wrong", joined by "; "
 *
 * Values have the types, ranges and words that they have in the file, and what
 * must go together is held against the same rules.  A session must not last
 * longer than the file allows: for so long keys are kept.
 *
 * PTN_E_INPUT also for keys that are unknown, or may not differ.  PTN_E_NOMEM.
 */
enum ptn_err ptn_own_read(struct ptn_arena *a, const struct ptn_conf *base,
    const struct ptn_json *config, struct ptn_own **out,
    const char **why) PTN_MUST_USE;

/* The same of a text, as ptn_own_write() made it; NULL: nothing. */
enum ptn_err ptn_own_parse(struct ptn_arena *a, const struct ptn_conf *base,
    const char *text, struct ptn_own **out, const char **why) PTN_MUST_USE;

/* The configuration as it is then. */
const struct ptn_conf *ptn_own_conf(const struct ptn_own *own);

/* Is the value of a member of that the tenant's own? */
bool ptn_own_has(const struct ptn_own *own, const void *member);

/*
 * Their relying party is kept elsewhere (lib/account/org.h): take it out, and
 * put it in.  Each NULL if it is the file's; origins have spaces between them.
 */
struct ptn_own_rp {
	const char *id;
	const char *name;
	const char *origins;
};
enum ptn_err ptn_own_take_rp(struct ptn_arena *a, struct ptn_own *own,
    struct ptn_own_rp *rp) PTN_MUST_USE;
enum ptn_err ptn_own_put_rp(struct ptn_arena *a, struct ptn_own *own,
    const struct ptn_own_rp *rp) PTN_MUST_USE;

/* As ptn_own_read() takes it; the same values are always the same text. */
void ptn_own_write(struct ptn_jsonw *w, const char *name,
    const struct ptn_own *own);

#endif
