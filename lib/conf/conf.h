#ifndef PTN_CONF_H
#define PTN_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/strs.h"
#include "lib/base/tree.h"
#include "lib/conf/conf_words.h"

/* Who is told of what happens, by the configuration (lib/format/hook.h). */
struct ptn_conf_hook {
	const char *callback;
	const char *events; /* names, a space between them */
};

#define PTN_CONF_HOOKS_MAX 32

struct ptn_conf_hooks {
	struct ptn_conf_hook *v;
	size_t n;
};

/*
 * The configuration of a process: one member a row of conf.def, read-only
 * once loaded, and it owns what they hold.  STR members are never NULL (empty
 * when unset).  SECONDS are
 * whole seconds.  ENUM members hold the enumerators of conf_words.h as int.
 */
struct ptn_conf {
#define PTN_CONF_STR(member, path, dflt, ...) const char *member;
#define PTN_CONF_SECRET(member, path) const char *member;
#define PTN_CONF_BOOL(member, path, dflt, ...) bool member;
#define PTN_CONF_INT(member, path, dflt, min, max, ...) int64_t member;
#define PTN_CONF_OCTAL(member, path, dflt, min, max) int64_t member;
#define PTN_CONF_SECONDS(member, path, dflt, min, max, ...) int64_t member;
#define PTN_CONF_LIST(member, path, dflt, ...) struct ptn_strs member;
#define PTN_CONF_SECRETS(member, path) struct ptn_strs member;
#define PTN_CONF_ENUM(member, path, dflt, words, ...) int member;
#define PTN_CONF_CLAIMS(member, path) struct ptn_tree member;
#define PTN_CONF_HOOKS(member, path) struct ptn_conf_hooks member;
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
 * may be "file:/path" or "env:NAME", or stand behind "literal:"; a file that
 * holds one, be it this file, may be read by its owner only (or by a group, if
 * root owns it).
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

/* Was a member's value written somewhere, or is it the default? */
bool ptn_conf_is_set(const struct ptn_conf *cf, const void *member);

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

/*
 * Is there a file that ptn_conf_load() would read?  False only if nothing has
 * its name: one that cannot be read or is wrong is there.
 */
bool ptn_conf_is_there(const char *path);

/* Write the effective configuration as YAML, secrets masked as "***". */
void ptn_conf_print(const struct ptn_conf *cf, FILE *out);

/*
 * Which file a new configuration belongs into: the one that is named, else
 * $POSTERN_CONFIG, else where it lies when it was installed.
 */
const char *ptn_conf_home(const char *path);

/*
 * The text of a fresh configuration, with random secrets, in the arena; NULL
 * if that is full.  It loads as it is.
 */
const char *ptn_conf_fresh(struct ptn_arena *a);

/*
 * Change one key of a configuration's text; all else stays as its owner wrote
 * it.
 *
 * value	as --set has it: the elements of a list between commas
 * out		the new text, in the arena
 *
 * Returns PTN_OK; PTN_E_NOT_FOUND if there is no such key, PTN_E_UNPROCESSABLE
 * if the text is laid out in a way in which it cannot be changed (a section in
 * braces, a list over several lines), PTN_E_INPUT and PTN_E_TOO_LARGE if it is
 * no YAML of ours, PTN_E_NOMEM.
 */
enum ptn_err ptn_conf_edit(struct ptn_arena *a, const char *text,
    const char *path, const char *value, const char **out) PTN_MUST_USE;

/*
 * What a configuration's text has for a key, as --set has it, in the arena;
 * NULL if it says nothing, or no more than the default.
 */
const char *ptn_conf_set_in(struct ptn_arena *a, const char *text,
    const char *path);

/*
 * Is it a secret, and stands here itself, not the name of its place?  False if
 * there is no such key.
 */
bool ptn_conf_tells_secret(const char *path, const char *value);

/*
 * A secret as a value that means it, whatever it begins with: "file:/x" is one
 * only as "literal:file:/x".  In the arena, or itself; NULL if that is full.
 */
const char *ptn_conf_literal(struct ptn_arena *a, const char *secret);

/* A mail address, by a rough check that takes "localhost" for a domain. */
bool ptn_conf_is_mailbox(const char *s);

/*
 * Write a configuration, whole or not at all, and make the folder that it is
 * in.  A new file is of root and the group postern (0640) where that is and
 * root writes, else of its owner alone (0600); who owns one that is replaced
 * goes on to, unless that was root alone because there was no such group.
 * Without replace, one that exists is left alone.
 *
 * What goes wrong is a line on err.  Returns PTN_OK, PTN_E_CONFLICT (it
 * exists), PTN_E_INTERNAL.
 */
enum ptn_err ptn_conf_write(const char *path, const char *text, bool replace,
    FILE *err) PTN_MUST_USE;

/*
 * Keep a configuration that is not in force in a file of its own, which nobody
 * else can have prepared: whatever has that name, a link too, gives way to a
 * new file, as ptn_conf_write() makes one.  Fails as that does.
 */
enum ptn_err ptn_conf_stage(const char *path, const char *text,
    FILE *err) PTN_MUST_USE;

/*
 * What was kept so, in the arena.  It counts if it is a regular file of the
 * user that we run as, with one name, which nobody else can write or, but for
 * its group, read.
 *
 * Returns PTN_OK; PTN_E_NOT_FOUND; PTN_E_CONFIG, with a line on err, if it is
 * another's or cannot be read; PTN_E_NOMEM.
 */
enum ptn_err ptn_conf_staged(struct ptn_arena *a, const char *path,
    const char **text, FILE *err) PTN_MUST_USE;

/*
 * Be the one who sets up: hold the lock of that file, which is made, and the
 * folder that it is in.  It ends with the process, too.
 *
 * What goes wrong is a line on err.  Returns PTN_OK with the descriptor in fd;
 * PTN_E_BUSY at once if somebody else holds it; PTN_E_INTERNAL.
 */
enum ptn_err ptn_conf_lock(const char *path, int *fd, FILE *err) PTN_MUST_USE;

/* Take the file away, and let others; nothing if fd is -1. */
void ptn_conf_unlock(const char *path, int *fd);

/* The last of it, for one that stays as it is.  True if there was need. */
bool ptn_conf_give(const char *path);

#endif
