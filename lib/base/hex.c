#include "lib/base/hex.h"

#include <stdint.h>

int
ptn_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void
ptn_hex_encode(struct ptn_bytes in, char *out)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < in.len; i++) {
		*out++ = digits[in.p[i] >> 4];
		*out++ = digits[in.p[i] & 15];
	}
	*out = '\0';
}

enum ptn_err
ptn_hex_decode(struct ptn_arena *a, struct ptn_bytes text,
    struct ptn_bytes *out)
{
	uint8_t *buf;
	size_t i;
	int high, low;

	*out = PTN_BYTES(NULL, 0);
	if (text.len % 2 != 0)
		return PTN_E_INPUT;
	if ((buf = ptn_arena_alloc(a, text.len / 2 + 1)) == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < text.len; i += 2) {
		high = ptn_hex_digit((char)text.p[i]);
		low = ptn_hex_digit((char)text.p[i + 1]);
		if (high < 0 || low < 0)
			return PTN_E_INPUT;
		buf[i / 2] = (uint8_t)(high << 4 | low);
	}
	*out = PTN_BYTES(buf, text.len / 2);
	return PTN_OK;
}
