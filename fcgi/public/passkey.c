#include "fcgi/public/passkey.h"

#include <string.h>

#include "fcgi/jsonval.h"
#include "lib/base/base64.h"
#include "lib/base/clock.h"
#include "lib/conf/conf.h"
#include "lib/webauthn/clientdata.h"

const int32_t ptn_passkey_algs[PTN_PASSKEY_ALGS] = { -7, -8, -35, -257 };

const char *
ptn_passkey_uv(const struct ptn_conf *cf)
{
	static const char *const words[] = {
		[PTN_UV_REQUIRED] = "required",
		[PTN_UV_PREFERRED] = "preferred",
		[PTN_UV_DISCOURAGED] = "discouraged",
	};

	return words[cf->passkey_uv];
}

bool
ptn_passkey_type_ok(const struct ptn_value *type)
{
	return strcmp(type->s, "public-key") == 0;
}

struct ptn_webauthn_rp
ptn_passkey_rp(const struct ptn_conf *cf)
{
	return (struct ptn_webauthn_rp){
		.id = cf->rp_id,
		.origins = cf->rp_origins,
		.top_origins = cf->rp_top_origins,
	};
}

/*
 * Take the challenge that the client data names, whoever they are from: it is
 * spent, whatever comes of it.  PTN_E_INPUT for client data that are none;
 * PTN_E_NOT_FOUND, PTN_E_EXPIRED.
 */
enum ptn_err
ptn_passkey_challenge(struct ptn_request *req,
    enum ptn_webauthn_ceremony ceremony, struct ptn_bytes client_data,
    struct ptn_webauthn_challenge *ch)
{
	struct ptn_clientdata cd;
	struct ptn_bytes value;
	enum ptn_err r;

	r = ptn_clientdata_parse(req->sc.arena, client_data, &cd);
	if (r != PTN_OK)
		return r;
	r = ptn_b64url_decode(req->sc.arena, ptn_bytes_of(cd.challenge),
	    &value);
	if (r != PTN_OK)
		return r == PTN_E_INPUT ? PTN_E_NOT_FOUND : r;
	return ptn_webauthn_challenge_take(&req->sc, ceremony, value, ch);
}

struct ptn_webauthn_want
ptn_passkey_want(const struct ptn_conf *cf,
    const struct ptn_webauthn_challenge *ch)
{
	return (struct ptn_webauthn_want){
		.challenge = PTN_BYTES(ch->value, sizeof(ch->value)),
		.require_uv = ch->require_uv,
		.attestation = cf->passkey_attestation == PTN_CONVEY_NONE
		    ? PTN_ATTESTATION_NONE
		    : PTN_ATTESTATION_VERIFY,
		.algs = ptn_passkey_algs,
		.n_algs = PTN_PASSKEY_ALGS,
		.now_s = ptn_clock_us() / 1000000,
	};
}

enum ptn_err
ptn_passkey_init_failed(struct ptn_request *req, struct ptn_reply *rep,
    enum ptn_event event, const char *message)
{
	ptn_event_note(&req->sc, event, message);
	return ptn_reply_say(rep, PTN_E_INPUT, message);
}

void
ptn_passkey_write(struct ptn_reply *rep, struct ptn_bytes id,
    const struct ptn_uuid *user)
{
	rep->no_store = true;
	ptn_jsonw_object(&rep->json, NULL);
	ptn_jsonval_b64url(&rep->json, "credential_id", id);
	ptn_jsonval_uuid(&rep->json, "user_id", user);
	ptn_jsonw_end_object(&rep->json);
}
