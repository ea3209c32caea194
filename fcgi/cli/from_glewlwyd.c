#include "fcgi/cli/from.h"

#include <string.h>

#include "fcgi/cli/user.h"
#include "lib/account/username.h"
#include "lib/base/array.h"
#include "lib/base/base64.h"
#include "lib/base/clock.h"
#include "lib/crypto/cose.h"
#include "lib/crypto/pem.h"
#include "lib/db/sql.h"
#include "lib/format/json.h"

#define TABLES 7
#define PARAMETERS_DEPTH 8

/* What codes of an app are here, and usually there. */
#define STEP_S 30
#define DIGITS 6

enum {
	LEFT_NAMES,
	LEFT_PASSWORDS,
	LEFT_APPS,
	LEFT_OFF,
	LEFT_KEYS,
	LEFT_PROPERTIES
};

struct glewlwyd {
	struct ptn_db *db;
	int64_t after; /* the user who was the last one */
	bool verified; /* addresses are taken as such */
	bool second;   /* credentials are a second factor alone */
};

/* An entry that is being written, of one user. */
struct writing {
	struct glewlwyd *g;
	struct ptn_cli_left *left;
	struct ptn_arena *a;
	struct ptn_jsonw w;
	const struct ptn_glewlwyd_user_out *u;
};

/* Names there are of any characters; whoever has an address does without. */
static enum ptn_err
write_username(struct writing *e)
{
	const char *name = e->u->username;
	enum ptn_err r = ptn_cli_user_lower(e->a, &name);

	if (r != PTN_OK)
		return r;
	if (ptn_username_is_well(name) || e->u->email == NULL)
		ptn_jsonw_str(&e->w, "username", name);
	else
		e->left[LEFT_NAMES].n++;
	return PTN_OK;
}

static void
write_address(struct writing *e)
{
	if (e->u->email == NULL)
		return;
	ptn_jsonw_array(&e->w, "emails");
	ptn_jsonw_object(&e->w, NULL);
	ptn_jsonw_str(&e->w, "address", e->u->email);
	ptn_jsonw_bool(&e->w, "is_primary", true);
	ptn_jsonw_bool(&e->w, "is_verified", e->g->verified);
	ptn_jsonw_end_object(&e->w);
	ptn_jsonw_end_array(&e->w);
}

static void
write_password(struct writing *e)
{
	if (e->u->hash == NULL)
		return;
	ptn_jsonw_object(&e->w, "password");
	ptn_jsonw_str(&e->w, "password", e->u->hash);
	ptn_jsonw_end_object(&e->w);
	e->left[LEFT_PASSWORDS].n += (uint64_t)e->u->passwords - 1;
}

/* How many digits its codes have; what cannot be read says nothing. */
static int64_t
digits_of(struct ptn_bytes parameters)
{
	struct ptn_json *v = NULL;
	const char *why;
	int64_t n = DIGITS;

	if (parameters.len > 0 &&
	    ptn_json_parse(parameters, PARAMETERS_DEPTH, &v, &why) == PTN_OK &&
	    !ptn_json_int(ptn_json_get(v, "otp-length"), &n))
		n = DIGITS;
	ptn_json_free(&v);
	return n;
}

/* The first app whose codes are as ours. */
static enum ptn_err
write_app(struct writing *e)
{
	const struct ptn_glewlwyd_otps_in in = { e->u->username };
	struct ptn_glewlwyd_otps_out *row;
	enum ptn_err r;
	size_t i, n;
	bool done = false;

	r = ptn_sql_glewlwyd_otps(e->g->db, e->a, &in, &row, &n);
	for (i = 0; r == PTN_OK && i < n; i++) {
		if (done || row[i].is_totp != 1 || row[i].step_s != STEP_S ||
		    digits_of(row[i].parameters) != DIGITS) {
			e->left[LEFT_APPS].n++;
			continue;
		}
		ptn_jsonw_object(&e->w, "otp_secret");
		ptn_jsonw_str(&e->w, "secret", row[i].secret);
		ptn_jsonw_end_object(&e->w);
		done = true;
	}
	return r;
}

/* The key in PEM as one in COSE; PTN_E_INPUT: it is none for WebAuthn. */
static enum ptn_err
read_key(struct ptn_arena *a, const char *pem, const char **cose)
{
	static const int32_t algs[] = { PTN_COSE_ES256, PTN_COSE_ES384,
		PTN_COSE_ES512, PTN_COSE_EDDSA, PTN_COSE_RS256 };
	struct ptn_cose_key key = { .alg = 0 };
	struct ptn_bytes bytes;
	struct ptn_pem p;
	enum ptn_err r;
	size_t i = 0;

	if (pem == NULL)
		return PTN_E_INPUT;
	if ((r = ptn_pem_read(a, ptn_bytes_of(pem), &p)) != PTN_OK)
		return r;
	key.key = p.key;
	while (i < PTN_ARRAY_LEN(algs) && !ptn_pubkey_fits(&p.key, algs[i]))
		i++;
	if (i == PTN_ARRAY_LEN(algs))
		return PTN_E_INPUT;
	key.alg = algs[i];
	if ((r = ptn_cose_encode(a, &key, &bytes)) != PTN_OK)
		return r;
	*cose = ptn_b64url_encode(a, bytes);
	return *cose != NULL ? PTN_OK : PTN_E_NOMEM;
}

/* Nobody has kept whether it can be backed up, nor how it is reached. */
static enum ptn_err
write_credential(struct writing *e,
    const struct ptn_glewlwyd_credentials_out *c)
{
	struct ptn_jsonw *w = &e->w;
	const char *key;
	enum ptn_err r;

	if (c->active == 0 || c->id == NULL) {
		e->left[LEFT_OFF].n++;
		return PTN_OK;
	}
	if ((r = read_key(e->a, c->public_key, &key)) != PTN_OK) {
		e->left[LEFT_KEYS].n += r == PTN_E_INPUT;
		return r == PTN_E_INPUT ? PTN_OK : r;
	}
	ptn_jsonw_object(w, NULL);
	ptn_jsonw_str(w, "id", c->id);
	ptn_jsonw_str(w, "public_key", key);
	ptn_jsonw_str(w, "attestation_type", "none");
	ptn_jsonw_str(w, "name", c->name);
	ptn_jsonw_int(w, "sign_count", c->sign_count);
	ptn_jsonw_null(w, "backup_eligible");
	ptn_jsonw_bool(w, "mfa_only", e->g->second);
	ptn_jsonw_str(w, "user_handle_bytes", c->handle);
	ptn_cli_entry_date(w, "created_at", c->created_at);
	ptn_jsonw_end_object(w);
	return PTN_OK;
}

static enum ptn_err
write_credentials(struct writing *e)
{
	const struct ptn_glewlwyd_credentials_in in = { e->u->username };
	struct ptn_glewlwyd_credentials_out *row;
	enum ptn_err r;
	size_t i, n;

	r = ptn_sql_glewlwyd_credentials(e->g->db, e->a, &in, &row, &n);
	ptn_jsonw_array(&e->w, "webauthn_credentials");
	for (i = 0; r == PTN_OK && i < n; i++)
		r = write_credential(e, &row[i]);
	ptn_jsonw_end_array(&e->w);
	return r;
}

static enum ptn_err
write_user(struct writing *e)
{
	enum ptn_err r;

	ptn_jsonw_init(&e->w, e->a);
	ptn_jsonw_object(&e->w, NULL);
	ptn_jsonw_str(&e->w, "name", e->u->name);
	write_address(e);
	write_password(e);
	if (e->u->enabled == 0)
		ptn_cli_entry_date(&e->w, "locked_at", ptn_clock_us());
	if ((r = write_username(e)) != PTN_OK || (r = write_app(e)) != PTN_OK ||
	    (r = write_credentials(e)) != PTN_OK)
		return r;
	ptn_jsonw_end_object(&e->w);
	e->left[LEFT_PROPERTIES].n += (uint64_t)e->u->properties;
	return e->w.buf.bad ? PTN_E_NOMEM : PTN_OK;
}

static enum ptn_err
next(struct ptn_cli_source *src, struct ptn_cli_context *d,
    enum ptn_cli_entry *what)
{
	struct glewlwyd *g = src->of;
	const struct ptn_glewlwyd_user_in in = { g->after };
	struct ptn_glewlwyd_user_out u;
	struct writing e = { .g = g,
		.left = src->left,
		.a = d->sc.arena,
		.u = &u };
	enum ptn_err r = ptn_sql_glewlwyd_user(g->db, e.a, &in, &u);

	*what = r == PTN_OK ? PTN_CLI_ENTRY_HERE : PTN_CLI_ENTRY_END;
	if (r != PTN_OK)
		return r == PTN_E_NOT_FOUND ? PTN_OK : r;
	g->after = u.id;
	src->whose = ptn_arena_printf(e.a, "user %s", u.username);
	if (src->whose == NULL)
		return PTN_E_NOMEM;
	r = write_user(&e);
	src->text = PTN_BYTES(e.w.buf.p, e.w.buf.len);
	return r;
}

enum ptn_err
ptn_cli_from_glewlwyd(struct ptn_cli_context *d,
    const struct ptn_cli_from_way *way, struct ptn_cli_source *src)
{
	static struct glewlwyd g;
	struct ptn_glewlwyd_shape_out has;
	enum ptn_err r;

	g = (struct glewlwyd){ .db = way->db,
		.verified = way->verified,
		.second = way->second_factor };
	r = ptn_sql_glewlwyd_shape(way->db, d->sc.arena, &has);
	if (r != PTN_OK)
		return r;
	if (has.tables < TABLES)
		return ptn_cli_context_fail(d, PTN_E_INPUT,
		    "there is no database of glewlwyd 2, or its user may not "
		    "read all of it");
	*src = (struct ptn_cli_source){ .next = next,
		.of = &g,
		.left = { [LEFT_NAMES] = { "usernames of other characters than "
					   "letters, digits and \"_\"",
			      0 },
		    [LEFT_PASSWORDS] = { "second passwords of somebody", 0 },
		    [LEFT_APPS] = { "apps that count, are second ones, or have "
				    "codes of another kind",
			0 },
		    [LEFT_OFF] = { "credentials that were switched off", 0 },
		    [LEFT_KEYS] = { "credentials whose key is of no kind that "
				    "is known",
			0 },
		    [LEFT_PROPERTIES] = { "properties", 0 } } };
	return PTN_OK;
}
