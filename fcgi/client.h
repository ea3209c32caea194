#ifndef PTN_CLIENT_H
#define PTN_CLIENT_H

#include "fcgi/request.h"

/*
 * The address of the client, as text in the arena: REMOTE_ADDR; or, when that
 * is one of server.trusted_proxies, the last address of X-Forwarded-For that
 * is not.  Brackets and ports are stripped, and IPv6-mapped IPv4 is IPv4
 * (ip.h).  "" if there is none.
 */
const char *ptn_client_ip(const struct ptn_request *req);

/*
 * The network that a limit counts: the address itself for IPv4, its /64 for
 * IPv6, where a host has 2^64 addresses to try from.
 */
const char *ptn_client_network(const struct ptn_request *req);

/*
 * The network around that, of which many a client has all: the /24 of an IPv4
 * address, the /48 of an IPv6 one.  NULL without an address.
 */
const char *ptn_client_network_wide(const struct ptn_request *req);

/* The same of any address; NULL if it is none. */
const char *ptn_client_network_of(struct ptn_arena *a, const char *ip,
    bool wide);

/*
 * The request id: an incoming X-Request-Id of at most 64 characters from
 * [A-Za-z0-9._:+/=-], or 32 random letters.  NULL when the arena is full.
 */
const char *ptn_client_request_id(const struct ptn_request *req);

#endif
