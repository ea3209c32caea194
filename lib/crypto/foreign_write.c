#include "lib/crypto/foreign.h"

#include <stdio.h>
#include <string.h>

#include "lib/crypto/foreign_kind.h"
#include "lib/crypto/phc.h"

/* Padded base64 at the end of a text of n bytes; its new length. */
static size_t
put_padded(char *out, size_t n, size_t max, struct ptn_bytes in)
{
	char text[(PTN_FOREIGN_DIGEST_MAX + PTN_FOREIGN_SALT_MAX + 2) / 3 * 4 +
	    1];
	const size_t len = (size_t)(ptn_phc_put(text, in) - text);

	if (n >= max)
		return n;
	return n +
	    (size_t)snprintf(out + n, max - n, "%s%s", text,
		&"=="[2 - (4 - len % 4) % 4]);
}

static size_t
write_ldap(const struct ptn_foreign *f, bool whole, char *out, size_t max)
{
	uint8_t both[PTN_FOREIGN_DIGEST_MAX + PTN_FOREIGN_SALT_MAX];
	const size_t len = whole ? f->digest_len : 0;
	const size_t n =
	    (size_t)snprintf(out, max, "%.*s", (int)f->setting, f->text);

	memcpy(both, f->digest, len);
	memcpy(both + len, f->salt, f->salt_len);
	return put_padded(out, n, max, PTN_BYTES(both, len + f->salt_len));
}

/* Never with a signer key. */
static size_t
write_firebase(const struct ptn_foreign *f, bool whole, char *out, size_t max)
{
	const size_t salt_len = f->salt_len - f->count;
	size_t n;

	n = (size_t)snprintf(out, max,
	    "$fbscrypt$v=2,n=%u,r=%u,p=%u,ss=", f->scrypt.ln, f->scrypt.r,
	    f->scrypt.p);
	n = put_padded(out, n, max, PTN_BYTES(f->salt + salt_len, f->count));
	if (n < max)
		n += (size_t)snprintf(out + n, max - n, "$");
	n = put_padded(out, n, max, PTN_BYTES(f->salt, salt_len));
	if (n < max)
		n += (size_t)snprintf(out + n, max - n, "$");
	return whole
	    ? put_padded(out, n, max, PTN_BYTES(f->digest, f->digest_len))
	    : n;
}

bool
ptn_foreign_write(const struct ptn_foreign *f, bool whole, char *out,
    size_t max)
{
	size_t n;

	if (f->kind->form == PTN_FOREIGN_LDAP)
		n = write_ldap(f, whole, out, max);
	else if (f->kind->form == PTN_FOREIGN_SIGNED)
		n = write_firebase(f, whole, out, max);
	else if (whole)
		n = (size_t)snprintf(out, max, "%s", f->text);
	else if (f->kind->form == PTN_FOREIGN_LENGTH)
		n = (size_t)snprintf(out, max, "%.*s%u", (int)f->setting,
		    f->text, (unsigned)f->argon.tag_len);
	else
		n = (size_t)snprintf(out, max, "%.*s", (int)f->setting,
		    f->text);
	return n < max;
}
