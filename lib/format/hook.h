#ifndef PTN_FORMAT_HOOK_H
#define PTN_FORMAT_HOOK_H

#include <stdbool.h>

#define PTN_HOOK_URL_MAX 2048	 /* bytes */
#define PTN_HOOK_EVENTS_MAX 1024 /* bytes of a list */

/*
 * What a webhook may be told of: names in a tree, by dots.  Whoever wants
 * "user" or "user.update" wants all that begins so.
 */
bool ptn_hook_is_name(const char *name);

/* Does a list, names with a space between them, want an event? */
bool ptn_hook_wants(const char *list, const char *event);

/*
 * Why a callback cannot be called, or NULL: it must be an https address, or
 * http where that is allowed, with a host, and without a user or a fragment.
 */
const char *ptn_hook_url_fault(const char *url, bool http);

#endif
