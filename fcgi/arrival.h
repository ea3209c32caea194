#ifndef PTN_ARRIVAL_H
#define PTN_ARRIVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "fcgi/side.h"
#include "lib/base/err.h"

/*
 * A connection of the web server's, and what is known of the request on it
 * before the FastCGI library sees a byte.
 */
struct ptn_arrival {
	int conn;   /* the answer goes here */
	int source; /* the whole request is read from here: conn, or a file */
	enum ptn_side side;
	bool params_too_large; /* what was too much is not in source */
	bool body_too_large;
	unsigned int pieces; /* in which it came; 0: it lay there whole */
};

/*
 * Accept a connection.
 *
 * listen_fd	a listening, non-blocking socket.
 * a		conn is set, and source the same.
 *
 * With FCGI_WEB_SERVER_ADDRS, TCP is accepted from those addresses alone, of
 * either family; a peer that a socket for both shows as ::ffff:192.0.2.1 is
 * 192.0.2.1.
 * Returns PTN_OK; PTN_E_NOT_FOUND if there was nothing to accept after all
 * (another process took it); PTN_E_UNAVAILABLE: no descriptors or memory
 * left, pause before the next try.
 */
enum ptn_err ptn_arrival_accept(struct ptn_arrival *a, int listen_fd,
    enum ptn_side side) PTN_MUST_USE;

/*
 * Look, without taking a byte, whether a request lies in the socket, whole
 * and within the limits: then the library reads it without waiting.  Costs
 * one system call; another one, and a wait, if the web server has connected
 * and not written yet.
 *
 * Returns PTN_OK if so; PTN_E_NOT_FOUND if the peer has gone without a word;
 * PTN_E_BUSY if the request must be received first (intake.h).
 */
enum ptn_err ptn_arrival_look(const struct ptn_arrival *a) PTN_MUST_USE;

/* Close what is open of it. */
void ptn_arrival_close(struct ptn_arrival *a);

#endif
