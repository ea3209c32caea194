#ifndef PTN_FORMAT_URL_H
#define PTN_FORMAT_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/strs.h"

/*
 * Checks of URLs and their parts: as an operator writes them, and as a browser
 * sends them.
 */

#define PTN_HOST_MAX 253 /* RFC 1035 2.3.4, as text */

/* Letters and digits of ASCII, and what stands in extra. */
bool ptn_url_chars_only(const char *s, size_t len, const char *extra);

/* A host name or IPv4 address, not empty, no dot at its ends. */
bool ptn_url_host_ok(const char *s, size_t len);
bool ptn_url_ip_ok(const char *s);

/* Decimal, 1 to 65535. */
bool ptn_url_port_ok(const char *s);

/* "localhost", "[::1]"; wild: "*.example.com". */
bool ptn_url_origin_host_ok(const char *s, size_t len, bool wild);

/*
 * Why a text is not the origin that a browser sends (RFC 6454 6.2), or NULL.
 *
 * wild		"*" and "?" may stand in host and port.
 * unsafe	and not only before a domain.
 */
const char *ptn_url_origin_problem(const char *s, bool wild, bool unsafe);

/* host[:port]: is the host domain, or below it? */
bool ptn_url_host_within(const char *s, const char *domain);

/*
 * The host in what was written instead of one: of a URL, without port and
 * path.
 *
 * len		how much of what is returned is the host; 0: there is none.
 */
const char *ptn_url_host_in(const char *s, size_t *len);

/* A path that something is mounted under: "/id", "/a/b". */
bool ptn_url_mount_ok(const char *s);

/*
 * The origins of a relying party are a list, or the rule "*" alone: https on
 * any port of the host that rp_id names and of the hosts below it, and http
 * on localhost for "localhost".
 */
bool ptn_url_origins_are_rule(const struct ptn_strs *origins);
bool ptn_url_origin_by_rule(const char *rp_id, const char *origin);

/*
 * Is the origin one of them, be they a list (whose case does not matter) or the
 * rule?
 */
bool ptn_url_origin_is_of(const char *rp_id, const struct ptn_strs *origins,
    const char *origin);

#endif
