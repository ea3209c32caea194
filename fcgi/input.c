#include "fcgi/input.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "lib/address.h"
#include "lib/json.h"

/* Case-insensitive, cut at ";" and trimmed: exactly application/json. */
static bool
is_json(const struct ptn_request *req)
{
	static const char json[] = "application/json";
	const char *type = ptn_request_param(req, "CONTENT_TYPE");
	size_t len;

	if (type == NULL)
		return false;
	type += strspn(type, " \t");
	len = strcspn(type, ";");
	while (len > 0 && isspace((unsigned char)type[len - 1]))
		len--;
	return len == sizeof(json) - 1 && strncasecmp(type, json, len) == 0;
}

static bool
all_digits(const char *s, size_t n)
{
	return strlen(s) == n && strspn(s, "0123456789") == n;
}

/* Upper case too; the strict form is ptn_uuid_parse()'s. */
static bool
parse_uuid_lax(const char *s, struct ptn_uuid *id)
{
	char lower[PTN_UUID_STR];
	size_t i;

	if (strlen(s) != PTN_UUID_STR - 1)
		return false;
	for (i = 0; i < sizeof(lower); i++)
		lower[i] = (char)tolower((unsigned char)s[i]);
	return ptn_uuid_parse(lower, id);
}

/* What is wrong with a text for its field, or NULL; v is completed. */
static const char *
check_text(struct ptn_arena *a, const struct ptn_field *f, struct ptn_value *v)
{
	char *canonical;

	switch (f->type) {
	case PTN_F_UUID:
		return ptn_uuid_parse(v->s, &v->id) ? NULL
						    : "must be a valid uuid";
	case PTN_F_UUID4:
		return ptn_uuid_parse(v->s, &v->id) && ptn_uuid_is_v4(&v->id)
		    ? NULL
		    : "must be a valid uuid4";
	case PTN_F_UUID_LAX:
		return parse_uuid_lax(v->s, &v->id) ? NULL
						    : "must be a valid uuid";
	case PTN_F_EMAIL:
		if (ptn_address_canonical(a, v->s, &canonical) != PTN_OK)
			return "must be a valid email address";
		v->s = canonical;
		v->b = ptn_bytes_of(canonical);
		return NULL;
	case PTN_F_DIGITS:
		return all_digits(v->s, f->max) ? NULL
						: "must be a six-digit code";
	case PTN_F_TEXT:
	case PTN_F_SECRET:
		return NULL;
	case PTN_F_UNSET:
		break;
	}
	return "is not taken";
}

static const char *
decode_field(struct ptn_arena *a, const struct ptn_field *f,
    const struct ptn_json *json, struct ptn_value *v)
{
	if (json == NULL)
		return f->required ? "is a required field" : NULL;
	if (ptn_json_type(json) != PTN_JSON_STRING)
		return "must be a string";
	v->b = ptn_json_string(json);
	if (v->b.len == 0 && f->required)
		return "is a required field";
	if (v->b.len > f->max)
		return f->type == PTN_F_DIGITS ? "must be a six-digit code"
					       : "is too long";
	if ((v->s = ptn_json_text(a, json)) == NULL)
		return "must not contain a NUL character";
	v->b = ptn_bytes_of(v->s);
	v->set = true;
	return check_text(a, f, v);
}

static void
add_fault(struct ptn_buf *b, const struct ptn_field *f, const char *fault)
{
	if (f->fault != NULL)
		ptn_buf_str(b, f->fault);
	else
		ptn_buf_printf(b, "%s %s", f->name, fault);
}

/* Individual messages joined by " and ", in declaration order. */
static enum ptn_err
decode_fields(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_input *input, const struct ptn_json *json)
{
	struct ptn_value *v;
	struct ptn_buf b;
	const char *fault;
	size_t i;

	if ((v = ptn_arena_calloc(req->arena, input->n, sizeof(*v))) == NULL)
		return PTN_E_NOMEM;
	ptn_buf_init(&b, req->arena);
	for (i = 0; i < input->n; i++) {
		fault = decode_field(req->arena, &input->field[i],
		    ptn_json_get(json, input->field[i].name), &v[i]);
		if (fault == NULL)
			continue;
		if (b.len > 0)
			ptn_buf_str(&b, " and ");
		add_fault(&b, &input->field[i], fault);
	}
	req->in = v;
	if (b.bad)
		return PTN_E_NOMEM;
	if (b.len > 0)
		return ptn_reply_say(rep, PTN_E_INPUT, b.p);
	return PTN_OK;
}

enum ptn_err
ptn_input(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_input *input)
{
	struct ptn_json *json = NULL;
	const char *why;
	enum ptn_err r;

	if (input->n == 0)
		return PTN_OK;
	if (req->body.len == 0)
		return decode_fields(req, rep, input, NULL);
	if (!is_json(req))
		return PTN_E_MEDIA;
	r = ptn_json_parse(req->body, PTN_INPUT_DEPTH, &json, &why);
	if (r == PTN_E_INPUT)
		return ptn_reply_say(rep, r,
		    ptn_arena_printf(req->arena, "Syntax error: %s", why));
	if (r != PTN_OK)
		return r;
	if (json != NULL && ptn_json_type(json) != PTN_JSON_OBJECT)
		r = ptn_reply_say(rep, PTN_E_INPUT,
		    "the body must be a JSON object");
	else
		r = decode_fields(req, rep, input, json);
	ptn_json_free(&json);
	return r;
}
