#include "lib/crypto/foreign.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/hex.h"
#include "lib/conf/conf.h"
#include "lib/crypto/foreign_kind.h"
#include "lib/crypto/foreign_work.h"
#include "lib/crypto/phc.h"

/*
 * The dearest that is computed, some seconds of a core at worst, and what is
 * weak: less than a second of a graphics card for a million guesses or so.
 * Memory is bounded by that of a slot (ptn_hashgate_kib()).
 */
#define BCRYPT_COST_MIN 4
#define BCRYPT_COST_MAX 14
#define BCRYPT_COST_WEAK 10
#define PBKDF2_MAX 2000000
#define SHA_CRYPT_MIN 1000
#define SHA_CRYPT_MAX 1000000
#define SHA_CRYPT_USUAL 5000 /* if it is not said */
#define SHA_CRYPT_WEAK 100000
#define PHPASS_MIN 7
#define PHPASS_MAX 20
#define SCRYPT_LN_MAX 20
#define SCRYPT_R_MAX 32
#define SCRYPT_P_MAX 16
#define SCRYPT_WORK 4 /* times the memory of a slot */
#define SCRYPT_WEAK_KIB 16384
#define YESCRYPT_WEAK_KIB 4096
#define ARGON_WEAK_KIB 16384 /* times passes */

#define CORE_BYTES PTN_FOREIGN_WORK_CORE /* of a digest of bytes */
#define CORE_CHARACTERS 22		 /* of one of 64 characters */
#define DIGEST_MIN 16

static const uint32_t pbkdf2_weak[] = { [PTN_KDF_SHA1] = 200000,
	[PTN_KDF_SHA256] = 100000,
	[PTN_KDF_SHA512] = 50000 };

static const char dear[] = "its costs are beyond the bounds";

struct ptn_foreign_parsing {
	const struct ptn_conf *cf;
	const char *s; /* the cursor */
	bool bare;
	const char *why; /* better than "malformed"; or NULL */
};

/* ---------------------------------------------------------------- parsing */

static bool
too_dear(struct ptn_foreign_parsing *p)
{
	p->why = dear;
	return false;
}

/*
 * A number that is too high is not malformed: that is what the operator is to
 * be told.
 */
static bool
number(struct ptn_foreign_parsing *p, uint32_t max, uint32_t *out)
{
	const char first = *p->s;

	if (!ptn_phc_number(&p->s, UINT32_MAX, out))
		return first >= '1' && first <= '9' ? too_dear(p) : false;
	return *out <= max ? true : too_dear(p);
}

static bool
salt_base64(struct ptn_foreign_parsing *p, struct ptn_foreign *f,
    const char *alphabet)
{
	f->salt_len = ptn_phc_base64(&p->s, alphabet, f->salt, sizeof(f->salt));
	return f->salt_len > 0 && ptn_phc_text(&p->s, "$");
}

/* A salt that is taken as it is written. */
static bool
salt_text(struct ptn_foreign_parsing *p, struct ptn_foreign *f)
{
	f->salt_len = strcspn(p->s, "$");
	if (f->salt_len == 0 || f->salt_len > sizeof(f->salt))
		return false;
	memcpy(f->salt, p->s, f->salt_len);
	p->s += f->salt_len;
	return ptn_phc_text(&p->s, "$");
}

/* The digest of n bytes, or of DIGEST_MIN at least if n is 0; nothing else. */
static bool
digest_end(struct ptn_foreign_parsing *p, struct ptn_foreign *f,
    const char *alphabet, size_t n)
{
	f->setting = (size_t)(p->s - f->text);
	if (p->bare)
		return *p->s == '\0';
	f->digest_len = alphabet == NULL
	    ? ptn_phc_padded(&p->s, f->digest, sizeof(f->digest))
	    : ptn_phc_base64(&p->s, alphabet, f->digest, sizeof(f->digest));
	return *p->s == '\0' &&
	    (n == 0 ? f->digest_len >= DIGEST_MIN : f->digest_len == n);
}

/* The same of n characters that are compared as such. */
static bool
digest_text(struct ptn_foreign_parsing *p, struct ptn_foreign *f, size_t n)
{
	f->setting = (size_t)(p->s - f->text);
	if (p->bare)
		return *p->s == '\0';
	f->digest_len = n;
	if (strspn(p->s, PTN_PHC_CRYPT) != n || p->s[n] != '\0')
		return false;
	memcpy(f->digest, p->s, n);
	return true;
}

/* Of a setting the length of the tag stands in its place. */
static bool
argon_parse(struct ptn_foreign_parsing *p, struct ptn_foreign *f)
{
	const uint32_t max = (uint32_t)ptn_hashgate_kib(p->cf);
	const char *start = p->s;
	uint32_t len;

	if (!ptn_argon_read(&p->s, max, p->bare, &f->argon))
		return ptn_argon_read(&start, UINT32_MAX, p->bare, &f->argon)
		    ? too_dear(p)
		    : false;
	f->weak = (uint64_t)f->argon.m_kib * f->argon.t < ARGON_WEAK_KIB;
	f->setting = (size_t)(strrchr(start, '$') + 1 - f->text);
	if (p->bare) {
		if (!ptn_phc_number(&p->s, PTN_ARGON_FIELD_MAX, &len) ||
		    len < DIGEST_MIN)
			return false;
		f->argon.tag_len = len;
		return *p->s == '\0';
	}
	f->digest_len = f->argon.tag_len;
	memcpy(f->digest, f->argon.tag, f->digest_len);
	return *p->s == '\0';
}

/* "10$" and 22 characters of salt. */
static bool
bcrypt_rest(struct ptn_foreign_parsing *p, struct ptn_foreign *f)
{
	if (strspn(p->s, "0123456789") != 2 || p->s[2] != '$')
		return false;
	f->count = (uint32_t)((p->s[0] - '0') * 10 + p->s[1] - '0');
	p->s += 3;
	if (f->count < BCRYPT_COST_MIN)
		return false;
	if (f->count > BCRYPT_COST_MAX)
		return too_dear(p);
	f->weak = f->count < BCRYPT_COST_WEAK;
	if (strspn(p->s, PTN_PHC_CRYPT) < 22)
		return false;
	p->s += 22;
	return digest_text(p, f, 31);
}

static bool
bcrypt_parse(struct ptn_foreign_parsing *p, struct ptn_foreign *f)
{
	return (ptn_phc_text(&p->s, "$2a$") || ptn_phc_text(&p->s, "$2b$") ||
		   ptn_phc_text(&p->s, "$2y$")) &&
	    bcrypt_rest(p, f);
}

static bool
wordpress_parse(struct ptn_foreign_parsing *p, struct ptn_foreign *f)
{
	return ptn_phc_text(&p->s, "$wp$2y$") && bcrypt_rest(p, f);
}

static bool
scrypt_costs(struct ptn_foreign_parsing *p, struct ptn_foreign *f)
{
	const struct ptn_kdf_scrypt *c = &f->scrypt;
	const uint64_t kib = (UINT64_C(1) << c->ln) * c->r / 8;
	const uint64_t max = (uint64_t)ptn_hashgate_kib(p->cf);

	if (kib > max || kib * c->p > max * SCRYPT_WORK)
		return too_dear(p);
	f->weak = kib * c->p < SCRYPT_WEAK_KIB;
	return true;
}

static bool
scrypt_parse(struct ptn_foreign_parsing *p, struct ptn_foreign *f)
{
	return ptn_phc_text(&p->s, "$scrypt$ln=") &&
	    number(p, SCRYPT_LN_MAX, &f->scrypt.ln) &&
	    ptn_phc_text(&p->s, ",r=") &&
	    number(p, SCRYPT_R_MAX, &f->scrypt.r) &&
	    ptn_phc_text(&p->s, ",p=") &&
	    number(p, SCRYPT_P_MAX, &f->scrypt.p) && scrypt_costs(p, f) &&
	    ptn_phc_text(&p->s, "$") && salt_base64(p, f, PTN_PHC_STD) &&
	    digest_end(p, f, PTN_PHC_STD, 0);
}

/* scrypt$N$SALT$r$p$DIGEST: Django's. */
static bool
scrypt_django(struct ptn_foreign_parsing *p, struct ptn_foreign *f)
{
	uint32_t n;

	if (!ptn_phc_text(&p->s, "scrypt$") ||
	    !number(p, UINT32_C(1) << SCRYPT_LN_MAX, &n) || n < 2 ||
	    (n & (n - 1)) != 0)
		return false;
	while (n > UINT32_C(1) << f->scrypt.ln)
		f->scrypt.ln++;
	return ptn_phc_text(&p->s, "$") && salt_text(p, f) &&
	    number(p, SCRYPT_R_MAX, &f->scrypt.r) && ptn_phc_text(&p->s, "$") &&
	    number(p, SCRYPT_P_MAX, &f->scrypt.p) && scrypt_costs(p, f) &&
	    ptn_phc_text(&p->s, "$") && digest_end(p, f, NULL, 0);
}

static bool
pbkdf2_count(struct ptn_foreign_parsing *p, struct ptn_foreign *f)
{
	if (!number(p, PBKDF2_MAX, &f->count))
		return false;
	f->weak = f->count < pbkdf2_weak[f->md];
	return true;
}

/* Several spellings, of which "$i=" is that of PHC strings, and padded. */
static bool
pbkdf2_parse(struct ptn_foreign_parsing *p, struct ptn_foreign *f)
{
	bool phc;

	if (ptn_phc_text(&p->s, "$pbkdf2$") ||
	    ptn_phc_text(&p->s, "$pbkdf2-sha1$"))
		f->md = PTN_KDF_SHA1;
	else if (ptn_phc_text(&p->s, "$pbkdf2-sha256$"))
		f->md = PTN_KDF_SHA256;
	else if (ptn_phc_text(&p->s, "$pbkdf2-sha512$"))
		f->md = PTN_KDF_SHA512;
	else
		return false;
	phc = ptn_phc_text(&p->s, "i=");
	if (!pbkdf2_count(p, f) || !ptn_phc_text(&p->s, "$"))
		return false;
	if (!phc)
		return salt_base64(p, f, PTN_PHC_DOT) &&
		    digest_end(p, f, PTN_PHC_DOT, 0);
	f->salt_len = ptn_phc_padded(&p->s, f->salt, sizeof(f->salt));
	return f->salt_len > 0 && ptn_phc_text(&p->s, "$") &&
	    digest_end(p, f, NULL, 0);
}

/* pbkdf2_sha256$COUNT$SALT$DIGEST: Django's. */
static bool
pbkdf2_django(struct ptn_foreign_parsing *p, struct ptn_foreign *f)
{
	f->md = PTN_KDF_SHA1;
	if (ptn_phc_text(&p->s, "pbkdf2_sha256$"))
		f->md = PTN_KDF_SHA256;
	else if (!ptn_phc_text(&p->s, "pbkdf2_sha1$"))
		return false;
	return pbkdf2_count(p, f) && ptn_phc_text(&p->s, "$") &&
	    salt_text(p, f) && digest_end(p, f, NULL, 0);
}

/* The end of a salt in front of its separator. */
static bool
firebase_separator(struct ptn_foreign_parsing *p,
    uint8_t sep[PTN_FOREIGN_SALT_MAX], size_t *n)
{
	if (!ptn_phc_text(&p->s, ",ss="))
		return false;
	*n = 0;
	if (*p->s == '$' || *p->s == ',')
		return true;
	return (*n = ptn_phc_padded(&p->s, sep, PTN_FOREIGN_SALT_MAX)) > 0;
}

/*
 * With a signer key, as Firebase's users are exported: the digest is the key
 * under a keystream.  Taking the key away leaves the keystream, which proves
 * the password alone, and is what is stored: nobody has to keep the key.
 */
static bool
firebase_digest(struct ptn_foreign_parsing *p, struct ptn_foreign *f,
    const uint8_t *key, size_t key_len)
{
	size_t i;

	if (!digest_end(p, f, NULL, f->signer ? key_len : 0))
		return false;
	for (i = 0; f->signer && i < f->digest_len; i++)
		f->digest[i] ^= key[i];
	return true;
}

/* $fbscrypt$v=1,n=LN,r=R,p=P,ss=SEPARATOR,sk=SIGNER$SALT$DIGEST; v=2: ours */
static bool
firebase_parse(struct ptn_foreign_parsing *p, struct ptn_foreign *f)
{
	uint8_t sep[PTN_FOREIGN_SALT_MAX], key[PTN_FOREIGN_DIGEST_MAX];
	size_t sep_len, key_len = 0;

	f->signer = ptn_phc_text(&p->s, "$fbscrypt$v=1");
	if ((!f->signer && !ptn_phc_text(&p->s, "$fbscrypt$v=2")) ||
	    !ptn_phc_text(&p->s, ",n=") ||
	    !number(p, SCRYPT_LN_MAX, &f->scrypt.ln) ||
	    !ptn_phc_text(&p->s, ",r=") ||
	    !number(p, SCRYPT_R_MAX, &f->scrypt.r) ||
	    !ptn_phc_text(&p->s, ",p=") ||
	    !number(p, SCRYPT_P_MAX, &f->scrypt.p) || !scrypt_costs(p, f) ||
	    !firebase_separator(p, sep, &sep_len))
		return false;
	if (f->signer && ptn_phc_text(&p->s, ",sk="))
		key_len = ptn_phc_padded(&p->s, key, sizeof(key));
	if ((f->signer && key_len < DIGEST_MIN) || !ptn_phc_text(&p->s, "$"))
		return false;
	f->salt_len = ptn_phc_padded(&p->s, f->salt, sizeof(f->salt));
	if (f->salt_len == 0 || f->salt_len + sep_len > sizeof(f->salt) ||
	    !ptn_phc_text(&p->s, "$"))
		return false;
	memcpy(f->salt + f->salt_len, sep, sep_len);
	f->count = (uint32_t)sep_len;
	f->salt_len += sep_len;
	return firebase_digest(p, f, key, key_len);
}

/* $5$rounds=N$SALT$DIGEST, or $6$; without "rounds=" it is the usual one. */
static bool
sha_crypt_parse(struct ptn_foreign_parsing *p, struct ptn_foreign *f)
{
	const bool sha512 = p->s[1] == '6';
	size_t n;

	p->s += 3;
	f->count = SHA_CRYPT_USUAL;
	if (ptn_phc_text(&p->s, "rounds=") &&
	    (!number(p, SHA_CRYPT_MAX, &f->count) || f->count < SHA_CRYPT_MIN ||
		!ptn_phc_text(&p->s, "$")))
		return false;
	f->weak = f->count < SHA_CRYPT_WEAK;
	n = strspn(p->s, PTN_PHC_CRYPT);
	if (n == 0 || n > 16)
		return false;
	p->s += n;
	return ptn_phc_text(&p->s, "$") && digest_text(p, f, sha512 ? 86 : 43);
}

/* A number of crypt(5), counted from 1, of a single character. */
static bool
one_up(struct ptn_foreign_parsing *p, uint32_t max, uint32_t *out)
{
	const char *c = *p->s == '\0' ? NULL : strchr(PTN_PHC_CRYPT, *p->s);

	if (c == NULL)
		return false;
	p->s++;
	*out = (uint32_t)(c - PTN_PHC_CRYPT) + 1;
	return *out <= max ? true : too_dear(p);
}

/* $y$j9T$SALT$DIGEST: "j" the usual flavour, "9" N, "T" r. */
static bool
yescrypt_parse(struct ptn_foreign_parsing *p, struct ptn_foreign *f)
{
	size_t n;

	f->scrypt.p = 1;
	if (!ptn_phc_text(&p->s, "$y$j") ||
	    !one_up(p, SCRYPT_LN_MAX, &f->scrypt.ln) ||
	    !one_up(p, SCRYPT_R_MAX, &f->scrypt.r) || !scrypt_costs(p, f) ||
	    !ptn_phc_text(&p->s, "$"))
		return false;
	f->weak =
	    (UINT64_C(1) << f->scrypt.ln) * f->scrypt.r / 8 < YESCRYPT_WEAK_KIB;
	n = strspn(p->s, PTN_PHC_CRYPT);
	if (n == 0 || n > 86)
		return false;
	p->s += n;
	return ptn_phc_text(&p->s, "$") && digest_text(p, f, 43);
}

/* $P$ and the logarithm of the count, 8 characters of salt, 22 of digest. */
static bool
phpass_parse(struct ptn_foreign_parsing *p, struct ptn_foreign *f)
{
	uint32_t ln;

	p->s += 3;
	if (!one_up(p, UINT32_MAX, &ln) || --ln < PHPASS_MIN)
		return false;
	if (ln > PHPASS_MAX)
		return too_dear(p);
	if (strspn(p->s, PTN_PHC_CRYPT) < 8)
		return false;
	f->count = UINT32_C(1) << ln;
	f->salt_len = 8;
	memcpy(f->salt, p->s, 8);
	p->s += 8;
	f->weak = true;
	return digest_text(p, f, 22);
}

static const struct {
	const char *prefix;
	enum ptn_kdf_md md;
} ldap[] = {
	{ "{SSHA}", PTN_KDF_SHA1 },
	{ "{SSHA256}", PTN_KDF_SHA256 },
	{ "{SSHA512}", PTN_KDF_SHA512 },
};

/* {SSHA} and the digest with the salt behind it, of a setting the salt. */
static bool
ldap_parse(struct ptn_foreign_parsing *p, struct ptn_foreign *f)
{
	uint8_t both[PTN_FOREIGN_SALT_MAX];
	size_t i, n, len = 0;

	for (i = 0; i < PTN_ARRAY_LEN(ldap); i++)
		if (ptn_phc_text(&p->s, ldap[i].prefix))
			break;
	if (i == PTN_ARRAY_LEN(ldap))
		return false;
	f->md = ldap[i].md;
	f->setting = strlen(ldap[i].prefix);
	if (!p->bare)
		len = ptn_kdf_md_len(f->md);
	n = ptn_phc_padded(&p->s, both, sizeof(both));
	if (n <= len || *p->s != '\0')
		return false;
	f->weak = true;
	f->digest_len = len;
	memcpy(f->digest, both, len);
	f->salt_len = n - len;
	memcpy(f->salt, both + len, f->salt_len);
	return true;
}

/* "*" and 40 digits: SHA-1 twice, as PASSWORD() of MariaDB and MySQL has it. */
static bool
mysql_parse(struct ptn_foreign_parsing *p, struct ptn_foreign *f)
{
	int high, low;
	size_t i;

	f->setting = (size_t)(++p->s - f->text);
	f->md = PTN_KDF_SHA1;
	f->weak = true;
	if (p->bare)
		return *p->s == '\0';
	f->digest_len = ptn_kdf_md_len(f->md);
	for (i = 0; i < f->digest_len; i++, p->s += 2) {
		if ((high = ptn_hex_digit(p->s[0])) < 0 ||
		    (low = ptn_hex_digit(p->s[1])) < 0)
			return false;
		f->digest[i] = (uint8_t)(high << 4 | low);
	}
	return *p->s == '\0';
}

/* THE table of kinds; those of one name stand together. */
static const struct ptn_foreign_kind kinds[] = {
	/* clang-format off */
	{ "argon2",    "$argon2",     argon_parse,     ptn_foreign_work_argon,     CORE_BYTES,      PTN_FOREIGN_LENGTH },
	{ "bcrypt",    "$2",          bcrypt_parse,    ptn_foreign_work_bcrypt,    CORE_CHARACTERS, PTN_FOREIGN_TEXT },
	{ "scrypt",    "$scrypt$",    scrypt_parse,    ptn_foreign_work_scrypt,    CORE_BYTES,      PTN_FOREIGN_TEXT },
	{ "scrypt",    "scrypt$",     scrypt_django,   ptn_foreign_work_scrypt,    CORE_BYTES,      PTN_FOREIGN_TEXT },
	{ "pbkdf2",    "$pbkdf2",     pbkdf2_parse,    ptn_foreign_work_pbkdf2,    CORE_BYTES,      PTN_FOREIGN_TEXT },
	{ "pbkdf2",    "pbkdf2_",     pbkdf2_django,   ptn_foreign_work_pbkdf2,    CORE_BYTES,      PTN_FOREIGN_TEXT },
	{ "firebase",  "$fbscrypt$",  firebase_parse,  ptn_foreign_work_firebase,  CORE_BYTES,      PTN_FOREIGN_SIGNED },
	{ "sha-crypt", "$5$",         sha_crypt_parse, ptn_foreign_work_crypt,     CORE_CHARACTERS, PTN_FOREIGN_TEXT },
	{ "sha-crypt", "$6$",         sha_crypt_parse, ptn_foreign_work_crypt,     CORE_CHARACTERS, PTN_FOREIGN_TEXT },
	{ "yescrypt",  "$y$",         yescrypt_parse,  ptn_foreign_work_crypt,     CORE_CHARACTERS, PTN_FOREIGN_TEXT },
	{ "wordpress", "$wp$",        wordpress_parse, ptn_foreign_work_wordpress, CORE_CHARACTERS, PTN_FOREIGN_TEXT },
	{ "phpass",    "$P$",         phpass_parse,    ptn_foreign_work_phpass,    CORE_CHARACTERS, PTN_FOREIGN_TEXT },
	{ "phpass",    "$H$",         phpass_parse,    ptn_foreign_work_phpass,    CORE_CHARACTERS, PTN_FOREIGN_TEXT },
	{ "ldap",      "{SSHA",       ldap_parse,      ptn_foreign_work_ldap,      CORE_BYTES,      PTN_FOREIGN_LDAP },
	{ "mysql",     "*",           mysql_parse,     ptn_foreign_work_mysql,     CORE_BYTES,      PTN_FOREIGN_TEXT },
	/* clang-format on */
};

bool
ptn_foreign_parse(const struct ptn_conf *cf, const char *s, bool bare,
    struct ptn_foreign *f, const char **why)
{
	struct ptn_foreign_parsing p = { cf, s, bare, NULL };
	size_t i;

	memset(f, 0, sizeof(*f));
	f->text = s;
	*why = "it is of no kind that is known";
	for (i = 0; i < PTN_ARRAY_LEN(kinds); i++) {
		if (strncmp(s, kinds[i].prefix, strlen(kinds[i].prefix)) != 0)
			continue;
		f->kind = &kinds[i];
		if (kinds[i].parse(&p, f))
			return true;
		*why = p.why != NULL ? p.why : "it is malformed";
		return false;
	}
	return false;
}

const char *
ptn_foreign_name(const struct ptn_foreign *f)
{
	return f->kind->name;
}

const char *
ptn_foreign_kind_name(size_t i)
{
	size_t k;

	for (k = 0; k < PTN_ARRAY_LEN(kinds); k++) {
		if ((k == 0 || strcmp(kinds[k].name, kinds[k - 1].name) != 0) &&
		    i-- == 0)
			return kinds[k].name;
	}
	return NULL;
}

enum ptn_err
ptn_foreign_compute(const struct ptn_foreign *f,
    const struct ptn_hashgate_slot *slot, struct ptn_bytes pw,
    struct ptn_foreign_digest *out)
{
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	r = f->kind->compute(f, slot, pw, out);
	/* To some it is an end, and to a key of HMAC no difference. */
	if (memchr(pw.p, '\0', pw.len) != NULL)
		out->len = 0;
	return r;
}

struct ptn_bytes
ptn_foreign_core(const struct ptn_foreign *f, const uint8_t *digest)
{
	return PTN_BYTES(digest, f->kind->core);
}
