#include "lib/webauthn/response.h"

#include <string.h>

#include "lib/base/base64.h"
#include "lib/format/json.h"
#include "lib/format/names.h"
#include "lib/webauthn/authdata.h"

/* A member that must be there, of at most so many bytes. */
static enum ptn_err
read_bytes(struct ptn_arena *a, const struct ptn_json *json, const char *name,
    size_t max, struct ptn_bytes *out)
{
	const struct ptn_bytes text = ptn_json_string(ptn_json_get(json, name));
	enum ptn_err r;

	if (text.p == NULL || text.len == 0 || text.len > max / 3 * 4 + 8)
		return PTN_E_INPUT;
	if ((r = ptn_b64url_decode_padded(a, text, out)) != PTN_OK)
		return r;
	return out->len <= max ? PTN_OK : PTN_E_INPUT;
}

static bool
is_public_key(const struct ptn_json *json)
{
	static const char type[] = "public-key";

	return ptn_bytes_equal(ptn_json_string(ptn_json_get(json, "type")),
	    PTN_BYTES(type, sizeof(type) - 1));
}

/* Its id, and the response inside. */
static enum ptn_err
open_credential(struct ptn_arena *a, const struct ptn_json *json,
    struct ptn_bytes *id, const struct ptn_json **response)
{
	if (!is_public_key(json))
		return PTN_E_INPUT;
	*response = ptn_json_get(json, "response");
	return read_bytes(a, json, "id", PTN_CRED_ID_MAX, id);
}

enum ptn_err
ptn_response_read_created(struct ptn_arena *a, const struct ptn_json *json,
    struct ptn_response_created *out)
{
	const struct ptn_json *response;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	if ((r = open_credential(a, json, &out->id, &response)) != PTN_OK ||
	    (r = read_bytes(a, response, "clientDataJSON", PTN_CLIENTDATA_MAX,
		 &out->response.client_data_json)) != PTN_OK ||
	    (r = read_bytes(a, response, "attestationObject",
		 PTN_WEBAUTHN_ATTESTATION_MAX,
		 &out->response.attestation_object)) != PTN_OK)
		return r;
	out->transports =
	    ptn_names_join(a, ptn_json_get(response, "transports"));
	return out->transports != NULL ? PTN_OK : PTN_E_NOMEM;
}

/* The one that may be absent, or null. */
static enum ptn_err
read_handle(struct ptn_arena *a, const struct ptn_json *response,
    struct ptn_bytes *out)
{
	return ptn_json_get(response, "userHandle") == NULL
	    ? PTN_OK
	    : read_bytes(a, response, "userHandle", PTN_WEBAUTHN_HANDLE_MAX,
		  out);
}

enum ptn_err
ptn_response_read_got(struct ptn_arena *a, const struct ptn_json *json,
    struct ptn_response_got *out)
{
	struct ptn_webauthn_assertion *as = &out->response;
	const struct ptn_json *response;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	if ((r = open_credential(a, json, &out->id, &response)) != PTN_OK ||
	    (r = read_bytes(a, response, "clientDataJSON", PTN_CLIENTDATA_MAX,
		 &as->client_data_json)) != PTN_OK ||
	    (r = read_bytes(a, response, "authenticatorData",
		 PTN_WEBAUTHN_AUTH_DATA_MAX, &as->authenticator_data)) !=
		PTN_OK ||
	    (r = read_bytes(a, response, "signature",
		 PTN_WEBAUTHN_SIGNATURE_MAX, &as->signature)) != PTN_OK)
		return r;
	return read_handle(a, response, &out->user_handle);
}
