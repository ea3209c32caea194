#ifndef PTN_FORMAT_NGINX_H
#define PTN_FORMAT_NGINX_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/err.h"
#include "lib/base/strs.h"

/* How well a server fits a host, as nginx chooses (server_names.html). */
enum ptn_nginx_fit {
	PTN_NGINX_OTHER,
	PTN_NGINX_DEFAULT, /* "listen ... default_server" */
	PTN_NGINX_WILD,	   /* by a name with an asterisk */
	PTN_NGINX_NAMED,
	PTN_NGINX__MAX
};

/* One server { } of a configuration file of nginx. */
struct ptn_nginx_server {
	size_t inside; /* offset of what stands behind its brace */
	enum ptn_nginx_fit fit;
	bool tls; /* "listen ... ssl" */
	bool has; /* includes a file of that name */
};

/*
 * Find all server { } of a configuration file, wherever they stand in it.
 *
 * hosts	names without a port, in lower case: what each has to fit
 * included	name of a file without its folder, for "has"; "*" before the
 *		suffix in an include counts as nothing
 * servers	at most max; n is how many there are, and may be more
 *
 * Regular expressions as names are not judged: they fit nothing.
 * Returns PTN_OK, or PTN_E_INPUT: its braces do not match, or it ends in the
 * middle of a directive.
 */
enum ptn_err ptn_nginx_servers(const char *text, const struct ptn_strs *hosts,
    const char *included, struct ptn_nginx_server *servers, size_t max,
    size_t *n) PTN_MUST_USE;

#endif
