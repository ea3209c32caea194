#include "lib/dfns/factor.h"

#include <string.h>

#include "lib/base/base64.h"
#include "lib/base/unicode.h"

static const char *const kinds[PTN_CRED__MAX] = {
	[PTN_CRED_UNSET] = "",
	[PTN_CRED_FIDO2] = "Fido2",
	[PTN_CRED_KEY] = "Key",
	[PTN_CRED_PASSWORD_PROTECTED_KEY] = "PasswordProtectedKey",
	[PTN_CRED_RECOVERY_KEY] = "RecoveryKey",
	[PTN_CRED_PASSWORD] = "Password",
	[PTN_CRED_TOTP] = "Totp",
};

#define BIT(kind) (1U << (kind))
#define LOGIN_KINDS                                                            \
	(BIT(PTN_CRED_FIDO2) | BIT(PTN_CRED_KEY) |                             \
	    BIT(PTN_CRED_PASSWORD_PROTECTED_KEY))

static const unsigned places[PTN_FACTOR__MAX] = {
	[PTN_FACTOR_FIRST] = LOGIN_KINDS | BIT(PTN_CRED_PASSWORD),
	[PTN_FACTOR_SECOND] = LOGIN_KINDS | BIT(PTN_CRED_TOTP),
	[PTN_FACTOR_RECOVERY] = BIT(PTN_CRED_RECOVERY_KEY),
	[PTN_FACTOR_ANY] = LOGIN_KINDS | BIT(PTN_CRED_RECOVERY_KEY) |
	    BIT(PTN_CRED_PASSWORD) | BIT(PTN_CRED_TOTP),
};

const char *
ptn_dfns_cred_kind_name(enum ptn_dfns_cred_kind kind)
{
	return (unsigned)kind < PTN_CRED__MAX ? kinds[kind] : "";
}

enum ptn_dfns_cred_kind
ptn_dfns_cred_kind_of(struct ptn_bytes name)
{
	unsigned i;

	for (i = PTN_CRED_UNSET + 1; i < PTN_CRED__MAX; i++)
		if (name.len == strlen(kinds[i]) &&
		    memcmp(name.p, kinds[i], name.len) == 0)
			return (enum ptn_dfns_cred_kind)i;
	return PTN_CRED_UNSET;
}

bool
ptn_dfns_cred_kind_secret(enum ptn_dfns_cred_kind kind)
{
	return kind == PTN_CRED_PASSWORD || kind == PTN_CRED_TOTP;
}

/*
 * Reads the members of one object.  After the first one that is wrong, which is
 * remembered, nothing more is read.
 */
struct reader {
	struct ptn_arena *a;
	const struct ptn_json *v;
	const char *why; /* the path of the wrong one */
	enum ptn_err r;
};

static void
fail(struct reader *in, enum ptn_err r, const char *path)
{
	in->r = r;
	in->why = path;
}

/* The last part of a path: the name of the member. */
static const char *
member(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

/* A string of 1 to max characters without NUL; p NULL after a failure. */
static struct ptn_bytes
read_string(struct reader *in, const char *path, size_t max)
{
	struct ptn_bytes b;

	if (in->r != PTN_OK)
		return PTN_BYTES(NULL, 0);
	b = ptn_json_string(ptn_json_get(in->v, member(path)));
	if (b.p != NULL && b.len > 0 && ptn_utf8_length(b) <= max &&
	    memchr(b.p, '\0', b.len) == NULL)
		return b;
	fail(in, PTN_E_INPUT, path);
	return PTN_BYTES(NULL, 0);
}

static const char *
read_text(struct reader *in, const char *path, size_t max)
{
	struct ptn_bytes b = read_string(in, path, max);
	const char *s;

	if (b.p == NULL)
		return NULL;
	s = ptn_arena_strndup(in->a, (const char *)b.p, b.len);
	if (s == NULL)
		fail(in, PTN_E_NOMEM, path);
	return s;
}

/* An algorithm that fits no key at all is refused whoever signs. */
static enum ptn_keyassert_digest
read_digest(struct reader *in)
{
	const struct ptn_json *v = ptn_json_get(in->v, "algorithm");
	const enum ptn_keyassert_digest d =
	    ptn_keyassert_digest_of(ptn_json_string(v));

	if (in->r != PTN_OK)
		return PTN_KEYASSERT_UNSET;
	if (v != NULL && ptn_json_type(v) != PTN_JSON_STRING)
		fail(in, PTN_E_INPUT, "credentialAssertion/algorithm");
	else if (d == PTN_KEYASSERT_OTHER)
		fail(in, PTN_E_INPUT,
		    "credentialAssertion/algorithm is none of SHA-256, "
		    "SHA-512 and EdDSA");
	return d;
}

/* Is there a member?  null and "" count as none. */
static bool
is_there(const struct reader *in, const char *path)
{
	const struct ptn_json *v = ptn_json_get(in->v, member(path));

	return v != NULL &&
	    (ptn_json_type(v) != PTN_JSON_STRING || ptn_json_string(v).len > 0);
}

/* At most max bytes, which are written in base64 of either alphabet. */
static struct ptn_bytes
read_bytes(struct reader *in, const char *path, size_t max)
{
	struct ptn_bytes b = read_string(in, path, max / 3 * 4 + 4), out;
	enum ptn_err r;

	if (b.p == NULL)
		return b;
	r = ptn_b64any_decode(in->a, b, &out);
	if (r == PTN_OK && out.len <= max)
		return out;
	fail(in, r == PTN_OK ? PTN_E_INPUT : r, path);
	return PTN_BYTES(NULL, 0);
}

/* A password or code; it is wiped with the arena after the request. */
static struct ptn_bytes
read_secret(struct reader *in, const char *path, size_t max)
{
	const char *s = read_text(in, path, max);

	return s == NULL ? PTN_BYTES(NULL, 0) : ptn_bytes_of(s);
}

static const char *
read_cred_id(struct reader *in, const char *path)
{
	const char *s = read_text(in, path, PTN_CRED_ID_TEXT_MAX);

	if (s != NULL && !ptn_cred_id_ok(ptn_bytes_of(s)))
		fail(in, PTN_E_INPUT, path);
	return s;
}

static enum ptn_dfns_cred_kind
read_kind(struct reader *in, const char *path, enum ptn_dfns_factor_place place)
{
	struct ptn_bytes b = read_string(in, path, PTN_CREDENTIAL_NAME_MAX);
	enum ptn_dfns_cred_kind kind;

	if (b.p == NULL)
		return PTN_CRED_UNSET;
	kind = ptn_dfns_cred_kind_of(b);
	if (kind == PTN_CRED_UNSET || (places[place] & BIT(kind)) == 0)
		fail(in, PTN_E_INPUT, path);
	return kind;
}

/* Read the members of this object from now on. */
static void
enter(struct reader *in, const char *name)
{
	const struct ptn_json *v = ptn_json_get(in->v, name);

	if (in->r != PTN_OK)
		return;
	if (ptn_json_type(v) != PTN_JSON_OBJECT)
		fail(in, PTN_E_INPUT, name);
	in->v = v;
}

static void
read_assertion(struct reader *in, struct ptn_dfns_factor *out)
{
	enter(in, "credentialAssertion");
	out->cred_id = read_cred_id(in, "credentialAssertion/credId");
	out->client_data = read_bytes(in, "credentialAssertion/clientData",
	    PTN_KEYASSERT_DATA_MAX);
	out->signature = read_bytes(in, "credentialAssertion/signature",
	    PTN_FACTOR_SIGNATURE_MAX);
	if (out->kind != PTN_CRED_FIDO2) {
		out->digest = read_digest(in);
		return;
	}
	out->authenticator_data = read_bytes(in,
	    "credentialAssertion/authenticatorData", PTN_KEYASSERT_DATA_MAX);
	if (is_there(in, "userHandle"))
		out->user_handle = read_bytes(in,
		    "credentialAssertion/userHandle", PTN_FACTOR_HANDLE_MAX);
}

/* After a failure, out is zeroed. */
static enum ptn_err
finish(const struct reader *in, void *out, size_t len, const char **why)
{
	*why = in->why;
	if (in->r != PTN_OK)
		memset(out, 0, len);
	return in->r;
}

enum ptn_err
ptn_dfns_factor_read(struct ptn_arena *a, const struct ptn_json *v,
    enum ptn_dfns_factor_place place, struct ptn_dfns_factor *out,
    const char **why)
{
	struct reader in = { .a = a, .v = v, .r = PTN_OK };

	memset(out, 0, sizeof(*out));
	out->kind = read_kind(&in, "kind", place);
	if (in.r == PTN_OK && out->kind == PTN_CRED_PASSWORD)
		out->secret =
		    read_secret(&in, "password", PTN_FACTOR_PASSWORD_MAX);
	else if (in.r == PTN_OK && out->kind == PTN_CRED_TOTP)
		out->secret = read_secret(&in, "otpCode", PTN_FACTOR_OTP_MAX);
	else
		read_assertion(&in, out);
	return finish(&in, out, sizeof(*out), why);
}

static void
read_info(struct reader *in, struct ptn_dfns_factor_new *out)
{
	enter(in, "credentialInfo");
	if (out->kind == PTN_CRED_PASSWORD) {
		out->secret = read_secret(in, "credentialInfo/password",
		    PTN_FACTOR_PASSWORD_MAX);
		return;
	}
	if (out->kind == PTN_CRED_TOTP) {
		out->secret = read_secret(in, "credentialInfo/otpCode",
		    PTN_FACTOR_OTP_MAX);
		return;
	}
	out->cred_id = read_cred_id(in, "credentialInfo/credId");
	out->client_data =
	    read_bytes(in, "credentialInfo/clientData", PTN_KEYASSERT_DATA_MAX);
	out->attestation = read_bytes(in, "credentialInfo/attestationData",
	    PTN_KEYASSERT_DATA_MAX);
}

enum ptn_err
ptn_dfns_factor_read_new(struct ptn_arena *a, const struct ptn_json *v,
    enum ptn_dfns_factor_place place, struct ptn_dfns_factor_new *out,
    const char **why)
{
	struct reader in = { .a = a, .v = v, .r = PTN_OK };
	bool old =
	    !ptn_json_has(v, "credentialKind") && ptn_json_has(v, "kind");

	memset(out, 0, sizeof(*out));
	out->kind = read_kind(&in, old ? "kind" : "credentialKind", place);
	if (is_there(&in, "credentialName"))
		out->name =
		    read_text(&in, "credentialName", PTN_CREDENTIAL_NAME_MAX);
	if (out->kind == PTN_CRED_PASSWORD_PROTECTED_KEY ||
	    (out->kind == PTN_CRED_RECOVERY_KEY &&
		is_there(&in, "encryptedPrivateKey")))
		out->encrypted_private_key = read_text(&in,
		    "encryptedPrivateKey", PTN_ENCRYPTED_KEY_MAX);
	read_info(&in, out);
	return finish(&in, out, sizeof(*out), why);
}

static bool
has_id(const struct ptn_dfns_factor *f, const struct ptn_dfns_factor_allowed *c,
    bool exactly)
{
	return exactly ? strcmp(f->cred_id, c->cred_id) == 0
		       : ptn_cred_id_same(ptn_bytes_of(f->cred_id),
			     ptn_bytes_of(c->cred_id));
}

void
ptn_dfns_factor_pick(const struct ptn_dfns_factor *f,
    const struct ptn_dfns_factor_allowed *list, size_t n, size_t *at,
    struct ptn_finding *finding)
{
	size_t i, pass;

	*at = 0;
	(void)ptn_finding_deny(finding, PTN_REASON_OTHER_CREDENTIAL);
	if (f->cred_id == NULL)
		return;
	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < n; i++)
			if (has_id(f, &list[i], pass == 0))
				goto found;
	return;
found:
	if (list[i].kind != f->kind) {
		(void)ptn_finding_deny(finding, PTN_REASON_KIND);
		return;
	}
	*at = i;
	(void)ptn_finding_allow(finding);
}
