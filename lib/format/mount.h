#ifndef PTN_FORMAT_MOUNT_H
#define PTN_FORMAT_MOUNT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Where a tenant is served: an element of tenants.hosts or tenants.paths,
 * "WHERE ORGANISATION".  WHERE has no space, ORGANISATION (name or id) may.
 */
struct ptn_mount {
	const char *at; /* "login.acme.example", "[2001:db8::1]", "/acme" */
	size_t at_len;
	const char *org; /* "" if there is none */
};

/* Take an element apart; all is borrowed from it. */
struct ptn_mount ptn_mount_of(const char *element);

/* Why there is no such host or path, or NULL. */
const char *ptn_mount_problem(const struct ptn_mount *p, bool path);

/* Are both the same host, or path?  Hosts have no case. */
bool ptn_mount_same(const struct ptn_mount *a, const struct ptn_mount *b);

/*
 * Is this its host?  header is that of a request: a port, and the dot that ends
 * a full name, do not count.  False for what is no host.
 */
bool ptn_mount_is_host(const struct ptn_mount *p, const char *header);

/* Is path below it, or the very same? */
bool ptn_mount_has_path(const struct ptn_mount *p, const char *path);

#endif
