#ifndef PTN_CONF_SITE_H
#define PTN_CONF_SITE_H

#include "lib/base/arena.h"

/* What follows from where a site is. */
struct ptn_site {
	const char *origin;	   /* "https://www.example.org", RFC 6454 6.2 */
	const char *rp_id;	   /* "example.org": its relying party */
	const char *base_path;	   /* "/id", or "" at the root */
	const char *cookie_name;   /* with a prefix that binds it to the host */
	const char *cookie_secure; /* "true", or "false" where it is http */
	const char *mail_from;	   /* "noreply@example.org" */
};

/*
 * Take the URL of a site apart, below which Postern is mounted:
 * https://www.example.org/id.  http is for localhost alone, and for names
 * below it, where browsers allow it (Secure Contexts 3.1).
 *
 * The relying party is the host without a "www." in front, so that passkeys
 * survive a site that drops it.
 *
 * All of out is in the arena.  Returns NULL, or what is wrong with the URL.
 */
const char *ptn_site_of(struct ptn_arena *a, const char *url,
    struct ptn_site *out);

#endif
