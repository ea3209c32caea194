#ifndef PTN_FORMAT_MOUNT_H
#define PTN_FORMAT_MOUNT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Where a tenant is at home: an element of tenants.hosts or tenants.paths,
 * "WHERE ORGANISATION".  WHERE has no space, ORGANISATION (name or id) may.
 */
struct ptn_place {
	const char *at; /* "login.acme.example", "[2001:db8::1]", "/acme" */
	size_t at_len;
	const char *org; /* "" if there is none */
};

/* Take an element apart; all is borrowed from it. */
struct ptn_place ptn_place_of(const char *element);

/* Why there is no such host or path, or NULL. */
const char *ptn_place_fault(const struct ptn_place *p, bool path);

/* Are both the same host, or path?  Hosts have no case. */
bool ptn_place_same(const struct ptn_place *a, const struct ptn_place *b);

/*
 * Is this its host?  header is that of a request: a port, and the dot that
 * ends a full name, do not count; what is no host is nobody's.
 */
bool ptn_place_is_host(const struct ptn_place *p, const char *header);

/* Is path below it, or the place itself? */
bool ptn_place_has_path(const struct ptn_place *p, const char *path);

#endif
