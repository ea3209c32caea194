#include "fcgi/field.h"

#include <string.h>

#include "lib/base/base64.h"
#include "lib/base/clock.h"
#include "lib/base/unicode.h"
#include "lib/format/address.h"
#include "lib/format/names.h"

static const char *
decode_uuid(struct ptn_arena *a, const struct ptn_field *f, struct ptn_value *v)
{
	(void)a;
	(void)f;
	return ptn_uuid_parse(v->s, &v->id) ? NULL : "must be a valid uuid";
}

static const char *
decode_uuid4(struct ptn_arena *a, const struct ptn_field *f,
    struct ptn_value *v)
{
	if (decode_uuid(a, f, v) != NULL || !ptn_uuid_is_v4(&v->id))
		return "must be a valid uuid4";
	return NULL;
}

static const char *
decode_uuid_lax(struct ptn_arena *a, const struct ptn_field *f,
    struct ptn_value *v)
{
	(void)a;
	(void)f;
	return ptn_uuid_parse_any(v->s, &v->id) ? NULL : "must be a valid uuid";
}

static const char *
decode_email(struct ptn_arena *a, const struct ptn_field *f,
    struct ptn_value *v)
{
	char *canonical;

	(void)f;
	if (ptn_address_canonical(a, v->s, &canonical) != PTN_OK)
		return "must be a valid email address";
	v->s = canonical;
	v->b = ptn_bytes_of(canonical);
	return NULL;
}

static const char *
decode_digits(struct ptn_arena *a, const struct ptn_field *f,
    struct ptn_value *v)
{
	(void)a;
	if (v->b.len != f->max || strspn(v->s, "0123456789") != f->max)
		return "must be a six-digit code";
	return NULL;
}

static const char *
decode_b64url(struct ptn_arena *a, const struct ptn_field *f,
    struct ptn_value *v)
{
	if (ptn_b64url_decode_padded(a, v->b, &v->b) != PTN_OK)
		return "must be base64url";
	return v->b.len <= f->max ? NULL : "is too long";
}

static const char *
decode_text(struct ptn_arena *a, const struct ptn_field *f, struct ptn_value *v)
{
	(void)a;
	(void)f;
	(void)v;
	return NULL;
}

/* How the text of each type is read; NULL: it is no text. */
static const char *(*const decoders[PTN_F__MAX])(struct ptn_arena *,
    const struct ptn_field *, struct ptn_value *) = {
	[PTN_F_UUID] = decode_uuid,
	[PTN_F_UUID4] = decode_uuid4,
	[PTN_F_UUID_LAX] = decode_uuid_lax,
	[PTN_F_EMAIL] = decode_email,
	[PTN_F_TEXT] = decode_text,
	[PTN_F_SECRET] = decode_text,
	[PTN_F_DIGITS] = decode_digits,
	[PTN_F_B64URL] = decode_b64url,
	[PTN_F_NAMES] = NULL,
	[PTN_F_JSON] = NULL,
	[PTN_F_ARRAY] = NULL,
	[PTN_F_WHOLE] = NULL,
	[PTN_F_BOOL] = NULL,
	[PTN_F_COUNT] = NULL,
	[PTN_F_TIME] = NULL,
};

/* A hint of the client's, such as its transports. */
static const char *
decode_names(struct ptn_arena *a, const struct ptn_json *json,
    struct ptn_value *v)
{
	if ((v->s = ptn_names_join(a, json)) == NULL)
		return "is too long";
	v->b = ptn_bytes_of(v->s);
	v->set = v->b.len > 0;
	return NULL;
}

/*
 * Texts are as long as they have characters, as columns and descriptions of
 * APIs count; base64url is a third longer than its bytes.
 */
static bool
too_long(const struct ptn_field *f, struct ptn_bytes text)
{
	if (f->type == PTN_F_B64URL)
		return text.len > f->max / 3 * 4 + 8;
	return ptn_utf8_length(text) > f->max;
}

/* A piece of the body, for the handler to read. */
static const char *
decode_json(const struct ptn_field *f, const struct ptn_json *json,
    struct ptn_value *v)
{
	if (json == NULL)
		return f->required ? "is a required field" : NULL;
	if (f->type == PTN_F_JSON && ptn_json_type(json) != PTN_JSON_OBJECT)
		return "must be an object";
	if (f->type == PTN_F_ARRAY && ptn_json_type(json) != PTN_JSON_ARRAY)
		return "must be an array";
	v->json = json;
	v->set = true;
	return NULL;
}

static const char *
decode_bool(const struct ptn_field *f, const struct ptn_json *json,
    struct ptn_value *v)
{
	if (json == NULL)
		return f->required ? "is a required field" : NULL;
	if (ptn_json_type(json) != PTN_JSON_BOOL)
		return "must be a boolean";
	v->on = ptn_json_bool(json);
	v->set = true;
	return NULL;
}

static const char *
decode_count(const struct ptn_field *f, const struct ptn_json *json,
    struct ptn_value *v)
{
	if (json == NULL)
		return f->required ? "is a required field" : NULL;
	if (!ptn_json_int(json, &v->n) || v->n < 1 || (uint64_t)v->n > f->max)
		return "is out of range";
	v->set = true;
	return NULL;
}

/* A number above this many seconds (the year 5138) is one of milliseconds. */
#define SECONDS_MAX 1e11
#define MS_MAX 1e15

static bool
time_of(const struct ptn_json *json, int64_t *us)
{
	int64_t whole;
	double d;

	if (ptn_json_type(json) == PTN_JSON_STRING)
		return ptn_clock_parse(ptn_json_string(json), us);
	if (ptn_json_int(json, &whole))
		d = (double)whole;
	else if (!ptn_json_double(json, &d))
		return false;
	if (!(d > -MS_MAX && d < MS_MAX))
		return false;
	*us =
	    (int64_t)(d < SECONDS_MAX && d > -SECONDS_MAX ? d * 1e6 : d * 1e3);
	return true;
}

static const char *
decode_time(const struct ptn_field *f, const struct ptn_json *json,
    struct ptn_value *v)
{
	if (json == NULL)
		return f->required ? "is a required field" : NULL;
	if (!time_of(json, &v->us))
		return "must be a time";
	v->set = true;
	return NULL;
}

const char *
ptn_field_decode(struct ptn_arena *a, const struct ptn_field *f,
    const struct ptn_json *json, struct ptn_value *v)
{
	if (f->type == PTN_F_NAMES)
		return decode_names(a, json, v);
	if (f->type == PTN_F_JSON || f->type == PTN_F_ARRAY)
		return decode_json(f, json, v);
	if (f->type == PTN_F_BOOL)
		return decode_bool(f, json, v);
	if (f->type == PTN_F_COUNT)
		return decode_count(f, json, v);
	if (f->type == PTN_F_TIME)
		return decode_time(f, json, v);
	if (json == NULL)
		return f->required ? "is a required field" : NULL;
	if (ptn_json_type(json) != PTN_JSON_STRING)
		return "must be a string";
	v->b = ptn_json_string(json);
	if (v->b.len == 0 && f->required)
		return "is a required field";
	if (too_long(f, v->b))
		return f->type == PTN_F_DIGITS ? "must be a six-digit code"
					       : "is too long";
	if ((v->s = ptn_json_text(a, json)) == NULL)
		return "must not contain a NUL character";
	v->b = ptn_bytes_of(v->s);
	v->set = true;
	return decoders[f->type](a, f, v);
}
