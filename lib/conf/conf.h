#ifndef PTN_CONF_H
#define PTN_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/base/err.h"
#include "lib/base/strs.h"
#include "lib/conf/conf_words.h"

/*
 * The configuration of a process: one member a row of conf.def, read-only
 * once loaded, and it owns what they hold.  STR members are never NULL (empty
 * when unset).  SECONDS are
 * whole seconds.  ENUM members hold the enumerators of conf_words.h as int.
 */
struct ptn_conf {
#define PTN_CONF_STR(member, path, dflt) const char *member;
#define PTN_CONF_SECRET(member, path) const char *member;
#define PTN_CONF_BOOL(member, path, dflt) bool member;
#define PTN_CONF_INT(member, path, dflt, min, max) int64_t member;
#define PTN_CONF_OCTAL(member, path, dflt, min, max) int64_t member;
#define PTN_CONF_SECONDS(member, path, dflt, min, max) int64_t member;
#define PTN_CONF_LIST(member, path, dflt) struct ptn_strs member;
#define PTN_CONF_SECRETS(member, path) struct ptn_strs member;
#define PTN_CONF_ENUM(member, path, dflt, words) int member;
#define PTN_CONF_UNSUPPORTED(path, off)
#define PTN_CONF_UNSUPPORTED_HERE(path, off, dflt, advice)
#define PTN_CONF_UNSUPPORTED_BELOW(path, on)
#include "lib/conf/conf.def"
};

/*
 * Load, in this order: defaults, the file, the environment (upper-case path,
 * "_" for "."; lists are comma-separated), then the overrides ("PATH=VALUE"),
 * each over the one before; then check ranges and what belongs together.
 *
 * path		the file, or NULL to search: $POSTERN_CONFIG, postern.yaml
 *		beside the program, $sysconfdir/postern/postern.yaml.
 * set		NULL-terminated "PATH=VALUE" strings, or NULL.
 *
 * A database.url takes the place of the database keys it speaks of.  Secrets
 * may be "file:/path" or "env:NAME"; a file that holds one, be it this file,
 * may be read by its owner only (or by a group, if root owns it).
 *
 * Every fault is reported on err as FILE:LINE: KEY: what is wrong, all of
 * them in one go ("environment: NAME: ...", "--set: KEY: ..."); warnings as
 * FILE:LINE: KEY: warning: ...  Never a value that is secret.
 * Returns PTN_OK or PTN_E_CONFIG.
 */
enum ptn_err ptn_conf_load(struct ptn_conf **out, const char *path,
    const char *const *set, FILE *err) PTN_MUST_USE;

/* Overwrites the secrets, then releases.  Clears the pointer; takes NULL. */
void ptn_conf_free(struct ptn_conf **cf);

/*
 * Report what is wrong with a member of cf, and was found out after it was
 * loaded, in the form and with the place that ptn_conf_load() gives.
 */
void ptn_conf_complain(const struct ptn_conf *cf, const void *member, FILE *err,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * Where a member's value came from and which key it is, as a line of
 * ptn_conf_complain() begins: "FILE:LINE: KEY".
 */
#define PTN_CONF_PLACE_MAX 4400
void ptn_conf_place(const struct ptn_conf *cf, const void *member,
    char out[PTN_CONF_PLACE_MAX]);

/*
 * Report as warnings, in the same form, what is possible and seldom meant: a
 * relying party that does not fit its origins, http where the world is, values
 * of the example, everybody as a trusted proxy.  Needs nothing but cf.
 */
void ptn_conf_advise(const struct ptn_conf *cf, FILE *err);

/* The file that was read. */
const char *ptn_conf_file(const struct ptn_conf *cf);

/* Write the effective configuration as YAML, secrets masked as "***". */
void ptn_conf_print(const struct ptn_conf *cf, FILE *out);

/* Where the configuration lies when it was installed. */
const char *ptn_conf_installed(void);

/*
 * Write a fresh configuration with random secrets to path, mode 0600.  Never
 * overwrites: PTN_E_CONFLICT if path exists.  It loads as it is.
 * PTN_E_INTERNAL if it cannot be written; the reason is logged.
 */
enum ptn_err ptn_conf_init(const char *path) PTN_MUST_USE;

#endif
