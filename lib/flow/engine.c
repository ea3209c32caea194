#include <assert.h>
#include <string.h>

#include "lib/account/asker.h"
#include "lib/account/limits.h"
#include "lib/base/arena.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/event/actor.h"
#include "lib/event/tx.h"
#include "lib/flow/codec.h"
#include "lib/flow/input.h"
#include "lib/flow/row.h"
#include "lib/flow/step.h"

/* One that was begun, and no more: anybody can make many of them. */
#define PREFLIGHT_S 600

static const struct ptn_flow_place *
place_of(const struct ptn_flow *flow)
{
	return ptn_flow_definition(flow->name)->place[flow->position.at];
}

/* Either the tables are wrong, or the row is of another version. */
static enum ptn_err
lost(const struct ptn_flow *flow, const char *why)
{
	ptn_error("flow: %s: %s: %s", ptn_flow_name_text(flow->name),
	    ptn_flow_at_text(flow->position.at), why);
	return PTN_E_INTERNAL;
}

static enum ptn_err
enter(struct ptn_flow_step *step)
{
	const struct ptn_flow_place *place = place_of(step->flow);

	if (place == NULL)
		return lost(step->flow, "is no state of it");
	return place->enter != NULL ? place->enter(step) : PTN_OK;
}

/* As it was, but for the sticky keys. */
static void
undo(struct ptn_flow *flow, const struct ptn_flow *was)
{
	const struct ptn_flow_stash now = flow->stash;

	*flow = *was;
	ptn_flow_codec_keep(&now, &flow->stash);
}

static void
fail(struct ptn_flow *flow, const struct ptn_flow *was)
{
	undo(flow, was);
	flow->position = (struct ptn_flow_position){ .at = PTN_FLOW_AT_ERROR,
		.before = was->position.at };
	flow->n = 0;
}

static void
go_back(struct ptn_flow *flow)
{
	const struct ptn_flow_stash now = flow->stash;
	const struct ptn_flow_past *past = &flow->history[--flow->n];

	flow->position = past->position;
	flow->stash = past->stash;
	ptn_flow_codec_keep(&now, &flow->stash);
}

static void
remember(struct ptn_flow *flow, const struct ptn_flow *was, bool final)
{
	if (flow->n == PTN_FLOW_HISTORY_MAX) {
		flow->n--;
		memmove(&flow->history[0], &flow->history[1],
		    flow->n * sizeof(flow->history[0]));
	}
	flow->history[flow->n++] =
	    (struct ptn_flow_past){ was->position, was->stash, final };
}

/* What this step queued goes before what was queued. */
static bool
queue_up(struct ptn_flow_step *step)
{
	struct ptn_flow_position *p = &step->flow->position;

	if (p->n + step->n > PTN_FLOW_QUEUE_MAX)
		return false;
	memmove(&p->queue[step->n], &p->queue[0], p->n * sizeof(p->queue[0]));
	memcpy(&p->queue[0], step->queue, step->n * sizeof(p->queue[0]));
	p->n += step->n;
	return p->n > 0;
}

static enum ptn_err
go_on(struct ptn_flow_step *step, const struct ptn_flow *was)
{
	const struct ptn_flow_definition *def = ptn_flow_definition(was->name);
	struct ptn_flow *flow = step->flow;
	struct ptn_flow_position *p = &flow->position;
	enum ptn_err r;

	if (step->n == 0 && def->between != NULL &&
	    ((r = def->between(step)) != PTN_OK || step->fatal))
		return r;
	if (step->n == 0 && p->n == 0 && def->onward != NULL &&
	    ((r = def->onward(step)) != PTN_OK || step->fatal))
		return r;
	if (step->fatal)
		return PTN_OK;
	if (!queue_up(step))
		return lost(flow, "nothing comes next, or too much");
	if (p->queue[0] != p->at) {
		remember(flow, was, step->final);
		p->before = p->at;
	}
	p->at = p->queue[0];
	memmove(&p->queue[0], &p->queue[1], --p->n * sizeof(p->queue[0]));
	return PTN_OK;
}

/* Where the flow is, by what its action said. */
static enum ptn_err
move(struct ptn_flow_step *step, const struct ptn_flow *was)
{
	enum ptn_err r = PTN_OK;

	if (step->error != PTN_FLOW_E_NONE)
		undo(step->flow, was);
	else if (step->revert)
		go_back(step->flow);
	else if (!step->stay)
		r = go_on(step, was);
	return r != PTN_OK || step->fatal ? r : enter(step);
}

static enum ptn_err
settle(struct ptn_flow_step *step, const struct ptn_flow *was)
{
	struct ptn_flow *flow = step->flow;
	enum ptn_err r = PTN_OK;

	if (!step->fatal)
		r = move(step, was);
	if (r != PTN_OK)
		return r;
	if (step->fatal)
		fail(flow, was);
	if (place_of(flow)->n == 0)
		flow->n = 0;
	return PTN_OK;
}

/* Whom the limits of accounts are about, as far as the flow knows. */
static enum ptn_err
name_account(const struct ptn_flow_step *step, bool apart,
    struct ptn_limit_on *on)
{
	char text[PTN_UUID_STR];
	struct ptn_uuid account;
	enum ptn_err r;

	if ((r = ptn_flow_step_account(step, &account)) != PTN_OK)
		return r;
	ptn_uuid_format(&account, text);
	on->account = ptn_arena_strdup(step->sc->arena, text);
	if (on->account == NULL)
		return PTN_E_NOMEM;
	return apart ? ptn_asker_of(step->sc, &account, NULL, &on->asker)
		     : PTN_OK;
}

/* A step that is refused is a step: what it cost would stay. */
static enum ptn_err
count(const struct ptn_flow_step *step,
    const enum ptn_limit list[PTN_FLOW_LIMITS_MAX])
{
	struct ptn_limit_on on = { .account = NULL };
	bool apart = false, named = false;
	enum ptn_err r;
	size_t i;

	if (!step->sc->cf->rate_enabled)
		return PTN_OK;
	for (i = 0; i < PTN_FLOW_LIMITS_MAX && list[i] != PTN_LIMIT_NONE; i++) {
		apart = apart || ptn_limit_apart(list[i]);
		named = named || ptn_limit_of_user(list[i]);
	}
	if (!apart)
		ptn_asker_browser(step->sc, NULL, &on.asker);
	if ((apart || named) && (r = name_account(step, apart, &on)) != PTN_OK)
		return r;
	return ptn_limits_take_in(step->sc, list, &on);
}

static bool
is_well(const struct ptn_flow_step *step)
{
	size_t i;

	for (i = 0; i < step->action->n; i++)
		if (step->wrong[i] != PTN_FLOW_E_NONE)
			return false;
	return true;
}

static bool
is_available(const struct ptn_flow_step *step,
    const struct ptn_flow_action *action)
{
	return action->available == NULL || action->available(step);
}

/* Of the action that is answered: what was entered, and what was wrong. */
static void
recall(struct ptn_flow_offer *o, const struct ptn_flow_step *step)
{
	size_t i;

	memcpy(o->error, step->wrong, sizeof(o->error));
	for (i = 0; i < o->n; i++)
		if (o->input[i].echoed)
			o->entered[i] = step->in[i].text;
}

static enum ptn_err
offer(struct ptn_flow_offer *o, const struct ptn_flow_step *step,
    const struct ptn_flow_action *action)
{
	enum ptn_err r = PTN_OK;
	size_t i;

	o->name = action->name;
	o->text = action->text;
	o->input = action->input;
	o->n = action->n;
	if (action == step->action)
		recall(o, step);
	for (i = 0; r == PTN_OK && i < o->n; i++)
		if (o->input[i].choices != NULL)
			r = o->input[i].choices(step, &o->choices[i]);
	return r;
}

static enum ptn_err
offer_all(struct ptn_flow_answer *out, const struct ptn_flow_step *step)
{
	const struct ptn_flow_place *place = place_of(step->flow);
	enum ptn_err r = PTN_OK;
	size_t i;

	assert(place->n <= PTN_FLOW_OFFERS_MAX);
	for (i = 0; r == PTN_OK && i < place->n; i++)
		if (is_available(step, &place->action[i]))
			r = offer(&out->offer[out->n++], step,
			    &place->action[i]);
	return r;
}

static enum ptn_err
answer(struct ptn_flow_answer *out, const struct ptn_flow_step *step)
{
	const struct ptn_flow *flow = step->flow;
	enum ptn_err r;

	out->id = flow->id;
	out->name = flow->name;
	out->at = flow->position.at;
	out->error = step->error;
	out->again_after_s = step->again_after_s;
	out->creation = step->creation;
	out->request = step->request;
	out->method = step->method;
	out->factor = step->factor;
	out->otp = step->otp;
	out->device = step->device_new;
	out->claims = step->claims;
	out->person = step->person;
	if ((r = offer_all(out, step)) != PTN_OK)
		return r;
	out->remembered = flow->stash.remember_me;
	return ptn_flow_row_token(step->sc, flow, out->token);
}

struct beginning {
	enum ptn_flow_name name;
	const struct ptn_claims *by;
	struct ptn_flow *flow;
	struct ptn_flow_answer *out;
};

static enum ptn_err
begin(const struct ptn_scope *sc, void *arg)
{
	static const enum ptn_limit limit[PTN_FLOW_LIMITS_MAX] = {
		PTN_LIMIT_FLOW
	};
	const struct beginning *b = arg;
	const struct ptn_flow_definition *def = ptn_flow_definition(b->name);
	struct ptn_flow_step step = { .sc = sc, .flow = b->flow };
	enum ptn_err r;

	memset(b->out, 0, sizeof(*b->out));
	memset(b->flow, 0, sizeof(*b->flow));
	b->flow->id = ptn_uuid_new();
	b->flow->name = b->name;
	b->flow->position.at = PTN_FLOW_AT_PREFLIGHT;
	b->flow->position.queue[0] = def->init;
	b->flow->position.n = 1;
	if (def->session)
		b->flow->stash.user_id = b->by->sub;
	if ((r = count(&step, limit)) != PTN_OK ||
	    (r = answer(b->out, &step)) != PTN_OK)
		return r;
	return ptn_flow_row_put(sc, b->flow, PREFLIGHT_S);
}

enum ptn_err
ptn_flow_begin(const struct ptn_scope *sc, enum ptn_flow_name name,
    const struct ptn_claims *by, struct ptn_flow_answer *out)
{
	struct beginning b = { .name = name, .by = by, .out = out };

	if (ptn_flow_definition(name)->session && by == NULL)
		return PTN_E_DENIED;
	b.flow = ptn_arena_alloc(sc->arena, sizeof(*b.flow));
	return b.flow != NULL ? ptn_tx(sc, begin, &b) : PTN_E_NOMEM;
}

struct taking {
	const struct ptn_flow_ask *ask;
	struct ptn_flow *flow;
	struct ptn_flow *was;
	struct ptn_flow_answer *out;
	struct ptn_flow_step step;
	bool counted;
	bool works; /* next, and then it is taken */
	bool late;  /* another step was taken meanwhile */
};

static const struct ptn_flow_action *
find_action(const struct ptn_flow *flow, const char *name)
{
	const struct ptn_flow_place *place = place_of(flow);
	size_t i;

	for (i = 0; i < place->n; i++)
		if (strcmp(place->action[i].name, name) == 0)
			return &place->action[i];
	return NULL;
}

/* It goes on where it began, and by whose it is. */
static bool
is_theirs(const struct taking *t)
{
	const struct ptn_flow *flow = t->flow;
	const struct ptn_claims *by = t->ask->by;

	if (flow->name != t->ask->name || place_of(flow) == NULL)
		return false;
	return !ptn_flow_definition(flow->name)->session ||
	    (by != NULL && ptn_uuid_equal(&by->sub, &flow->stash.user_id));
}

/* Is it an action of this state, and there now?  Else step->action is NULL. */
static enum ptn_err
choose(const struct taking *t, struct ptn_flow_step *step)
{
	const struct ptn_flow_definition *def =
	    ptn_flow_definition(t->flow->name);
	const struct ptn_flow_action *action;
	enum ptn_err r = PTN_OK;

	action = find_action(t->flow, t->ask->action);
	if (action != NULL && def->load != NULL)
		r = def->load(step);
	if (r == PTN_OK && action != NULL && is_available(step, action))
		step->action = action;
	return r == PTN_E_NOT_FOUND ? PTN_OK : r;
}

/* Is that the flow, and may whoever asks take a step of it?  Or t->refused. */
static enum ptn_err
find(const struct taking *t, const struct ptn_scope *sc)
{
	enum ptn_flow_error *refused = &t->out->refused;
	enum ptn_verdict verdict;
	enum ptn_err r;

	*refused = PTN_FLOW_E_FORBIDDEN;
	memset(t->flow, 0, sizeof(*t->flow));
	t->flow->id = t->ask->id;
	r = ptn_flow_row_read(sc, t->flow);
	if (r == PTN_E_EXPIRED)
		*refused = PTN_FLOW_E_EXPIRED;
	if (r == PTN_E_EXPIRED || r == PTN_E_NOT_FOUND)
		return PTN_OK;
	if (r != PTN_OK)
		return r;
	r = ptn_flow_row_check(sc, t->flow, t->ask->token, &verdict);
	if (r != PTN_OK || verdict != PTN_ALLOW || !is_theirs(t))
		return r;
	*refused = t->flow->version >= PTN_FLOW_STEPS_MAX ? PTN_FLOW_E_EXPIRED
							  : PTN_FLOW_E_NONE;
	return PTN_OK;
}

/*
 * May this be the next step?  PTN_FLOW_E_NONE, and the action.  Behind work()
 * the flow is as it was before, or its row is of another version by then.
 */
static enum ptn_err
admit(const struct taking *t, struct ptn_flow_step *step)
{
	enum ptn_err r = PTN_OK;

	if (t->counted)
		*t->flow = *t->was;
	else
		r = find(t, step->sc);
	if (r != PTN_OK || t->out->refused != PTN_FLOW_E_NONE)
		return r;
	*t->was = *t->flow;
	if ((r = choose(t, step)) != PTN_OK)
		return r;
	if (step->action == NULL)
		t->out->refused = PTN_FLOW_E_FORBIDDEN;
	return PTN_OK;
}

static enum ptn_err
act(struct taking *t)
{
	struct ptn_flow_step *step = &t->step;
	enum ptn_err r = PTN_OK;

	if (!t->counted)
		r = count(step, step->action->limit);
	if (r == PTN_E_RATE) {
		ptn_flow_step_limited(step);
		return PTN_OK;
	}
	if (r != PTN_OK ||
	    (r = ptn_flow_input_read(step, t->ask->input)) != PTN_OK)
		return r;
	if (!is_well(step)) {
		step->error = PTN_FLOW_E_FORM;
		return PTN_OK;
	}
	t->works = step->action->work != NULL && !t->counted;
	return t->works ? PTN_OK : step->action->run(step);
}

static void
start(struct taking *t, const struct ptn_scope *sc)
{
	const struct ptn_flow_work work = t->step.work;

	t->works = false;
	t->step = (struct ptn_flow_step){ .sc = sc,
		.by = t->ask->by,
		.device = t->ask->device,
		.flow = t->flow,
		.work = work };
	t->late = false;
	memset(t->out, 0, sizeof(*t->out));
}

/* The last statement of the step: if its row is another's by now, it is none */
static enum ptn_err
keep(struct taking *t)
{
	const struct ptn_flow *flow = t->flow;
	enum ptn_err r;

	r = ptn_flow_row_update(t->step.sc, flow,
	    ptn_flow_definition(flow->name)->ttl_s);
	t->late = r == PTN_E_OUTDATED;
	return r;
}

/*
 * Of steps at once, one is taken, and all that the others did is undone: what
 * counts them, too.  So one of them alone comes to compare a guess.
 */
static enum ptn_err
wait_for_turn(struct taking *t)
{
	enum ptn_err r;

	if (!t->step.action->guesses)
		return PTN_OK;
	r = ptn_flow_row_lock(t->step.sc, t->flow);
	t->late = r == PTN_E_OUTDATED;
	return r;
}

static enum ptn_err
take(const struct ptn_scope *sc, void *arg)
{
	struct taking *t = arg;
	enum ptn_err r;

	start(t, sc);
	if ((r = admit(t, &t->step)) != PTN_OK ||
	    t->out->refused != PTN_FLOW_E_NONE)
		return r;
	if ((r = wait_for_turn(t)) != PTN_OK)
		return r;
	if ((r = act(t)) != PTN_OK || t->works)
		return r;
	if ((r = settle(&t->step, t->was)) != PTN_OK)
		return r;
	t->flow->version++;
	if ((r = answer(t->out, &t->step)) != PTN_OK)
		return r;
	return keep(t);
}

/*
 * Of two steps at once the second one may find that done which it was about to
 * do, before it comes to the row of the flow.
 */
static enum ptn_err
look_behind(struct taking *t, const struct ptn_scope *sc, enum ptn_err r)
{
	enum ptn_err now;

	if (r == PTN_E_CONFLICT) {
		*t->flow = *t->was;
		now = ptn_flow_row_read(sc, t->flow);
		if (now != PTN_OK && now != PTN_E_NOT_FOUND &&
		    now != PTN_E_EXPIRED)
			return now;
		t->late = now != PTN_OK ||
		    t->flow->version != t->was->version;
	}
	if (!t->late)
		return r;
	memset(t->out, 0, sizeof(*t->out));
	t->out->refused = PTN_FLOW_E_FORBIDDEN;
	return PTN_OK;
}

enum ptn_err
ptn_flow_advance(const struct ptn_scope *sc, const struct ptn_flow_ask *ask,
    struct ptn_flow_answer *out)
{
	struct taking t = { .ask = ask, .out = out };
	enum ptn_err r;

	t.flow = ptn_arena_alloc(sc->arena, sizeof(*t.flow));
	t.was = ptn_arena_alloc(sc->arena, sizeof(*t.was));
	if (t.flow == NULL || t.was == NULL)
		return PTN_E_NOMEM;
	if ((r = ptn_tx(sc, take, &t)) != PTN_OK || !t.works)
		return look_behind(&t, sc, r);
	t.counted = true;
	if ((r = t.step.action->work(&t.step)) == PTN_OK)
		r = ptn_tx(sc, take, &t);
	ptn_wipe(&t.step.work, sizeof(t.step.work));
	return look_behind(&t, sc, r);
}
