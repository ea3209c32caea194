#include "lib/mail/helo.h"

#include <sys/socket.h>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Names that every host gives itself say nothing. */
static bool
is_local(const char *name)
{
	return strncmp(name, "localhost.", sizeof("localhost.") - 1) == 0 ||
	    strstr(name, ".localdomain") != NULL;
}

static bool
own_name(char out[PTN_HELO_MAX + 1])
{
	const struct addrinfo hints = { .ai_flags = AI_CANONNAME,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	char host[PTN_HELO_MAX + 1] = "";
	const char *name = host;

	if (gethostname(host, sizeof(host) - 1) != 0)
		return false;
	if (!ptn_helo_ok(host) &&
	    getaddrinfo(host, NULL, &hints, &found) == 0 &&
	    found->ai_canonname != NULL)
		name = found->ai_canonname;
	if (ptn_helo_ok(name) && !is_local(name))
		(void)snprintf(out, PTN_HELO_MAX + 1, "%s", name);
	else
		out[0] = '\0';
	if (found != NULL)
		freeaddrinfo(found);
	return out[0] != '\0';
}

static void
write_literal(const struct sockaddr_storage *from, char out[PTN_HELO_MAX + 1])
{
	const struct sockaddr_in *v4 = (const void *)from;
	const struct sockaddr_in6 *v6 = (const void *)from;
	const bool is_v6 = from->ss_family == AF_INET6;
	const bool mapped = is_v6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr);
	const void *address = !is_v6 ? (const void *)&v4->sin_addr
	    : mapped		     ? (const void *)&v6->sin6_addr.s6_addr[12]
				     : (const void *)&v6->sin6_addr;
	const bool short_form = !is_v6 || mapped;
	char text[INET6_ADDRSTRLEN];

	if (inet_ntop(short_form ? AF_INET : AF_INET6, address, text,
		sizeof(text)) != NULL)
		(void)snprintf(out, PTN_HELO_MAX + 1, "[%s%s]",
		    short_form ? "" : PTN_HELO_V6, text);
}

/* A datagram socket knows its own end as soon as it knows the other. */
static void
own_literal(const char *host, const char *port, char out[PTN_HELO_MAX + 1])
{
	const struct addrinfo hints = { .ai_socktype = SOCK_DGRAM };
	struct addrinfo *found = NULL, *a;
	struct sockaddr_storage from;
	socklen_t len;
	int fd;

	if (getaddrinfo(host, port, &hints, &found) != 0)
		return;
	for (a = found; a != NULL && out[0] == '\0'; a = a->ai_next) {
		len = sizeof(from);
		fd = socket(a->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (fd < 0)
			continue;
		if (connect(fd, a->ai_addr, a->ai_addrlen) == 0 &&
		    getsockname(fd, (struct sockaddr *)&from, &len) == 0)
			write_literal(&from, out);
		(void)close(fd);
	}
	freeaddrinfo(found);
}

void
ptn_helo_own(const char *host, const char *port, char out[PTN_HELO_MAX + 1])
{
	if (own_name(out))
		return;
	own_literal(host, port, out);
	if (out[0] == '\0') /* there will be no connection either */
		(void)snprintf(out, PTN_HELO_MAX + 1, "[127.0.0.1]");
}
