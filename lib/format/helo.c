#include "lib/format/helo.h"

#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#define LABEL_MAX 63

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

static bool
label_ok(const char *s, size_t len)
{
	size_t i;

	if (len == 0 || len > LABEL_MAX || s[0] == '-' || s[len - 1] == '-')
		return false;
	for (i = 0; i < len; i++)
		if (!is_alnum(s[i]) && s[i] != '-')
			return false;
	return true;
}

/* Two labels at least; the last is no number, or it looks like an address. */
static bool
name_ok(const char *s)
{
	const char *label = s;
	size_t len, n = 0;

	for (;; label += len + 1) {
		len = strcspn(label, ".");
		if (!label_ok(label, len))
			return false;
		n++;
		if (label[len] == '\0')
			break;
	}
	return n > 1 && label[strspn(label, "0123456789")] != '\0';
}

static bool
literal_ok(const char *s)
{
	const size_t len = strlen(s);
	const bool v6 =
	    strncmp(s + 1, PTN_HELO_V6, sizeof(PTN_HELO_V6) - 1) == 0;
	const char *start = s + 1 + (v6 ? sizeof(PTN_HELO_V6) - 1 : 0);
	char text[INET6_ADDRSTRLEN];
	unsigned char address[16];
	size_t n;

	if (s[len - 1] != ']')
		return false;
	n = (size_t)(s + len - 1 - start);
	if (n >= sizeof(text))
		return false;
	memcpy(text, start, n);
	text[n] = '\0';
	return inet_pton(v6 ? AF_INET6 : AF_INET, text, address) == 1;
}

bool
ptn_helo_ok(const char *name)
{
	if (strlen(name) > PTN_HELO_MAX)
		return false;
	return name[0] == '[' ? literal_ok(name) : name_ok(name);
}
