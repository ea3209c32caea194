#include "lib/dfns/verify.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/conf/conf.h"
#include "lib/crypto/cose.h"
#include "lib/crypto/spki.h"
#include "lib/dfns/fido.h"
#include "lib/dfns/password.h"
#include "lib/dfns/totp.h"

static struct ptn_dfns_fido
fido_of(const struct ptn_scope *sc, const struct ptn_dfns_verify *v,
    const struct ptn_dfns_fido_rp *rp)
{
	return (struct ptn_dfns_fido){
		.rps = rp,
		.n_rps = 1,
		.challenge = v->challenge,
		.attestation = sc->cf->passkey_attestation == PTN_CONVEY_NONE
		    ? PTN_ATTESTATION_NONE
		    : PTN_ATTESTATION_VERIFY,
		.now_s = ptn_clock_us() / PTN_US_PER_S,
	};
}

static enum ptn_err
verify_passkey(const struct ptn_scope *sc, const struct ptn_dfns_verify *v,
    const struct ptn_dfns_factor *factor, struct ptn_dfns_cred *c,
    struct ptn_finding *finding)
{
	const struct ptn_dfns_fido_rp rp = { v->org->rp_id, v->org->origins };
	const struct ptn_dfns_fido f = fido_of(sc, v, &rp);
	const struct ptn_dfns_fido_stored stored = {
		.rp_id = c->rp_id != NULL ? c->rp_id : v->org->rp_id,
		.user = v->user,
		.handle = c->user_handle,
		.record = { .cose_key = c->cose_key,
		    .sign_count = (uint32_t)c->sign_count,
		    .be = c->be,
		    .be_unknown = c->be_unknown },
	};
	const struct ptn_dfns_fido_assertion in = {
		.client_data = factor->client_data,
		.authenticator_data = factor->authenticator_data,
		.signature = factor->signature,
		.user_handle = factor->user_handle,
	};
	struct ptn_webauthn_asserted out;
	enum ptn_err r;

	r = ptn_dfns_fido_assert(sc->arena, &f, &stored, &in, &out, finding);
	if (r == PTN_OK && finding->verdict == PTN_ALLOW) {
		c->sign_count = out.sign_count;
		c->be = out.be;
		c->bs = out.bs;
	}
	return r;
}

static enum ptn_err
verify_key(const struct ptn_scope *sc, const struct ptn_dfns_verify *v,
    const struct ptn_dfns_factor *factor, const struct ptn_dfns_cred *c,
    struct ptn_finding *finding)
{
	const struct ptn_keyassert_stored stored = { c->pem, c->digest };
	const struct ptn_keyassert_assertion in = { factor->client_data,
		factor->signature, factor->digest };

	return ptn_keyassert_verify(sc->arena, &stored, &in, v->challenge,
	    finding);
}

/* Which credential of the list a factor names. */
static enum ptn_err
pick(const struct ptn_scope *sc, const struct ptn_dfns_factor *factor,
    const struct ptn_dfns_cred *list, size_t n, size_t *at,
    struct ptn_finding *finding)
{
	struct ptn_dfns_factor_allowed *allowed;
	size_t i;

	*at = 0;
	memset(finding, 0, sizeof(*finding));
	if ((allowed = ptn_arena_calloc(sc->arena, n + 1, sizeof(*allowed))) ==
	    NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < n; i++) {
		allowed[i].cred_id = list[i].cred_id;
		allowed[i].kind = list[i].kind;
	}
	if (factor->cred_id == NULL)
		return ptn_finding_deny(finding, PTN_REASON_KIND);
	ptn_dfns_factor_pick(factor, allowed, n, at, finding);
	return PTN_OK;
}

enum ptn_err
ptn_dfns_verify_recovery(const struct ptn_scope *sc,
    const struct ptn_dfns_factor *factor,
    const struct ptn_json *new_credentials, const struct ptn_dfns_cred *list,
    size_t n, struct ptn_finding *finding)
{
	const struct ptn_keyassert_assertion in = { factor->client_data,
		factor->signature, factor->digest };
	struct ptn_keyassert_stored stored;
	size_t at;
	enum ptn_err r;

	r = pick(sc, factor, list, n, &at, finding);
	if (r != PTN_OK || finding->verdict != PTN_ALLOW)
		return r;
	memset(finding, 0, sizeof(*finding));
	stored = (struct ptn_keyassert_stored){ list[at].pem, list[at].digest };
	return ptn_keyassert_recover(sc->arena, &stored, &in, new_credentials,
	    finding);
}

enum ptn_err
ptn_dfns_verify_factor(const struct ptn_scope *sc,
    const struct ptn_dfns_verify *v, const struct ptn_dfns_factor *factor,
    struct ptn_dfns_cred *list, size_t n, struct ptn_dfns_cred **used,
    struct ptn_finding *finding)
{
	size_t at;
	enum ptn_err r;

	*used = NULL;
	r = pick(sc, factor, list, n, &at, finding);
	if (r != PTN_OK || finding->verdict != PTN_ALLOW)
		return r;
	memset(finding, 0, sizeof(*finding));
	r = list[at].kind == PTN_CRED_FIDO2
	    ? verify_passkey(sc, v, factor, &list[at], finding)
	    : verify_key(sc, v, factor, &list[at], finding);
	if (r == PTN_OK && finding->verdict == PTN_ALLOW)
		*used = &list[at];
	return r;
}

static enum ptn_err
new_passkey(const struct ptn_scope *sc, const struct ptn_dfns_verify *v,
    const struct ptn_dfns_factor_new *in, struct ptn_dfns_cred *out,
    struct ptn_finding *finding)
{
	const struct ptn_dfns_fido_rp rp = { v->org->rp_id, v->org->origins };
	const struct ptn_dfns_fido f = fido_of(sc, v, &rp);
	const struct ptn_dfns_fido_creation creation = {
		ptn_bytes_of(in->cred_id), in->client_data, in->attestation
	};
	struct ptn_dfns_fido_created made;
	struct ptn_cose_key key;
	enum ptn_err r;

	r = ptn_dfns_fido_create(sc->arena, &f, &creation, &made, finding);
	if (r != PTN_OK || finding->verdict != PTN_ALLOW)
		return r;
	out->raw_id = made.attested.cred_id;
	out->cose_key = made.attested.cose_key;
	out->sign_count = made.attested.sign_count;
	out->be = made.attested.be;
	out->bs = made.attested.bs;
	out->attestation = made.attested.attestation;
	memcpy(out->aaguid.b, made.attested.aaguid, sizeof(out->aaguid.b));
	out->rp_id = made.rp_id;
	out->origin = made.origin;
	if ((r = ptn_cose_parse(sc->arena, out->cose_key, &key)) != PTN_OK)
		return r;
	return ptn_spki_fingerprint(sc->arena, &key.key, &out->fingerprint);
}

static enum ptn_err
new_key(const struct ptn_scope *sc, const struct ptn_dfns_verify *v,
    const struct ptn_dfns_factor_new *in, struct ptn_dfns_cred *out,
    struct ptn_finding *finding)
{
	const struct ptn_keyassert_creation creation = { in->client_data,
		in->attestation };
	struct ptn_keyassert_created made;
	enum ptn_err r;

	r = ptn_keyassert_create(sc->arena, &creation, v->challenge, &made,
	    finding);
	if (r != PTN_OK || finding->verdict != PTN_ALLOW)
		return r;
	out->pem = made.pem;
	out->digest = made.digest;
	out->fingerprint = ptn_arena_strdup(sc->arena, made.key.fingerprint);
	out->encrypted_private_key = in->encrypted_private_key;
	return out->fingerprint != NULL ? PTN_OK : PTN_E_NOMEM;
}

static enum ptn_err
new_totp(const struct ptn_scope *sc, const struct ptn_dfns_verify *v,
    const struct ptn_dfns_factor_new *in, struct ptn_dfns_cred *out,
    struct ptn_finding *finding)
{
	enum ptn_verdict verdict;
	enum ptn_err r;

	r = ptn_dfns_totp_prove(sc, &v->user, v->offered, in->secret,
	    &out->last_step, &verdict);
	if (r != PTN_OK)
		return r;
	if (verdict != PTN_ALLOW)
		return ptn_finding_deny(finding, PTN_REASON_CODE);
	out->sealed = v->offered;
	return ptn_finding_allow(finding);
}

static enum ptn_err
new_secret(const struct ptn_scope *sc, const struct ptn_dfns_verify *v,
    const struct ptn_dfns_factor_new *in, struct ptn_dfns_cred *out,
    struct ptn_finding *finding)
{
	if (!ptn_dfns_password_on(sc))
		return ptn_finding_deny(finding, PTN_REASON_KIND);
	out->cred_id = out->fingerprint = "";
	return in->kind == PTN_CRED_TOTP ? new_totp(sc, v, in, out, finding)
					 : ptn_finding_allow(finding);
}

enum ptn_err
ptn_dfns_verify_new(const struct ptn_scope *sc, const struct ptn_dfns_verify *v,
    const struct ptn_dfns_factor_new *in, struct ptn_dfns_cred *out,
    struct ptn_finding *finding)
{
	memset(out, 0, sizeof(*out));
	memset(finding, 0, sizeof(*finding));
	out->kind = in->kind;
	out->cred_id = in->cred_id;
	out->name = in->name != NULL && in->name[0] != '\0'
	    ? in->name
	    : PTN_DFNS_CRED_NAME;
	out->active = out->admitted = true;
	out->api = PTN_API_DFNS;
	switch (in->kind) {
	case PTN_CRED_FIDO2:
		return new_passkey(sc, v, in, out, finding);
	case PTN_CRED_KEY:
	case PTN_CRED_PASSWORD_PROTECTED_KEY:
	case PTN_CRED_RECOVERY_KEY:
		return new_key(sc, v, in, out, finding);
	case PTN_CRED_PASSWORD:
	case PTN_CRED_TOTP:
		return new_secret(sc, v, in, out, finding);
	case PTN_CRED_UNSET:
	case PTN_CRED__MAX:
		break;
	}
	return ptn_finding_deny(finding, PTN_REASON_KIND);
}
