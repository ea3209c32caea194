#include "lib/flow/input.h"

#include <string.h>

#include "lib/account/username.h"
#include "lib/base/arena.h"
#include "lib/format/json.h"

#define BLANK " \t\r\n\f\v"

bool
ptn_flow_input_asked(const struct ptn_conf *cf, const struct ptn_flow_input *f)
{
	return f->asked == NULL || f->asked(cf);
}

enum ptn_flow_say
ptn_flow_input_required(const struct ptn_conf *cf,
    const struct ptn_flow_input *f)
{
	if (f->optional == NULL)
		return f->required;
	return f->optional(cf) ? PTN_FLOW_NO : PTN_FLOW_YES;
}

static enum ptn_flow_error
missing(const struct ptn_conf *cf, const struct ptn_flow_input *f)
{
	if (ptn_flow_input_required(cf, f) != PTN_FLOW_YES)
		return PTN_FLOW_E_NONE;
	return f->missing != PTN_FLOW_E_NONE ? f->missing : PTN_FLOW_E_MISSING;
}

static enum ptn_flow_error
check_length(const struct ptn_flow_step *step, const struct ptn_flow_input *f,
    const char *text)
{
	const struct ptn_conf *cf = step->sc->cf;
	const int64_t len = (int64_t)strlen(text);

	if (len == 0)
		return missing(cf, f);
	if (f->min != NULL && len < f->min(cf))
		return PTN_FLOW_E_SHORT;
	if (f->max != NULL && len > f->max(cf))
		return PTN_FLOW_E_LONG;
	return PTN_FLOW_E_NONE;
}

/* As names are compared: without blanks around it, and in lower case. */
static enum ptn_err
fold(struct ptn_flow_step *step, size_t i)
{
	struct ptn_arena *a = step->sc->arena;
	const char *s = ptn_arena_trim(a, step->in[i].text, BLANK);

	return s == NULL ? PTN_E_NOMEM
			 : ptn_username_canonical(a, s, &step->in[i].text);
}

static enum ptn_err
read_address(struct ptn_flow_step *step, size_t i, const char *text)
{
	struct ptn_arena *a = step->sc->arena;
	char *canonical;
	enum ptn_err r;

	if ((text = ptn_arena_trim(a, text, BLANK)) == NULL)
		return PTN_E_NOMEM;
	step->wrong[i] = check_length(step, &step->action->input[i], text);
	if (step->wrong[i] != PTN_FLOW_E_NONE || *text == '\0')
		return PTN_OK;
	r = ptn_address_canonical(a, text, &canonical);
	if (r == PTN_OK)
		step->in[i].text = canonical;
	else if (r == PTN_E_INPUT)
		step->wrong[i] = PTN_FLOW_E_INVALID;
	return r == PTN_E_INPUT ? PTN_OK : r;
}

/* What is no text counts as none; of what is no secret, as one that is wrong.
 */
static enum ptn_err
read_text(struct ptn_flow_step *step, size_t i, const struct ptn_json *v)
{
	const struct ptn_flow_input *f = &step->action->input[i];
	const bool address =
	    f->type == PTN_FLOW_EMAIL || f->type == PTN_FLOW_ADDRESS;
	const bool folded = f->folded || f->type == PTN_FLOW_USERNAME;
	const struct ptn_bytes b = ptn_json_string(v);

	step->in[i].text = "";
	if (v != NULL && (address || folded) &&
	    (b.p == NULL || memchr(b.p, 0, b.len) != NULL)) {
		step->wrong[i] =
		    address ? PTN_FLOW_E_INVALID : PTN_FLOW_E_SHORT;
		return PTN_OK;
	}
	if (b.p != NULL && memchr(b.p, 0, b.len) == NULL &&
	    (step->in[i].text = ptn_json_text(step->sc->arena, v)) == NULL)
		return PTN_E_NOMEM;
	if (address)
		return read_address(step, i, step->in[i].text);
	if (folded && fold(step, i) != PTN_OK)
		return PTN_E_NOMEM;
	step->wrong[i] = check_length(step, f, step->in[i].text);
	return PTN_OK;
}

/* Is it one of those that it may be? */
static enum ptn_err
check_choice(struct ptn_flow_step *step, size_t i)
{
	const struct ptn_flow_input *f = &step->action->input[i];
	struct ptn_flow_choices allowed = { NULL, 0 };
	enum ptn_err r;
	size_t k = 0;

	if (f->choices == NULL || step->wrong[i] != PTN_FLOW_E_NONE)
		return PTN_OK;
	r = f->choices(step, &allowed);
	while (k < allowed.n &&
	    strcmp(allowed.choice[k].value, step->in[i].text) != 0)
		k++;
	if (allowed.n > 0 && k == allowed.n)
		step->wrong[i] = PTN_FLOW_E_INVALID;
	return r;
}

static enum ptn_err
read_name(struct ptn_flow_step *step, size_t i, const struct ptn_json *v)
{
	enum ptn_err r = read_text(step, i, v);

	if (r == PTN_OK && step->wrong[i] == PTN_FLOW_E_NONE &&
	    *step->in[i].text != '\0' &&
	    !ptn_username_is_well(step->in[i].text))
		step->wrong[i] = PTN_FLOW_E_NAME;
	return r;
}

static enum ptn_err
read_input(struct ptn_flow_step *step, size_t i, const struct ptn_json *json)
{
	const char *name = step->action->input[i].name;
	const struct ptn_json *v = ptn_json_get(json, name);
	struct ptn_flow_value *in = &step->in[i];
	enum ptn_err r;

	in->set = ptn_json_has(json, name);
	switch (step->action->input[i].type) {
	case PTN_FLOW_BOOLEAN:
		in->on = v != NULL && ptn_json_bool(v);
		return PTN_OK;
	case PTN_FLOW_JSON:
		in->json = v;
		return PTN_OK;
	case PTN_FLOW_USERNAME:
		return read_name(step, i, v);
	case PTN_FLOW_STRING:
	case PTN_FLOW_EMAIL:
	case PTN_FLOW_ADDRESS:
	case PTN_FLOW_PASSWORD:
	case PTN_FLOW_TYPE__MAX:
		break;
	}
	r = read_text(step, i, v);
	return r == PTN_OK ? check_choice(step, i) : r;
}

enum ptn_err
ptn_flow_input_read(struct ptn_flow_step *step, const struct ptn_json *json)
{
	const struct ptn_flow_action *action = step->action;
	enum ptn_err r = PTN_OK;
	size_t i;

	for (i = 0; r == PTN_OK && i < action->n; i++)
		if (ptn_flow_input_asked(step->sc->cf, &action->input[i]))
			r = read_input(step, i, json);
		else
			step->in[i].text = "";
	return r;
}
