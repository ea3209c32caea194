#ifndef PTN_FORMAT_PLACE_H
#define PTN_FORMAT_PLACE_H

#include <stdbool.h>

/* Where a server of the database listens. */
struct ptn_place {
	const char *socket; /* a path, or "": by TCP */
	char host[256];
	unsigned int port;
};

/*
 * A member of database.hosts: HOST, HOST:PORT, [IPV6], [IPV6]:PORT, or the
 * path of a unix socket; port is for those that name none.  text is borrowed.
 * False: none of these.
 */
bool ptn_place_of(const char *text, int port, struct ptn_place *out);

/* For the log: "db1.example.org:3306", or a path. */
#define PTN_PLACE_NAME_MAX 300
const char *ptn_place_name(const struct ptn_place *p,
    char out[PTN_PLACE_NAME_MAX]);

#endif
