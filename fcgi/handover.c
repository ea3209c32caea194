#define _GNU_SOURCE /* MSG_CMSG_CLOEXEC */

#include "fcgi/handover.h"

#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/log.h"

#define FDS_MAX 2

/*
 * What the kernel takes a message of ours to cost its sender, in bytes.  A
 * socket of this kind has room while a quarter of its buffer is not used, and
 * the kernel doubles the size that it is told.
 */
#define MESSAGE_COST 768
#define BUFFER_OF(few) ((few)*MESSAGE_COST * 4 / 2)

/* What goes beside the descriptors: conn, and source if it is another. */
struct note {
	enum ptn_side side;
	bool params_too_large;
	bool body_too_large;
	unsigned int pieces;
};

union control {
	struct cmsghdr head; /* for its alignment */
	char space[CMSG_SPACE(FDS_MAX * sizeof(int))];
};

enum ptn_err
ptn_handover_open(int way[2], size_t few)
{
	const int size = (int)BUFFER_OF(few);
	int pair[2];

	/* One message a time, whole, and an end that can be seen. */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		0, pair) < 0) {
		ptn_error("socketpair: %s", strerror(errno));
		return PTN_E_INTERNAL;
	}
	/* Taken from here, sent into there; never the other way round. */
	(void)shutdown(pair[0], SHUT_WR);
	if (few > 0)
		(void)setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &size,
		    sizeof(size));
	way[0] = pair[0];
	way[1] = pair[1];
	return PTN_OK;
}

bool
ptn_handover_has_room(int way)
{
	struct pollfd p = { .fd = way, .events = POLLOUT };

	return poll(&p, 1, 0) > 0;
}

static enum ptn_err
send_failed(void)
{
	switch (errno) {
	case EAGAIN:
	case EINTR:
	case ENOBUFS:
	case ENOMEM:
	case ETOOMANYREFS:
		return PTN_E_BUSY;
	default:
		ptn_error_seldom("a connection cannot be handed on: %s",
		    strerror(errno));
		return PTN_E_GONE;
	}
}

enum ptn_err
ptn_handover_send(int way, const struct ptn_arrival *a)
{
	const int fds[FDS_MAX] = { a->conn, a->source };
	const size_t size = (a->source == a->conn ? 1 : 2) * sizeof(int);
	struct note note = { a->side, a->params_too_large, a->body_too_large,
		a->pieces };
	struct iovec iov = { &note, sizeof(note) };
	union control control = { 0 };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = CMSG_SPACE(size) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(c), fds, size);
	return sendmsg(way, &m, MSG_NOSIGNAL) < 0 ? send_failed() : PTN_OK;
}

/* The descriptors of a message; there may be fewer than were sent. */
static size_t
descriptors(struct msghdr *m, int fds[FDS_MAX])
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	size_t size;

	if (c == NULL || c->cmsg_level != SOL_SOCKET ||
	    c->cmsg_type != SCM_RIGHTS)
		return 0;
	size = c->cmsg_len - CMSG_LEN(0);
	memcpy(fds, CMSG_DATA(c), size);
	return size / sizeof(int);
}

static enum ptn_err
take_failed(void)
{
	if (errno == EAGAIN || errno == EINTR)
		return PTN_E_NOT_FOUND;
	ptn_error_seldom("a connection cannot be taken over: %s",
	    strerror(errno));
	return PTN_E_UNAVAILABLE;
}

enum ptn_err
ptn_handover_take(int way, struct ptn_arrival *a)
{
	int fds[FDS_MAX] = { -1, -1 };
	struct note note;
	struct iovec iov = { &note, sizeof(note) };
	union control control;
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space) };
	size_t n;
	ssize_t got;

	got = recvmsg(way, &m, MSG_CMSG_CLOEXEC);
	if (got < 0)
		return take_failed();
	if (got == 0)
		return PTN_E_GONE;
	n = descriptors(&m, fds);
	*a = (struct ptn_arrival){ fds[0], n < 2 ? fds[0] : fds[1], note.side,
		note.params_too_large, note.body_too_large, note.pieces };
	if (got == sizeof(note) && n > 0 && (m.msg_flags & MSG_CTRUNC) == 0)
		return PTN_OK;
	ptn_error_seldom("a connection got lost: no descriptors are left");
	ptn_arrival_close(a);
	return PTN_E_UNAVAILABLE;
}
