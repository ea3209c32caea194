#include <stdio.h>
#include <string.h>

#include "lib/account/asker.h"
#include "lib/account/passcode.h"
#include "lib/account/policy.h"
#include "lib/account/signin_passcode.h"
#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/conf/conf.h"
#include "lib/event/actor.h"
#include "lib/event/event.h"
#include "lib/event/outbox.h"
#include "lib/event/tx.h"
#include "lib/event/webhook.h"
#include "lib/flow/step.h"
#include "lib/format/locale.h"

/* What is mailed, by stash.mail. */
static const char *const mails[PTN_FLOW_MAIL__MAX] = {
	[PTN_FLOW_MAIL_CODE] = "passcode",
	[PTN_FLOW_MAIL_UNKNOWN] = "unknown",
	[PTN_FLOW_MAIL_TAKEN] = "taken",
	[PTN_FLOW_MAIL_HELD] = "passcode",
};

struct sending {
	const struct ptn_limit_on *on;
	bool held;
};

static enum ptn_err
count(const struct ptn_scope *sc, void *arg)
{
	struct sending *s = arg;
	const bool told = s->on->asker.kind == PTN_ASKER_BROWSER;
	enum ptn_err r;

	if ((r = ptn_limit_take(sc, PTN_LIMIT_PASSCODE, s->on)) != PTN_OK ||
	    (r = ptn_limit_take(sc, PTN_LIMIT_MAIL_NETWORK, s->on)) != PTN_OK)
		return r;
	return ptn_signin_passcode_mail(sc, s->on, told, &s->held);
}

/* To the mailbox of somebody else, everybody is a stranger. */
static enum ptn_err
name_asker(const struct ptn_flow_step *step, const struct ptn_uuid *account,
    struct ptn_asker *out)
{
	const struct ptn_flow_stash *stash = &step->flow->stash;
	const enum ptn_err r = ptn_asker_of(step->sc, account, NULL, out);

	if (stash->mail != PTN_FLOW_MAIL_CODE ||
	    ptn_uuid_is_nil(&stash->email_id))
		memset(out, 0, sizeof(*out));
	return r;
}

/*
 * Whoever asks too often is told so, by network and account.  What is too much
 * for the mailbox is told to known browsers alone, and held back from others.
 * A mail that is refused costs nothing, whichever limit it was.
 */
static enum ptn_err
may_send(const struct ptn_flow_step *step, const struct ptn_uuid *account,
    bool *held)
{
	const struct ptn_scope *sc = step->sc;
	char user[PTN_UUID_STR];
	struct ptn_limit_on on = { .account = user,
		.mailbox = step->flow->stash.address };
	struct sending s = { .on = &on };
	enum ptn_err r;

	*held = false;
	if (!sc->cf->rate_enabled)
		return PTN_OK;
	ptn_uuid_format(account, user);
	if ((r = name_asker(step, account, &on.asker)) == PTN_OK)
		r = ptn_tx_part(sc, count, &s);
	*held = s.held;
	return r;
}

/* Is there a code that may still be entered, for what is asked here? */
static bool
is_alive(const struct ptn_flow *flow)
{
	const struct ptn_flow_stash *stash = &flow->stash;

	return !ptn_uuid_is_nil(&stash->code_id) &&
	    flow->now_us <= stash->code_until_us &&
	    strcmp(stash->code_to, stash->address) == 0 &&
	    stash->code_recovers == stash->recovery;
}

static bool
is_good(const struct ptn_flow *flow)
{
	return is_alive(flow) && flow->stash.code_tries < PTN_PASSCODE_TRIES;
}

/*
 * A code that is drawn for nobody is as long, and no guess hits it.  One whose
 * mail is held back does not take the place of a good one that has arrived.
 */
static enum ptn_err
draw(struct ptn_flow_step *step, bool real, bool held,
    char code[PTN_PASSCODE_TEXT])
{
	struct ptn_flow *flow = step->flow;
	struct ptn_passcode pc = { .id = ptn_uuid_new(),
		.kind = PTN_CODE_PASSCODE };
	uint8_t mac[PTN_SHA256_LEN];
	enum ptn_err r;

	if (real)
		ptn_passcode_draw(code);
	else
		ptn_passcode_draw_none(code);
	r = ptn_passcode_mac(step->sc, &pc, code, mac);
	if (r != PTN_OK || (held && is_good(flow)))
		return r;
	memcpy(flow->stash.code_mac, mac, sizeof(mac));
	flow->stash.code_id = pc.id;
	flow->stash.code_tries = 0;
	flow->stash.code_until_us =
	    flow->now_us + step->sc->cf->passcode_ttl_s * PTN_US_PER_S;
	snprintf(flow->stash.code_to, sizeof(flow->stash.code_to), "%s",
	    flow->stash.address);
	flow->stash.code_recovers = flow->stash.recovery;
	return PTN_OK;
}

static enum ptn_err
post(const struct ptn_flow_step *step, bool held, const char *code)
{
	const struct ptn_scope *sc = step->sc;
	const struct ptn_flow_stash *stash = &step->flow->stash;
	const struct ptn_outbox_mail mail = { .template = mails[stash->mail],
		.to = stash->address,
		.code = stash->mail == PTN_FLOW_MAIL_CODE ? code : "",
		.ttl_s = sc->cf->passcode_ttl_s,
		.service = sc->cf->service_name,
		.locale = ptn_locale_match(
		    sc->actor != NULL ? sc->actor->accept_language : NULL) };

	return sc->cf->mail_enabled
	    ? ptn_webhook_mail(sc, held ? PTN_OUTBOX_UNSENT : PTN_OUTBOX_MAIL,
		  &mail)
	    : PTN_OK;
}

static enum ptn_err
send(struct ptn_flow_step *step)
{
	const struct ptn_flow_stash *stash = &step->flow->stash;
	char code[PTN_PASSCODE_TEXT];
	struct ptn_uuid account;
	bool held = false, real;
	enum ptn_err r;

	ptn_actor_is(step->sc,
	    ptn_uuid_is_nil(&stash->user_id) ? NULL : &stash->user_id,
	    stash->address);
	if ((r = ptn_flow_step_account(step, &account)) != PTN_OK)
		return r;
	if ((r = may_send(step, &account, &held)) == PTN_E_RATE) {
		ptn_flow_step_limited(step);
		return PTN_OK;
	}
	held = held || stash->mail == PTN_FLOW_MAIL_HELD;
	real = !held && stash->mail == PTN_FLOW_MAIL_CODE;
	if (r != PTN_OK || (r = draw(step, real, held, code)) != PTN_OK)
		return r;
	r = post(step, held, code);
	ptn_wipe(code, sizeof(code));
	if (r != PTN_OK)
		return r;
	return ptn_event(step->sc,
	    real ? PTN_EVENT_PASSCODE_INIT_OK : PTN_EVENT_PASSCODE_HELD_BACK,
	    NULL);
}

/* Going back and forth, or an error, sends no second mail. */
static enum ptn_err
enter(struct ptn_flow_step *step)
{
	return step->error != PTN_FLOW_E_NONE || is_good(step->flow)
	    ? PTN_OK
	    : send(step);
}

static enum ptn_err
right(struct ptn_flow_step *step)
{
	struct ptn_flow_stash *stash = &step->flow->stash;

	memset(&stash->code_id, 0, sizeof(stash->code_id));
	if (stash->new_address)
		stash->address_proved = true;
	else
		stash->proved = true;
	step->final = true;
	return PTN_OK;
}

static enum ptn_err
wrong(struct ptn_flow_step *step)
{
	ptn_event_note(step->sc, PTN_EVENT_PASSCODE_FINAL_FAILED,
	    "passcode invalid");
	if (++step->flow->stash.code_tries >= PTN_PASSCODE_TRIES)
		step->error = PTN_FLOW_E_TRIES;
	else
		ptn_flow_step_wrong(step, 0, PTN_FLOW_E_PASSCODE);
	return PTN_OK;
}

static enum ptn_err
verify_passcode(struct ptn_flow_step *step)
{
	const struct ptn_flow_stash *stash = &step->flow->stash;
	struct ptn_passcode pc = { .id = stash->code_id,
		.kind = PTN_CODE_PASSCODE };
	enum ptn_verdict verdict;
	enum ptn_err r;

	if (!is_alive(step->flow)) {
		ptn_flow_step_wrong(step, 0, PTN_FLOW_E_PASSCODE);
		return PTN_OK;
	}
	if (stash->code_tries >= PTN_PASSCODE_TRIES) {
		step->error = PTN_FLOW_E_TRIES;
		return PTN_OK;
	}
	if ((r = ptn_flow_step_account(step, &pc.user_id)) != PTN_OK)
		return r;
	ptn_actor_is(step->sc,
	    ptn_uuid_is_nil(&stash->user_id) ? NULL : &stash->user_id,
	    stash->address);
	r = ptn_passcode_guess(step->sc, &pc, step->in[0].text,
	    PTN_BYTES(stash->code_mac, sizeof(stash->code_mac)), &verdict);
	if (r == PTN_E_RATE) {
		ptn_flow_step_limited(step);
		return PTN_OK;
	}
	if (r != PTN_OK)
		return r;
	return verdict == PTN_ALLOW ? right(step) : wrong(step);
}

/*
 * The older code is dead, whether its mail has arrived or not; but not for a
 * mail that is held back.
 */
static enum ptn_err
resend_passcode(struct ptn_flow_step *step)
{
	step->stay = true;
	return send(step);
}

bool
ptn_flow_step_heeds_mail(const struct ptn_flow_step *step)
{
	const struct ptn_conf *cf = step->sc->cf;

	if (step->flow->name != PTN_FLOW_LOGIN)
		return cf->email_enabled;
	if (step->flow->stash.new_address)
		return ptn_policy_verification(cf);
	return step->flow->stash.recovery ? ptn_policy_recovery(cf)
					  : ptn_policy_passcodes(cf);
}

static const struct ptn_flow_input code[] = {
	{ .name = "code", .type = PTN_FLOW_STRING, .required = PTN_FLOW_YES },
};

static const struct ptn_flow_action actions[] = {
	{ .name = "verify_passcode",
	    .text = "Enter the passcode",
	    .input = code,
	    .n = PTN_ARRAY_LEN(code),
	    .limit = { PTN_LIMIT_ANSWER },
	    .guesses = true,
	    .available = ptn_flow_step_heeds_mail,
	    .run = verify_passcode },
	{ .name = "resend_passcode",
	    .text = "Send another passcode",
	    .available = ptn_flow_step_heeds_mail,
	    .run = resend_passcode },
	PTN_FLOW_BACK,
};

const struct ptn_flow_place ptn_flow_place_passcode = { .action = actions,
	.n = PTN_ARRAY_LEN(actions),
	.enter = enter };
