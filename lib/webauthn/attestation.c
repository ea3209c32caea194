#include "lib/webauthn/attestation.h"

#include <string.h>

#include "lib/base/array.h"

#define DEPTH 6 /* a statement inside a compound one */

/* Section 8.7: nothing is claimed. */
static enum ptn_err
attest_none(const struct ptn_attest *in, struct ptn_finding *out)
{
	if (in->stmt->n != 0)
		return ptn_attest_deny(out, "none: the statement says more");
	return ptn_finding_allow(out);
}

static const struct {
	const char *fmt;
	ptn_attest_fn *verify;
} formats[] = {
	{ "none", attest_none },
	{ "packed", ptn_attest_packed },
	{ "tpm", ptn_attest_tpm },
	{ "android-key", ptn_attest_android_key },
	{ "fido-u2f", ptn_attest_fido_u2f },
	{ "apple", ptn_attest_apple },
};

static ptn_attest_fn *
find_format(const char *fmt)
{
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(formats); i++)
		if (strcmp(formats[i].fmt, fmt) == 0)
			return formats[i].verify;
	return NULL;
}

bool
ptn_attestation_known(const char *fmt)
{
	return find_format(fmt) != NULL;
}

/* Section 8.1: printable ASCII without backslash and quotation mark. */
static bool
fmt_ok(struct ptn_bytes b)
{
	size_t i;

	if (b.len == 0 || b.len > PTN_ATTESTATION_FMT_MAX)
		return false;
	for (i = 0; i < b.len; i++)
		if (b.p[i] <= ' ' || b.p[i] > '~' || b.p[i] == '"' ||
		    b.p[i] == '\\')
			return false;
	return true;
}

static const struct ptn_cbor *
find_stmt(const struct ptn_cbor *map, const char *fmt)
{
	const struct ptn_cbor *v;

	if (strcmp(fmt, "compound") == 0)
		return ptn_cbor_get(map, "attStmt", PTN_CBOR_ARRAY);
	v = ptn_cbor_get(map, "attStmt", PTN_CBOR_MAP);
	if (v != NULL && strcmp(fmt, "none") == 0 && v->n > 0)
		return NULL;
	return v;
}

enum ptn_err
ptn_attestation_parse(struct ptn_arena *a, struct ptn_bytes in,
    struct ptn_attestation *out)
{
	const struct ptn_cbor *fmt, *stmt, *auth_data;
	struct ptn_cbor map;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	if ((r = ptn_cbor_parse(a, in, DEPTH, &map, NULL)) != PTN_OK)
		return r;
	fmt = ptn_cbor_get(&map, "fmt", PTN_CBOR_TEXT);
	auth_data = ptn_cbor_get(&map, "authData", PTN_CBOR_BYTES);
	if (fmt == NULL || auth_data == NULL || !fmt_ok(fmt->b))
		return PTN_E_INPUT;
	out->fmt = ptn_arena_strndup(a, (const char *)fmt->b.p, fmt->b.len);
	if (out->fmt == NULL)
		return PTN_E_NOMEM;
	if ((stmt = find_stmt(&map, out->fmt)) == NULL)
		return PTN_E_INPUT;
	out->stmt = *stmt;
	out->auth_data = auth_data->b;
	return PTN_OK;
}

enum ptn_err
ptn_attestation_verify(const char *fmt, const struct ptn_attest *in,
    struct ptn_finding *out)
{
	ptn_attest_fn *verify = find_format(fmt);

	(void)ptn_attest_deny(out, "unknown attestation statement format");
	if (verify == NULL)
		return PTN_OK;
	return verify(in, out);
}
