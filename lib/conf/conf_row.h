#ifndef PTN_CONF_ROW_H
#define PTN_CONF_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/conf/conf.h"

/*
 * What the conf_*.c files share, and nobody else needs: the rows of conf.def
 * as a table, and the state of a load.
 */

#define PTN_CONF_VALUE_MAX 4096 /* bytes of one text */
#define PTN_CONF_WHY_MAX 256	/* bytes of a reason, with the NUL */
#define PTN_CONF_ROWS_MAX 256
#define PTN_CONF_ENV_MAX 128 /* bytes of an environment name */
#define PTN_CONF_WORD_MAX 40 /* bytes of a word of an enumeration */

enum ptn_conf_kind {
	PTN_KIND_STR,
	PTN_KIND_SECRET,
	PTN_KIND_BOOL,
	PTN_KIND_INT,
	PTN_KIND_OCTAL,
	PTN_KIND_SECONDS,
	PTN_KIND_LIST,
	PTN_KIND_SECRETS,
	PTN_KIND_ENUM,
	PTN_KIND_CLAIMS,
	PTN_KIND_HOOKS,
	PTN_KIND_UNSUPPORTED,
	PTN_KIND_UNSUPPORTED_BELOW,
	PTN_KIND__MAX
};

struct ptn_conf_row {
	enum ptn_conf_kind kind;
	const char *path;
	size_t offset;	  /* of the member in struct ptn_conf */
	const char *dflt; /* NULL: none */
	int64_t min;
	int64_t max;
	const char *words;  /* "a|b": ENUM and both UNSUPPORTED */
	const char *advice; /* of UNSUPPORTED: what to write instead; or NULL */
	bool tenant;	    /* tenants may have values of their own (own.h) */
};

struct ptn_conf_load;

extern const struct ptn_conf_row ptn_conf_rows[];
extern const size_t ptn_conf_rows_n;

/* A row that has a member in struct ptn_conf, and one value. */
bool ptn_conf_is_key(const struct ptn_conf_row *row);
/* One that has a member, of all that stands below its path. */
bool ptn_conf_is_tree(const struct ptn_conf_row *row);
/* Is it the path of a list of sections? */
bool ptn_conf_is_list(const char *path);

bool ptn_conf_is_secret(const struct ptn_conf_row *row);

/* Does a value name the place of a secret, and is not the secret itself? */
bool ptn_conf_is_elsewhere(const char *secret);

/* The row of a key, or NULL. */
const struct ptn_conf_row *ptn_conf_row_of(const char *path);

/* A text without control characters, as a double-quoted scalar of YAML. */
void ptn_conf_print_text(FILE *out, const char *s);

/* The index of word in "a|b|c", or -1. */
int ptn_conf_word(const char *words, const char *word);

/*
 * The environment's name for a row: "session.lifespan", SESSION_LIFESPAN.
 * False for what has none: keys of the top level, and whole trees.
 */
bool ptn_conf_env_name(const struct ptn_conf_row *row,
    char name[PTN_CONF_ENV_MAX]);

/* The text of a value: one, or the elements of a list. */
struct ptn_conf_text {
	const char *const *v;
	size_t n;
	bool list;
	const char *exact; /* the path, as in yaml.h; NULL: its dots are cuts */
	const bool *plain; /* of each; NULL: all are */
};

/* Why something was refused. */
struct ptn_conf_why {
	char text[PTN_CONF_WHY_MAX];
};

/* Say why, and return PTN_E_INPUT. */
enum ptn_err ptn_conf_no(struct ptn_conf_why *why, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Parse a value by the type of its row, check its range, and put it into cf;
 * texts go to the arena.  On PTN_E_INPUT and PTN_E_NOMEM cf is as before and
 * why says the reason, without the value if it is secret.
 */
enum ptn_err ptn_conf_value(struct ptn_arena *a, struct ptn_conf *cf,
    const struct ptn_conf_row *row, const struct ptn_conf_text *text,
    struct ptn_conf_why *why) PTN_MUST_USE;

/*
 * Put a text into a tree, if it is one that claims are made of
 * (session.jwt_template.claims).  What is kept goes to the arena.  PTN_E_INPUT
 * and PTN_E_NOMEM with why.
 */
enum ptn_err ptn_conf_claims_put(struct ptn_arena *a, struct ptn_tree *t,
    const struct ptn_conf_row *row, const char *path,
    const struct ptn_conf_text *text, struct ptn_conf_why *why) PTN_MUST_USE;

/* Is it of a claim that the server has itself? */
bool ptn_conf_claims_are_ours(const struct ptn_conf_row *row, const char *path,
    const struct ptn_conf_text *text);

/* All are there: put them in order.  PTN_E_INPUT: they do not go together. */
enum ptn_err ptn_conf_claims_settle(struct ptn_tree *t,
    struct ptn_conf_why *why) PTN_MUST_USE;

/*
 * Put a text, of "webhooks.hooks.0.callback" or "webhooks.hooks.0.events", into
 * the list; what is kept goes to the arena.  PTN_E_INPUT, PTN_E_NOMEM with why.
 */
enum ptn_err ptn_conf_hooks_put(struct ptn_arena *a, struct ptn_conf_hooks *h,
    const char *path, const struct ptn_conf_text *text,
    struct ptn_conf_why *why) PTN_MUST_USE;

/* All are there: report what is wrong with them, and with what goes along. */
void ptn_conf_hooks_check(struct ptn_conf_load *ld);

/* The same of metrics.key. */
void ptn_conf_metrics_check(struct ptn_conf_load *ld);
void ptn_conf_origins_check(struct ptn_conf_load *ld);
void ptn_conf_pages_check(struct ptn_conf_load *ld);

/* conf_database.c: of the keys of the database. */
void ptn_conf_database_check(struct ptn_conf_load *ld);

/* What stands between commas, in the arena.  PTN_E_INPUT, PTN_E_NOMEM. */
enum ptn_err ptn_conf_split(struct ptn_arena *a, const char *s,
    struct ptn_strs *out) PTN_MUST_USE;

/* A file as it was read: its bytes and who may read it. */
struct ptn_conf_file {
	struct ptn_bytes text; /* in the arena, with a NUL behind it */
	unsigned mode;	       /* permission bits */
	bool open_to_others;   /* somebody else can read (or write) it */
};

/*
 * Read a regular file of at most max bytes.  PTN_E_NOT_FOUND, PTN_E_INPUT or
 * PTN_E_NOMEM with a reason in why.
 */
enum ptn_err ptn_conf_read(struct ptn_arena *a, const char *path, size_t max,
    struct ptn_conf_file *out, struct ptn_conf_why *why) PTN_MUST_USE;

/* Where a value came from. */
enum ptn_conf_layer {
	PTN_LAYER_DEFAULT,
	PTN_LAYER_FILE,
	PTN_LAYER_ENV,
	PTN_LAYER_SET,
	PTN_LAYER_TENANT
};

struct ptn_conf_origin {
	enum ptn_conf_layer layer;
	int line;     /* PTN_LAYER_FILE */
	bool faulted; /* reported already */
	bool bare;    /* seconds without a unit, and far fewer than usual */
};

/* A load under way. */
struct ptn_conf_load {
	struct ptn_conf *cf;
	struct ptn_arena *keep;	   /* what the configuration owns */
	struct ptn_arena *scratch; /* what the load alone needs */
	const char *file;
	FILE *err;
	unsigned faults;
	struct ptn_conf_origin origin[PTN_CONF_ROWS_MAX];
};

/* What is behind a struct ptn_conf that was loaded. */
struct ptn_conf_owner {
	struct ptn_conf cf; /* first: the way back from it */
	struct ptn_arena *arena;
	const char *file;
	struct ptn_conf_origin origin[PTN_CONF_ROWS_MAX];
};

/* Where the value of a row came from. */
struct ptn_conf_origin *ptn_conf_origin_of(struct ptn_conf_load *ld,
    const struct ptn_conf_row *row);

/*
 * One line on ld->err: where, which key, what.  row may be NULL: then nothing
 * but path names the key.
 */
void ptn_conf_report(struct ptn_conf_load *ld,
    const struct ptn_conf_origin *where, const struct ptn_conf_row *row,
    const char *path, const char *what);

/*
 * Report what is wrong with the row that member (a pointer into ld->cf)
 * belongs to, at the place its value came from; once a row.
 */
void ptn_conf_fault(struct ptn_conf_load *ld, const void *member,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void ptn_conf_warn(struct ptn_conf_load *ld, const void *member,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* What stands for a host is none: say which host was meant, if one was. */
void ptn_conf_no_host(struct ptn_conf_load *ld, const char *const *member,
    const char *what);

/* Take database.url, if there is one, apart into the other database keys. */
void ptn_conf_url(struct ptn_conf_load *ld);

/*
 * The key that a path was meant to be: another program's name for it, a slip
 * of the pen, or the same name in another place; NULL if there is no saying.
 * ptn_conf_elsewhere() looks for the last of these alone.
 */
const char *ptn_conf_meant(const char *path);
const char *ptn_conf_elsewhere(const char *path);

/* The word of "a|b|c" that said was meant to be; "" if there is none. */
void ptn_conf_word_meant(const char *words, const char *said,
    char out[PTN_CONF_WORD_MAX]);

/* Warn of variables that nobody reads, but whose names resemble a key's. */
void ptn_conf_near_environment(struct ptn_conf_load *ld);

/* A duration without a unit that is far below what is usual. */
bool ptn_conf_is_bare(const struct ptn_conf_row *row,
    const struct ptn_conf_text *text);

/* What belongs together, and what a range cannot say. */
void ptn_conf_check(struct ptn_conf_load *ld);

/* The same of what tenants may have of their own. */
void ptn_conf_check_own(struct ptn_conf_load *ld);

#endif
