#ifndef PTN_LISTEN_H
#define PTN_LISTEN_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "fcgi/process.h"
#include "lib/base/err.h"

struct ptn_conf;

/*
 * Listening sockets: bound by us, or by whoever started us.  All of them are
 * non-blocking, so that losing the race for a connection costs nothing.
 */
struct ptn_listener {
	int fd;	       /* -1: none */
	char *address; /* as configured; NULL: none, or bound by others */
	bool owned;    /* its unix socket is ours to remove */
	dev_t dev;     /* of the unix socket, to know it again: */
	ino_t ino;     /* the number alone may have been given out anew */
	struct timespec born;
};

#define PTN_LISTENER_NONE ((struct ptn_listener){ .fd = -1 })

/*
 * Bind and listen.
 *
 * address	"unix:/PATH", or "HOST:PORT", "[HOST]:PORT" with a numeric
 *		HOST or "localhost"; borrowed.
 *
 * A unix socket gets its owner and mode before it takes the first
 * connection.  One that is there already is replaced if nobody answers on
 * it.  TCP addresses must be loopback unless cf->tcp_remote: whoever reaches
 * the socket is believed to be the web server.
 *
 * Returns PTN_OK; PTN_E_CONFIG (address, user or group unusable);
 * PTN_E_CONFLICT (somebody answers there); PTN_E_INTERNAL.  Logged.
 */
enum ptn_err ptn_listen_open(struct ptn_listener *l,
    const struct ptn_conf *cf, const char *address) PTN_MUST_USE;

/*
 * Use the socket of another listener as well; the other one keeps the unix
 * socket's file, which gets the owner and mode of cf.
 */
enum ptn_err ptn_listen_share(struct ptn_listener *l,
    const struct ptn_listener *other, const struct ptn_conf *cf) PTN_MUST_USE;

/* Close, and remove the unix socket if it is ours and still the same. */
void ptn_listen_close(struct ptn_listener *l);

/* True if fd is a socket that listens. */
bool ptn_listen_is(int fd);

/* Make a socket that others bound ready for us: non-blocking, not passed on. */
enum ptn_err ptn_listen_adopt(int fd) PTN_MUST_USE;

/*
 * The sockets that systemd passed (sd_listen_fds(3)), by name: "public",
 * "admin", "authorizer"; any other name takes the first free place.  The variables are
 * removed from the environment.
 *
 * fd		set to -1 where there is none.
 * any		true if there were some.
 */
enum ptn_err ptn_listen_passed(int fd[PTN_SIDE__MAX], bool *any) PTN_MUST_USE;

#endif
