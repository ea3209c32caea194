#include "fcgi/input.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "fcgi/family.h"
#include "fcgi/field.h"
#include "lib/base/array.h"
#include "lib/format/json.h"
#include "lib/format/jsoneq.h"

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

/*
 * Other names of members, which some clients send beside those of our fields,
 * or instead of them.
 */
static const struct {
	const char *name;
	const char *alias;
} aliases[] = {
	/* So spells it Hanko's own description of its API. */
	{ "response.clientDataJSON", "response.clientDataJson" },
	/* What clients of Dfns call an organisation since 2026. */
	{ "orgId", "tenantId" },
};

static const char *
alias_of(const struct ptn_field *f)
{
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(aliases); i++)
		if (strcmp(aliases[i].name, f->name) == 0)
			return aliases[i].alias;
	return NULL;
}

/* The value at "name" or "name.name" of an object, or NULL. */
static const struct ptn_json *
member(struct ptn_arena *a, const struct ptn_json *json, const char *path)
{
	const size_t len = strcspn(path, ".");
	char *name;

	if (path[len] == '\0')
		return ptn_json_get(json, path);
	if ((name = ptn_arena_strndup(a, path, len)) == NULL)
		return NULL;
	return member(a, ptn_json_get(json, name), path + len + 1);
}

/*
 * Decode a field, by whichever name it came; by both, it must be the same.
 * NULL, or what is wrong with it.
 */
static const char *
decode_field(struct ptn_arena *a, const struct ptn_field *f,
    const struct ptn_json *json, struct ptn_value *v)
{
	const struct ptn_json *value = member(a, json, f->name), *other = NULL;
	const char *alias = alias_of(f);

	v->is_null = value == NULL && ptn_json_has(json, f->name);
	if (alias != NULL)
		other = member(a, json, alias);
	if (value != NULL && other != NULL && !ptn_json_equal(value, other))
		return ptn_arena_printf(a, "and %s must be the same", alias);
	return ptn_field_decode(a, f, value != NULL ? value : other, v);
}

/* All of it; that it is an object has been seen to. */
static const char *
take_whole(const struct ptn_field *f, const struct ptn_request *req,
    const struct ptn_json *json, struct ptn_value *v)
{
	v->json = json;
	v->set = json != NULL;
	v->is_null = json == NULL && req->body.len > 0;
	return f->required && req->body.len == 0 ? "is required" : NULL;
}

/* What is wrong with the body: a text, and the code of the first fault. */
struct problems {
	struct ptn_buf text;
	enum ptn_err r;
};

/* A text that a field says instead of ours is said once, for all its kind. */
static void
add_problem(struct problems *fs, const struct ptn_field *f, const char *problem)
{
	if (f->problem != NULL && fs->text.p != NULL &&
	    strcmp(fs->text.p, f->problem) == 0)
		return;
	if (fs->r == PTN_OK)
		fs->r = f->refusal != PTN_OK ? f->refusal : PTN_E_INPUT;
	if (fs->text.len > 0)
		ptn_buf_str(&fs->text, " and ");
	if (f->problem != NULL)
		ptn_buf_str(&fs->text, f->problem);
	else
		ptn_buf_printf(&fs->text, "%s %s", f->name, problem);
}

/* Individual messages joined by " and ", in declaration order. */
static enum ptn_err
decode_fields(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_input *input, const struct ptn_json *json)
{
	struct problems fs = { .r = PTN_OK };
	struct ptn_value *v;
	const struct ptn_field *f;
	const char *problem;
	size_t i;

	if ((v = ptn_arena_calloc(req->sc.arena, input->n, sizeof(*v))) == NULL)
		return PTN_E_NOMEM;
	req->in = v;
	ptn_buf_init(&fs.text, req->sc.arena);
	for (i = 0; i < input->n; i++) {
		f = &input->field[i];
		problem = f->type == PTN_F_WHOLE
		    ? take_whole(f, req, json, &v[i])
		    : decode_field(req->sc.arena, f, json, &v[i]);
		if (problem != NULL)
			add_problem(&fs, f, problem);
	}
	if (fs.text.bad)
		return PTN_E_NOMEM;
	return fs.r == PTN_OK ? PTN_OK : ptn_reply_say(rep, fs.r, fs.text.p);
}

/* Does a field point into the body? */
static bool
borrows(const struct ptn_input *input)
{
	size_t i;

	for (i = 0; i < input->n; i++)
		if (input->field[i].type == PTN_F_JSON ||
		    input->field[i].type == PTN_F_ARRAY ||
		    input->field[i].type == PTN_F_WHOLE)
			return true;
	return false;
}

static enum ptn_err
decode(struct ptn_request *req, struct ptn_reply *rep,
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
	r = ptn_json_parse(req->body, req->family->depth, &json, &why);
	if (r == PTN_E_INPUT)
		return ptn_reply_say(rep, r,
		    ptn_arena_printf(req->sc.arena, "Syntax error: %s", why));
	if (r != PTN_OK)
		return r;
	if (json != NULL && ptn_json_type(json) != PTN_JSON_OBJECT)
		r = ptn_reply_say(rep, PTN_E_INPUT,
		    "the body must be a JSON object");
	else
		r = decode_fields(req, rep, input, json);
	if (r == PTN_OK && borrows(input))
		req->json = json;
	else
		ptn_json_free(&json);
	return r;
}

enum ptn_err
ptn_input(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_input *input)
{
	enum ptn_err r = decode(req, rep, input);

	if (r == PTN_E_INPUT && rep->message != NULL &&
	    req->family->problem[0] != '\0')
		rep->message = ptn_arena_printf(req->sc.arena, "%s%s",
		    req->family->problem, rep->message);
	return r;
}
