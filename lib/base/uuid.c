#include "lib/base/uuid.h"

#include <string.h>

#include "lib/base/bytes.h"
#include "lib/base/hex.h"
#include "lib/base/rng.h"

/* True where the text form has a hyphen (RFC 9562 section 4). */
static bool
is_hyphen(size_t i)
{
	return i == 8 || i == 13 || i == 18 || i == 23;
}

struct ptn_uuid
ptn_uuid_new(void)
{
	struct ptn_uuid u;

	ptn_rng(u.b, sizeof(u.b));
	/* RFC 9562 section 5.4: version 4, variant 10x. */
	u.b[6] = (uint8_t)((u.b[6] & 0x0f) | 0x40);
	u.b[8] = (uint8_t)((u.b[8] & 0x3f) | 0x80);
	return u;
}

void
ptn_uuid_format(const struct ptn_uuid *u, char out[PTN_UUID_STR])
{
	char hex[2 * sizeof(u->b) + 1];
	const char *h = hex;
	size_t i;

	ptn_hex_encode(PTN_BYTES(u->b, sizeof(u->b)), hex);
	for (i = 0; i < PTN_UUID_STR - 1; i++)
		out[i] = is_hyphen(i) ? '-' : *h++;
	out[i] = '\0';
}

bool
ptn_uuid_parse(const char *s, struct ptn_uuid *u)
{
	struct ptn_uuid v = { { 0 } };
	size_t i, nibble = 0;
	int x;

	if (strnlen(s, PTN_UUID_STR) != PTN_UUID_STR - 1)
		return false;
	for (i = 0; i < PTN_UUID_STR - 1; i++) {
		if (is_hyphen(i)) {
			if (s[i] != '-')
				return false;
			continue;
		}
		/* Its one spelling is in lower case. */
		if ((x = ptn_hex_digit(s[i])) < 0 || s[i] < '0' ||
		    (s[i] > '9' && s[i] < 'a'))
			return false;
		v.b[nibble / 2] = (uint8_t)(v.b[nibble / 2] << 4 | x);
		nibble++;
	}
	*u = v;
	return true;
}

bool
ptn_uuid_parse_any(const char *s, struct ptn_uuid *u)
{
	char lower[PTN_UUID_STR];
	size_t i;

	if (strnlen(s, PTN_UUID_STR) != PTN_UUID_STR - 1)
		return false;
	for (i = 0; i < PTN_UUID_STR; i++)
		lower[i] = (char)(s[i] >= 'A' && s[i] <= 'Z' ? s[i] - 'A' + 'a'
							     : s[i]);
	return ptn_uuid_parse(lower, u);
}

bool
ptn_uuid_is_v4(const struct ptn_uuid *u)
{
	return u->b[6] >> 4 == 4 && u->b[8] >> 6 == 2;
}

bool
ptn_uuid_is_nil(const struct ptn_uuid *u)
{
	static const struct ptn_uuid nil;

	return ptn_uuid_equal(u, &nil);
}

bool
ptn_uuid_equal(const struct ptn_uuid *a, const struct ptn_uuid *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}
