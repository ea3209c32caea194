#define _GNU_SOURCE /* accept4(2) */

#include "fcgi/arrival.h"

#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fcgi/record.h"
#include "lib/base/bytes.h"
#include "lib/base/log.h"
#include "lib/format/ip.h"

#define FIRST_MS 100 /* a web server that connects has something to say */
#define LOOK_MAX (64 * 1024) /* bytes; longer requests are received */

/* Who connected, if that is known; IPv4 as IPv6 is IPv4 here. */
static bool
peer_address(const struct sockaddr_storage *from, struct ptn_ip *ip)
{
	const void *address = from;
	char text[PTN_IP_STR];

	if (from->ss_family == AF_INET)
		address = &((const struct sockaddr_in *)address)->sin_addr;
	else
		address = &((const struct sockaddr_in6 *)address)->sin6_addr;
	return inet_ntop(from->ss_family, address, text, sizeof(text)) !=
	    NULL &&
	    ptn_ip_parse(text, ip);
}

/* Whether one of the addresses of the list, "A, B,C", is this one. */
static bool
names_address(const char *list, const struct ptn_ip *want)
{
	char text[PTN_IP_STR];
	struct ptn_ip one;
	size_t len;

	for (; *list != '\0'; list += len) {
		list += strspn(list, ", ");
		len = strcspn(list, ", ");
		if (len == 0 || len >= sizeof(text))
			continue;
		memcpy(text, list, len);
		text[len] = '\0';
		if (ptn_ip_parse(text, &one) &&
		    memcmp(one.b, want->b, sizeof(one.b)) == 0)
			return true;
	}
	return false;
}

/* TCP only: a unix socket has its mode. */
static bool
is_welcome(const struct sockaddr_storage *from, int conn)
{
	const char *list = getenv("FCGI_WEB_SERVER_ADDRS");
	const int on = 1;
	struct ptn_ip ip;

	if (from->ss_family != AF_INET && from->ss_family != AF_INET6)
		return true;
	/* An answer is written at once; there is nothing to wait for. */
	(void)setsockopt(conn, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (list == NULL || list[0] == '\0')
		return true;
	return peer_address(from, &ip) && names_address(list, &ip);
}

static enum ptn_err
accept_failed(void)
{
	switch (errno) {
	case EAGAIN:
	case EINTR:
	case ECONNABORTED:
		return PTN_E_NOT_FOUND;
	default:
		ptn_error("accept: %s", strerror(errno));
		return PTN_E_UNAVAILABLE;
	}
}

enum ptn_err
ptn_arrival_accept(struct ptn_arrival *a, int listen_fd, enum ptn_side side)
{
	struct sockaddr_storage from = { 0 };
	socklen_t len = sizeof(from);

	*a = (struct ptn_arrival){ .conn = -1, .source = -1, .side = side };
	a->conn = accept4(listen_fd, (struct sockaddr *)(void *)&from, &len,
	    SOCK_CLOEXEC);
	if (a->conn < 0)
		return accept_failed();
	a->source = a->conn;
	if (is_welcome(&from, a->conn))
		return PTN_OK;
	ptn_warn_seldom(
	    "a connection from none of FCGI_WEB_SERVER_ADDRS is refused");
	ptn_arrival_close(a);
	return PTN_E_NOT_FOUND;
}

/* What lies in the socket; a short wait for the first of it. */
static ssize_t
peek(int conn, uint8_t *to, size_t max)
{
	struct pollfd p = { .fd = conn, .events = POLLIN };
	ssize_t got;

	got = recv(conn, to, max, MSG_PEEK | MSG_DONTWAIT);
	if (got >= 0 || errno != EAGAIN || poll(&p, 1, FIRST_MS) <= 0)
		return got;
	return recv(conn, to, max, MSG_PEEK | MSG_DONTWAIT);
}

enum ptn_err
ptn_arrival_look(const struct ptn_arrival *a)
{
	static uint8_t bytes[LOOK_MAX];
	struct ptn_records r;
	ssize_t got;

	got = peek(a->conn, bytes, sizeof(bytes));
	if (got == 0 || (got < 0 && errno != EAGAIN))
		return PTN_E_NOT_FOUND;
	ptn_records_init(&r, NULL);
	if (got > 0) {
		(void)ptn_records_feed(&r, bytes, (size_t)got);
		ptn_wipe(bytes, (size_t)got);
	}
	return r.state == PTN_RECORDS_WHOLE && !r.params_too_large &&
		!r.body_too_large
	    ? PTN_OK
	    : PTN_E_BUSY;
}

void
ptn_arrival_close(struct ptn_arrival *a)
{
	if (a->source >= 0 && a->source != a->conn)
		close(a->source);
	if (a->conn >= 0)
		close(a->conn);
	a->conn = a->source = -1;
}
