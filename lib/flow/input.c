#include "lib/flow/input.h"

#include <string.h>

#include "lib/base/arena.h"
#include "lib/format/json.h"

/* Without the white space around it; NULL: the arena is full. */
static const char *
trimmed(struct ptn_arena *a, const char *s)
{
	static const char blank[] = " \t\r\n\f\v";
	size_t len;

	s += strspn(s, blank);
	len = strlen(s);
	while (len > 0 && strchr(blank, s[len - 1]) != NULL)
		len--;
	return ptn_arena_strndup(a, s, len);
}

static enum ptn_flow_error
check_length(const struct ptn_flow_step *step, const struct ptn_flow_input *f,
    const char *text)
{
	const int64_t len = (int64_t)strlen(text);

	if (len == 0)
		return f->required == PTN_FLOW_YES ? PTN_FLOW_E_MISSING
						   : PTN_FLOW_E_NONE;
	if (len < f->min)
		return PTN_FLOW_E_SHORT;
	if (f->max != NULL && len > f->max(step->sc->cf))
		return PTN_FLOW_E_LONG;
	return PTN_FLOW_E_NONE;
}

static enum ptn_err
read_address(struct ptn_flow_step *step, size_t i, const char *text)
{
	struct ptn_arena *a = step->sc->arena;
	char *canonical;
	enum ptn_err r;

	if ((text = trimmed(a, text)) == NULL)
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

/* What is no text counts as none; an address, as one that is wrong. */
static enum ptn_err
read_text(struct ptn_flow_step *step, size_t i, const struct ptn_json *v)
{
	const struct ptn_flow_input *f = &step->action->input[i];
	const bool address = f->type == PTN_FLOW_EMAIL;
	const struct ptn_bytes b = ptn_json_string(v);

	step->in[i].text = "";
	if (v != NULL && address &&
	    (b.p == NULL || memchr(b.p, 0, b.len) != NULL)) {
		step->wrong[i] = PTN_FLOW_E_INVALID;
		return PTN_OK;
	}
	if (b.p != NULL && memchr(b.p, 0, b.len) == NULL &&
	    (step->in[i].text = ptn_json_text(step->sc->arena, v)) == NULL)
		return PTN_E_NOMEM;
	if (address)
		return read_address(step, i, step->in[i].text);
	step->wrong[i] = check_length(step, f, step->in[i].text);
	return PTN_OK;
}

enum ptn_err
ptn_flow_input_read(struct ptn_flow_step *step, const struct ptn_json *json)
{
	const struct ptn_flow_action *action = step->action;
	const struct ptn_json *v;
	enum ptn_err r = PTN_OK;
	size_t i;

	for (i = 0; r == PTN_OK && i < action->n; i++) {
		v = ptn_json_get(json, action->input[i].name);
		step->in[i].set = v != NULL;
		if (action->input[i].type == PTN_FLOW_BOOLEAN)
			step->in[i].on = v != NULL && ptn_json_bool(v);
		else
			r = read_text(step, i, v);
	}
	return r;
}
