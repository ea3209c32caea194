#include "lib/crypto/phc.h"

#include <string.h>

bool
ptn_phc_text(const char **s, const char *text)
{
	const size_t len = strlen(text);

	if (strncmp(*s, text, len) != 0)
		return false;
	*s += len;
	return true;
}

bool
ptn_phc_number(const char **s, uint32_t max, uint32_t *out)
{
	uint64_t v = 0;

	if (**s < '1' || **s > '9')
		return false;
	for (; **s >= '0' && **s <= '9'; (*s)++) {
		v = v * 10 + (uint64_t)(**s - '0');
		if (v > max)
			return false;
	}
	*out = (uint32_t)v;
	return true;
}

size_t
ptn_phc_base64(const char **s, const char *alphabet, uint8_t *out, size_t max)
{
	const char *c;
	uint32_t acc = 0;
	size_t n = 0;
	int bits = 0;

	for (; **s != '\0' && (c = strchr(alphabet, **s)) != NULL; (*s)++) {
		acc = acc << 6 | (uint32_t)(c - alphabet);
		bits += 6;
		if (bits < 8)
			continue;
		if (n == max)
			return 0;
		bits -= 8;
		out[n++] = (uint8_t)(acc >> bits);
	}
	if (bits >= 6 || (acc & ((1U << bits) - 1)) != 0)
		return 0;
	return n;
}

size_t
ptn_phc_padded(const char **s, uint8_t *out, size_t max)
{
	static const char *const padding[] = { "", "==", "=" };
	const size_t n = ptn_phc_base64(s, PTN_PHC_STD, out, max);

	return n > 0 && ptn_phc_text(s, padding[n % 3]) && **s != '=' ? n : 0;
}

char *
ptn_phc_put(char *out, struct ptn_bytes in)
{
	uint32_t acc = 0;
	size_t i;
	int bits = 0;

	for (i = 0; i < in.len; i++) {
		acc = acc << 8 | in.p[i];
		for (bits += 8; bits >= 6; bits -= 6)
			*out++ = PTN_PHC_STD[acc >> (bits - 6) & 63];
	}
	if (bits > 0)
		*out++ = PTN_PHC_STD[acc << (6 - bits) & 63];
	*out = '\0';
	return out;
}
