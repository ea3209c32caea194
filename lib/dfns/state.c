#include "lib/dfns/state.h"

#include <string.h>

#include "lib/base/log.h"
#include "lib/format/json.h"

#define DEPTH 4 /* levels of the JSON */

static void
write_id(struct ptn_jsonw *w, const char *name, const struct ptn_uuid *id)
{
	char text[PTN_UUID_STR];

	ptn_uuid_format(id, text);
	ptn_jsonw_str(w, name, text);
}

static void
write_allow(struct ptn_jsonw *w, const struct ptn_dfns_state *s)
{
	size_t i;

	if (s->any_passkey)
		ptn_jsonw_bool(w, "nameless", true);
	ptn_jsonw_array(w, "allow");
	for (i = 0; i < s->n_allow; i++)
		write_id(w, NULL, &s->allow[i]);
	ptn_jsonw_end_array(w);
}

static void
write_action(struct ptn_jsonw *w, const struct ptn_dfns_state *s)
{
	ptn_jsonw_object(w, "action");
	ptn_jsonw_str(w, "method", s->action.method);
	ptn_jsonw_str(w, "path", s->action.path);
	ptn_jsonw_bytes(w, "payload", s->action.payload);
	ptn_jsonw_str(w, "nonce", s->nonce);
	write_id(w, "token", &s->session);
	ptn_jsonw_end_object(w);
}

const char *
ptn_dfns_state_write(struct ptn_arena *a, const struct ptn_dfns_state *s)
{
	struct ptn_jsonw w;

	ptn_jsonw_init(&w, a);
	ptn_jsonw_object(&w, NULL);
	write_id(&w, "account", &s->account);
	/* A number: it is as long in any case. */
	ptn_jsonw_int(&w, "known", s->known);
	write_allow(&w, s);
	if (s->action.method != NULL)
		write_action(&w, s);
	if (!ptn_uuid_is_nil(&s->email))
		write_id(&w, "email", &s->email);
	if (s->kind != PTN_CRED_UNSET) {
		ptn_jsonw_str(&w, "kind", ptn_dfns_cred_kind_name(s->kind));
		write_id(&w, "code", &s->code);
	}
	ptn_jsonw_end_object(&w);
	return w.buf.bad ? NULL : w.buf.p;
}

/* The first member that cannot be read sets r, and the rest is skipped. */
struct reader {
	struct ptn_arena *a;
	const struct ptn_json *v; /* the object that is read */
	enum ptn_err r;
};

static const char *
read_text(struct reader *in, const struct ptn_json *v)
{
	const struct ptn_bytes b = ptn_json_string(v);
	const char *s = NULL;

	if (in->r != PTN_OK)
		return NULL;
	if (b.p == NULL || memchr(b.p, '\0', b.len) != NULL)
		in->r = PTN_E_INPUT;
	else if ((s = ptn_json_text(in->a, v)) == NULL)
		in->r = PTN_E_NOMEM;
	return s;
}

static void
read_id(struct reader *in, const struct ptn_json *v, struct ptn_uuid *id)
{
	const char *s = read_text(in, v);

	if (s != NULL && !ptn_uuid_parse(s, id))
		in->r = PTN_E_INPUT;
}

static void
read_allow(struct reader *in, struct ptn_dfns_state *s)
{
	const struct ptn_json *list = ptn_json_get(in->v, "allow");
	const size_t n = ptn_json_len(list);
	struct ptn_uuid *ids;
	size_t i;

	if (list == NULL || in->r != PTN_OK)
		return;
	if (ptn_json_type(list) != PTN_JSON_ARRAY) {
		in->r = PTN_E_INPUT;
		return;
	}
	if ((ids = ptn_arena_calloc(in->a, n + 1, sizeof(*ids))) == NULL) {
		in->r = PTN_E_NOMEM;
		return;
	}
	for (i = 0; i < n; i++)
		read_id(in, ptn_json_at(list, i), &ids[i]);
	s->allow = ids;
	s->n_allow = n;
}

static void
read_action(struct reader *in, struct ptn_dfns_state *s)
{
	const struct ptn_json *v = ptn_json_get(in->v, "action");
	const char *payload;

	if (v == NULL)
		return;
	s->action.method = read_text(in, ptn_json_get(v, "method"));
	s->action.path = read_text(in, ptn_json_get(v, "path"));
	s->nonce = read_text(in, ptn_json_get(v, "nonce"));
	payload = read_text(in, ptn_json_get(v, "payload"));
	if (payload != NULL)
		s->action.payload = ptn_bytes_of(payload);
	read_id(in, ptn_json_get(v, "token"), &s->session);
}

static void
read_credential(struct reader *in, struct ptn_dfns_state *s)
{
	const struct ptn_json *kind = ptn_json_get(in->v, "kind");

	if (kind == NULL)
		return;
	s->kind = ptn_dfns_cred_kind_of(ptn_json_string(kind));
	if (s->kind == PTN_CRED_UNSET && in->r == PTN_OK)
		in->r = PTN_E_INPUT;
	read_id(in, ptn_json_get(in->v, "code"), &s->code);
}

static enum ptn_err
read_members(struct ptn_arena *a, const struct ptn_json *v,
    struct ptn_dfns_state *s)
{
	const struct ptn_json *nameless = ptn_json_get(v, "nameless");
	struct reader in = { .a = a, .v = v, .r = PTN_OK };
	int64_t known = 0;

	if (ptn_json_type(v) != PTN_JSON_OBJECT ||
	    (ptn_json_has(v, "known") &&
		!ptn_json_int(ptn_json_get(v, "known"), &known)) ||
	    (nameless != NULL && ptn_json_type(nameless) != PTN_JSON_BOOL))
		return PTN_E_INPUT;
	s->any_passkey = ptn_json_bool(nameless);
	s->known = known != 0;
	if (ptn_json_has(v, "account"))
		read_id(&in, ptn_json_get(v, "account"), &s->account);
	if (ptn_json_has(v, "email"))
		read_id(&in, ptn_json_get(v, "email"), &s->email);
	read_allow(&in, s);
	read_action(&in, s);
	read_credential(&in, s);
	return in.r;
}

enum ptn_err
ptn_dfns_state_read(struct ptn_arena *a, const char *json,
    struct ptn_dfns_state *out)
{
	struct ptn_json *v = NULL;
	const char *why;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	r = ptn_json_parse(ptn_bytes_of(json), DEPTH, &v, &why);
	if (r == PTN_OK)
		r = read_members(a, v, out);
	ptn_json_free(&v);
	if (r != PTN_OK)
		memset(out, 0, sizeof(*out));
	if (r != PTN_E_INPUT)
		return r;
	ptn_error("ceremony: its state cannot be read");
	return PTN_E_INTERNAL;
}
