#include "lib/crypto/foreign_work.h"

#include <string.h>

#include <crypt.h>

#include "lib/base/log.h"
#include "lib/crypto/phc.h"

#define BCRYPT_PW_MAX 72 /* bytes that the algorithm looks at */

enum ptn_err
ptn_foreign_work_argon(const struct ptn_foreign *f,
    const struct ptn_hashgate_slot *slot, struct ptn_bytes pw,
    struct ptn_foreign_digest *out)
{
	struct ptn_argon h =
	    f->argon; /* whose tag has another length is another */
	enum ptn_err r;

	r = ptn_argon_compute(slot, pw, &h);
	out->len = h.tag_len;
	memcpy(out->b, h.tag, h.tag_len);
	ptn_wipe(&h, sizeof(h));
	return r;
}

/*
 * crypt(3) with the slot as its scratch memory.  It answers a failure with
 * NULL or with a token that begins with "*".
 */
static enum ptn_err
crypt_setting(const struct ptn_hashgate_slot *slot, const char *setting,
    const char *phrase, struct ptn_foreign_digest *out)
{
	struct crypt_data *data = slot->mem;
	const size_t len = strlen(setting);
	const char *got;
	enum ptn_err r = PTN_E_INTERNAL;

	memset(data, 0, sizeof(*data));
	got = crypt_rn(phrase, setting, data, sizeof(*data));
	if (got != NULL && got[0] != '*' && strlen(got) > len &&
	    strlen(got) - len <= sizeof(out->b)) {
		out->len = strlen(got) - len;
		memcpy(out->b, got + len, out->len);
		r = PTN_OK;
	} else {
		ptn_error("crypt(3) failed");
	}
	ptn_wipe(data, sizeof(*data));
	return r;
}

/*
 * Never silently cut: what does not fit, or has a NUL, is the same work and no
 * digest.
 */
static enum ptn_err
crypt_phrase(const struct ptn_hashgate_slot *slot, const char *setting,
    struct ptn_bytes pw, size_t max, struct ptn_foreign_digest *out)
{
	char phrase[CRYPT_MAX_PASSPHRASE_SIZE] = "";
	const bool whole = pw.len <= max && pw.len < sizeof(phrase) &&
	    memchr(pw.p, '\0', pw.len) == NULL;
	enum ptn_err r;

	memcpy(phrase, pw.p, whole ? pw.len : 1);
	r = crypt_setting(slot, setting, phrase, out);
	if (!whole)
		out->len = 0;
	ptn_wipe(phrase, sizeof(phrase));
	return r;
}

/* Room for any of crypt(5), and for the NUL. */
static bool
setting_of(const struct ptn_foreign *f, size_t skip,
    char out[CRYPT_OUTPUT_SIZE])
{
	const size_t len = f->setting - skip;

	if (len >= CRYPT_OUTPUT_SIZE)
		return false;
	memcpy(out, f->text + skip, len);
	out[len] = '\0';
	return true;
}

enum ptn_err
ptn_foreign_work_bcrypt(const struct ptn_foreign *f,
    const struct ptn_hashgate_slot *slot, struct ptn_bytes pw,
    struct ptn_foreign_digest *out)
{
	char setting[CRYPT_OUTPUT_SIZE];

	if (!setting_of(f, 0, setting))
		return PTN_E_INTERNAL;
	return crypt_phrase(slot, setting, pw, BCRYPT_PW_MAX, out);
}

enum ptn_err
ptn_foreign_work_crypt(const struct ptn_foreign *f,
    const struct ptn_hashgate_slot *slot, struct ptn_bytes pw,
    struct ptn_foreign_digest *out)
{
	char setting[CRYPT_OUTPUT_SIZE];

	if (!setting_of(f, 0, setting))
		return PTN_E_INTERNAL;
	return crypt_phrase(slot, setting, pw, SIZE_MAX, out);
}

/* bcrypt of the base64 of an HMAC, so that all of a password counts. */
enum ptn_err
ptn_foreign_work_wordpress(const struct ptn_foreign *f,
    const struct ptn_hashgate_slot *slot, struct ptn_bytes pw,
    struct ptn_foreign_digest *out)
{
	static const char key[] = "wp-sha384";
	char setting[CRYPT_OUTPUT_SIZE], phrase[65];
	uint8_t mac[48];
	enum ptn_err r;

	if (!setting_of(f, strlen("$wp"), setting))
		return PTN_E_INTERNAL;
	r = ptn_kdf_hmac_sha384(PTN_BYTES(key, sizeof(key) - 1), pw, mac);
	if (r == PTN_OK) {
		(void)ptn_phc_put(phrase, PTN_BYTES(mac, sizeof(mac)));
		r = crypt_setting(slot, setting, phrase, out);
	}
	ptn_wipe(mac, sizeof(mac));
	ptn_wipe(phrase, sizeof(phrase));
	return r;
}

/* As long as the digest is, and of a setting what is hashed again. */
static size_t
wanted(const struct ptn_foreign *f)
{
	return f->digest_len > 0 ? f->digest_len : PTN_FOREIGN_WORK_CORE;
}

static struct ptn_bytes
salt_of(const struct ptn_foreign *f)
{
	return PTN_BYTES(f->salt, f->salt_len);
}

enum ptn_err
ptn_foreign_work_scrypt(const struct ptn_foreign *f,
    const struct ptn_hashgate_slot *slot, struct ptn_bytes pw,
    struct ptn_foreign_digest *out)
{
	(void)slot; /* OpenSSL takes memory of its own */
	out->len = wanted(f);
	return ptn_kdf_scrypt(&f->scrypt, pw, salt_of(f), out->b, out->len);
}

enum ptn_err
ptn_foreign_work_firebase(const struct ptn_foreign *f,
    const struct ptn_hashgate_slot *slot, struct ptn_bytes pw,
    struct ptn_foreign_digest *out)
{
	uint8_t key[32];
	enum ptn_err r;

	(void)slot;
	out->len = wanted(f);
	r = ptn_kdf_scrypt(&f->scrypt, pw, salt_of(f), key, sizeof(key));
	if (r == PTN_OK)
		r = ptn_kdf_keystream(key, out->b, out->len);
	ptn_wipe(key, sizeof(key));
	return r;
}

enum ptn_err
ptn_foreign_work_pbkdf2(const struct ptn_foreign *f,
    const struct ptn_hashgate_slot *slot, struct ptn_bytes pw,
    struct ptn_foreign_digest *out)
{
	(void)slot;
	out->len = wanted(f);
	return ptn_kdf_pbkdf2(f->md, pw, salt_of(f), f->count, out->b,
	    out->len);
}

enum ptn_err
ptn_foreign_work_ldap(const struct ptn_foreign *f,
    const struct ptn_hashgate_slot *slot, struct ptn_bytes pw,
    struct ptn_foreign_digest *out)
{
	(void)slot;
	out->len = ptn_kdf_md_len(f->md);
	return ptn_kdf_salted(f->md, pw, salt_of(f), out->b);
}

enum ptn_err
ptn_foreign_work_mysql(const struct ptn_foreign *f,
    const struct ptn_hashgate_slot *slot, struct ptn_bytes pw,
    struct ptn_foreign_digest *out)
{
	uint8_t once[PTN_FOREIGN_DIGEST_MAX];
	const size_t len = ptn_kdf_md_len(f->md);
	enum ptn_err r;

	(void)slot;
	out->len = len;
	r = ptn_kdf_salted(f->md, pw, salt_of(f), once);
	if (r == PTN_OK)
		r = ptn_kdf_salted(f->md, PTN_BYTES(once, len), salt_of(f),
		    out->b);
	ptn_wipe(once, sizeof(once));
	return r;
}

/* Its characters come from the low end of three bytes. */
static void
phpass_text(const uint8_t md[16], struct ptn_foreign_digest *out)
{
	uint32_t acc = 0;
	size_t i;
	int bits = 0;

	out->len = 0;
	for (i = 0; i < 16; i++) {
		acc |= (uint32_t)md[i] << bits;
		for (bits += 8; bits >= 6; bits -= 6, acc >>= 6)
			out->b[out->len++] = (uint8_t)PTN_PHC_CRYPT[acc & 63];
	}
	out->b[out->len++] = (uint8_t)PTN_PHC_CRYPT[acc & 63];
}

enum ptn_err
ptn_foreign_work_phpass(const struct ptn_foreign *f,
    const struct ptn_hashgate_slot *slot, struct ptn_bytes pw,
    struct ptn_foreign_digest *out)
{
	uint8_t md[16];
	enum ptn_err r;

	(void)slot;
	r = ptn_kdf_md5_chain(pw, salt_of(f), f->count, md);
	phpass_text(md, out);
	ptn_wipe(md, sizeof(md));
	return r;
}
