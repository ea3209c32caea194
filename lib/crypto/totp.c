#include "lib/crypto/totp.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "lib/crypto/ossl.h"

#define SHA1_LEN 20
#define MODULUS 1000000 /* six digits */

/* RFC 4226 section 5.3. */
enum ptn_err
ptn_totp_code(struct ptn_bytes secret, int64_t step, char out[PTN_TOTP_STR])
{
	uint8_t counter[8], mac[SHA1_LEN], *at;
	uint32_t v;
	size_t i, len = 0;
	enum ptn_err r;
	bool ok;

	memset(out, 0, PTN_TOTP_STR);
	for (i = 0; i < sizeof(counter); i++)
		counter[i] = (uint8_t)((uint64_t)step >> (56 - 8 * i));
	ok = EVP_Q_mac(NULL, "HMAC", NULL, "SHA1", NULL, secret.p, secret.len,
		 counter, sizeof(counter), mac, sizeof(mac), &len) != NULL &&
	    len == sizeof(mac);
	if ((r = ptn_ossl_done(ok, "hmac-sha-1")) != PTN_OK)
		return r;
	at = mac + (mac[SHA1_LEN - 1] & 0x0f);
	v = (uint32_t)(at[0] & 0x7f) << 24 | (uint32_t)at[1] << 16 |
	    (uint32_t)at[2] << 8 | at[3];
	ptn_wipe(mac, sizeof(mac));
	snprintf(out, PTN_TOTP_STR, "%06u", (unsigned)(v % MODULUS));
	return PTN_OK;
}

/*
 * RFC 6238 section 5.2.  The whole window is computed, so that the time does
 * not tell which step matched.
 */
enum ptn_err
ptn_totp_verify(struct ptn_bytes secret, int64_t now_s, int64_t last_step,
    struct ptn_bytes code, int64_t *step, enum ptn_verdict *verdict)
{
	int64_t s, now = now_s / PTN_TOTP_STEP_S;
	char want[PTN_TOTP_STR];
	enum ptn_err r = PTN_OK;

	*verdict = PTN_DENY;
	*step = -1;
	for (s = now - PTN_TOTP_WINDOW;
	     r == PTN_OK && s <= now + PTN_TOTP_WINDOW; s++) {
		r = ptn_totp_code(secret, s, want);
		if (r != PTN_OK || s < 0 || s <= last_step ||
		    !ptn_bytes_equal(ptn_bytes_of(want), code))
			continue;
		*step = s;
		*verdict = PTN_ALLOW;
	}
	if (r != PTN_OK)
		*verdict = PTN_DENY;
	ptn_wipe(want, sizeof(want));
	return r;
}

/* RFC 3986 section 2.3: all but the unreserved characters. */
static void
add_percent(struct ptn_buf *b, const char *s)
{
	static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "abcdefghijklmnopqrstuvwxyz"
					 "0123456789-._~";

	for (; *s != '\0'; s++) {
		if (strchr(unreserved, *s) != NULL)
			ptn_buf_char(b, *s);
		else
			ptn_buf_printf(b, "%%%02X", (unsigned)(uint8_t)*s);
	}
}

static void
add_base32(struct ptn_buf *b, struct ptn_bytes in)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	uint32_t acc = 0;
	unsigned bits = 0;
	size_t i;

	for (i = 0; i < in.len; i++) {
		acc = (acc << 8 | in.p[i]) & 0xfff;
		for (bits += 8; bits >= 5; bits -= 5)
			ptn_buf_char(b, letters[acc >> (bits - 5) & 31]);
	}
	if (bits > 0)
		ptn_buf_char(b, letters[acc << (5 - bits) & 31]);
}

/* The value of a letter; -1: it is none. */
static int
base32_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

#define READ_MIN 10
#define READ_MAX 64

enum ptn_err
ptn_totp_read(struct ptn_arena *a, const char *text, struct ptn_bytes *secret)
{
	uint8_t *out = ptn_arena_alloc(a, READ_MAX);
	uint32_t acc = 0;
	unsigned bits = 0;
	size_t n = 0;
	int v;

	if (out == NULL)
		return PTN_E_NOMEM;
	for (; *text != '\0' && *text != '='; text++) {
		if (*text == ' ')
			continue;
		if ((v = base32_value(*text)) < 0 || n == READ_MAX)
			return PTN_E_INPUT;
		acc = (acc << 5 | (uint32_t)v) & 0xfff;
		if ((bits += 5) >= 8)
			out[n++] = (uint8_t)(acc >> (bits -= 8));
	}
	*secret = PTN_BYTES(out, n);
	return text[strspn(text, "=")] == '\0' && n >= READ_MIN ? PTN_OK
								: PTN_E_INPUT;
}

char *
ptn_totp_text(struct ptn_arena *a, struct ptn_bytes secret)
{
	struct ptn_buf b;

	ptn_buf_init(&b, a);
	add_base32(&b, secret);
	return b.bad ? NULL : b.p;
}

char *
ptn_totp_url(struct ptn_arena *a, const char *issuer, const char *account,
    struct ptn_bytes secret)
{
	struct ptn_buf b;

	ptn_buf_init(&b, a);
	ptn_buf_str(&b, "otpauth://totp/");
	add_percent(&b, issuer);
	ptn_buf_char(&b, ':');
	add_percent(&b, account);
	ptn_buf_str(&b, "?secret=");
	add_base32(&b, secret);
	ptn_buf_str(&b, "&issuer=");
	add_percent(&b, issuer);
	ptn_buf_str(&b, "&algorithm=SHA1&digits=6&period=30");
	return b.bad ? NULL : b.p;
}
