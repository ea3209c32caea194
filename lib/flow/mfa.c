#include "lib/flow/mfa.h"

#include <string.h>

#include "lib/account/factors.h"
#include "lib/account/policy.h"
#include "lib/base/array.h"
#include "lib/conf/conf.h"
#include "lib/flow/schedule.h"
#include "lib/flow/trust.h"

static unsigned
if_so(bool so, unsigned fact)
{
	return so ? fact : 0;
}

static bool
has_shown_passkey(const struct ptn_flow_stash *stash)
{
	static const struct ptn_flow_stash none;

	return memcmp(stash->passkey, none.passkey, sizeof(none.passkey)) != 0;
}

/* What is asked for is built in, or plugged in. */
bool
ptn_flow_mfa_can_use_keys(const struct ptn_flow_step *step)
{
	const struct ptn_conf *cf = step->sc->cf;
	const struct ptn_flow_stash *stash = &step->flow->stash;

	return ptn_policy_security_keys(cf) && stash->webauthn &&
	    (stash->platform ||
		(enum ptn_attachment)cf->mfa_key_attachment !=
		    PTN_ATTACH_PLATFORM);
}

/* One that is switched off is none. */
bool
ptn_flow_mfa_has_otp(const struct ptn_flow_step *step)
{
	return ptn_policy_otp(step->sc->cf) && step->flow->stash.has_otp;
}

static bool
has_key(const struct ptn_flow_step *step)
{
	return ptn_policy_security_keys(step->sc->cf) &&
	    step->flow->stash.has_key;
}

/*
 * One that is made in a flow is not asked for in it; but until it is stored, it
 * stands for none that the user may have got meanwhile.
 */
static bool
is_done(const struct ptn_flow *flow)
{
	return ptn_flow_mfa_complete(flow) || flow->stash.new_key.id_len > 0;
}

static unsigned
use_facts(const struct ptn_flow_step *step)
{
	const struct ptn_conf *cf = step->sc->cf;
	const struct ptn_flow_stash *stash = &step->flow->stash;

	return if_so(cf->mfa_enabled, PTN_FLOW_USE_ON) |
	    if_so(is_done(step->flow), PTN_FLOW_USE_DONE) |
	    if_so(has_shown_passkey(stash), PTN_FLOW_USE_PASSKEY) |
	    if_so(ptn_flow_mfa_has_otp(step), PTN_FLOW_USE_OTP) |
	    if_so(has_key(step), PTN_FLOW_USE_KEY) |
	    if_so(ptn_flow_mfa_can_use_keys(step), PTN_FLOW_USE_ABLE);
}

static bool
is_wanted(const struct ptn_flow_step *step)
{
	const struct ptn_conf *cf = step->sc->cf;

	return step->flow->name == PTN_FLOW_LOGIN ? cf->mfa_at_login
						  : cf->mfa_at_registration;
}

/* A passkey needs none; a password does, and so does a mailbox. */
static bool
is_protected(const struct ptn_flow_step *step)
{
	const struct ptn_flow_stash *stash = &step->flow->stash;

	return stash->password_us != 0 ||
	    (ptn_policy_passwords(step->sc->cf) && stash->has_password) ||
	    ptn_flow_step_has_passcodes(step);
}

/* A password is to be set, or to be set again. */
static bool
waits(const struct ptn_flow *flow)
{
	const struct ptn_flow_position *p = &flow->position;
	size_t i;

	if (flow->stash.recovery && !flow->stash.recovered)
		return true;

	for (i = 0; i < p->n; i++)
		if (p->queue[i] == PTN_FLOW_AT_NEW_PASSWORD)
			return true;
	return false;
}

static unsigned
offer_facts(const struct ptn_flow_step *step)
{
	const struct ptn_conf *cf = step->sc->cf;
	const struct ptn_flow_stash *stash = &step->flow->stash;

	return if_so(cf->mfa_enabled, PTN_FLOW_OFFER_ON) |
	    if_so(is_wanted(step), PTN_FLOW_OFFER_WANTED) |
	    if_so(ptn_flow_mfa_has_otp(step) || has_key(step),
		PTN_FLOW_OFFER_HAS) |
	    if_so(stash->mfa_offered, PTN_FLOW_OFFER_ASKED) |
	    if_so(is_protected(step), PTN_FLOW_OFFER_PROTECTS) |
	    if_so(waits(step->flow), PTN_FLOW_OFFER_LATER) |
	    if_so(ptn_policy_otp(cf), PTN_FLOW_OFFER_OTP) |
	    if_so(ptn_flow_mfa_can_use_keys(step), PTN_FLOW_OFFER_KEY) |
	    if_so(cf->mfa_optional, PTN_FLOW_OFFER_OPTIONAL);
}

/* Who has shown a password was looked up with what else they have. */
static enum ptn_err
look_up(const struct ptn_flow_step *step, struct ptn_factors *has)
{
	const struct ptn_password_user *user = &step->work.user;

	*has = user->has;
	return user->known
	    ? PTN_OK
	    : ptn_factors_of(step->sc, &step->flow->stash.user_id, has);
}

enum ptn_err
ptn_flow_mfa_learn(struct ptn_flow_step *step)
{
	struct ptn_flow_stash *stash = &step->flow->stash;
	struct ptn_factors has;
	enum ptn_err r;

	if (stash->factors_known)
		return PTN_OK;
	if ((r = look_up(step, &has)) != PTN_OK)
		return r;
	stash->factors_known = true;
	stash->has_password = has.password || stash->recovery;
	stash->has_passkey = has.passkey;
	stash->has_otp = has.otp;
	stash->has_key = has.security_keys > 0;
	return ptn_policy_second_factor(step->sc->cf, &has)
	    ? ptn_flow_trust_learn(step)
	    : PTN_OK;
}

static void
end_if_unable(struct ptn_flow_step *step, enum ptn_flow_at at)
{
	if (at == PTN_FLOW_AT_ERROR)
		ptn_flow_step_end(step, PTN_FLOW_E_PLATFORM);
}

enum ptn_err
ptn_flow_mfa_next(struct ptn_flow_step *step, enum ptn_flow_at *at)
{
	enum ptn_err r;

	*at = PTN_FLOW_AT_NONE;
	if (!step->sc->cf->mfa_enabled)
		return PTN_OK;
	if ((r = ptn_flow_mfa_learn(step)) != PTN_OK)
		return r;
	*at = ptn_flow_schedule_use(use_facts(step));
	if (*at == PTN_FLOW_AT_NONE)
		*at = ptn_flow_schedule_offer(offer_facts(step));
	end_if_unable(step, *at);
	return PTN_OK;
}

void
ptn_flow_mfa_offer(struct ptn_flow_step *step)
{
	const enum ptn_flow_at at = ptn_flow_schedule_offer(offer_facts(step));

	end_if_unable(step, at);
	if (at != PTN_FLOW_AT_NONE)
		ptn_flow_step_to(step, at);
}

bool
ptn_flow_mfa_complete(const struct ptn_flow *flow)
{
	return flow->stash.factor != PTN_FLOW_FACTOR_NONE ||
	    flow->stash.enrolled || flow->stash.trusted;
}

static const struct {
	const char *word;
	unsigned amr;
} factors[PTN_FLOW_FACTOR__MAX] = {
	[PTN_FLOW_FACTOR_NONE] = { NULL, 0 },
	[PTN_FLOW_FACTOR_OTP] = { "totp", PTN_AMR_TOTP },
	[PTN_FLOW_FACTOR_KEY] = { "security_key", PTN_AMR_SECURITY_KEY },
};

static size_t
factor_of(const struct ptn_flow *flow)
{
	const int64_t factor = flow->stash.factor;

	return factor > 0 && factor < PTN_FLOW_FACTOR__MAX ? (size_t)factor : 0;
}

const char *
ptn_flow_mfa_word(const struct ptn_flow *flow)
{
	return factors[factor_of(flow)].word;
}

unsigned
ptn_flow_mfa_amr(const struct ptn_flow *flow)
{
	return factors[factor_of(flow)].amr;
}

/* ------------------------------------------------------------ which of them */

bool
ptn_flow_mfa_otp_is_on(const struct ptn_flow_step *step)
{
	return ptn_policy_otp(step->sc->cf);
}

static enum ptn_err
continue_to_otp_secret_creation(struct ptn_flow_step *step)
{
	ptn_flow_step_to(step, PTN_FLOW_AT_OTP_CREATION);
	return PTN_OK;
}

static enum ptn_err
continue_to_security_key_creation(struct ptn_flow_step *step)
{
	ptn_flow_step_to(step, PTN_FLOW_AT_NEW_KEY);
	return PTN_OK;
}

static bool
is_optional(const struct ptn_flow_step *step)
{
	return step->sc->cf->mfa_optional;
}

static enum ptn_err
skip(struct ptn_flow_step *step)
{
	(void)step;
	return PTN_OK;
}

/* Nobody is asked twice in a flow. */
static enum ptn_err
enter(struct ptn_flow_step *step)
{
	step->flow->stash.mfa_offered = true;
	return PTN_OK;
}

static const struct ptn_flow_action actions[] = {
	{ .name = "continue_to_otp_secret_creation",
	    .text = "Set up an authenticator app",
	    .available = ptn_flow_mfa_otp_is_on,
	    .run = continue_to_otp_secret_creation },
	{ .name = "continue_to_security_key_creation",
	    .text = "Set up a security key",
	    .available = ptn_flow_mfa_can_use_keys,
	    .run = continue_to_security_key_creation },
	{ .name = "skip",
	    .text = "Go on without a second factor",
	    .available = is_optional,
	    .run = skip },
	PTN_FLOW_BACK,
};

const struct ptn_flow_place ptn_flow_place_mfa = { .action = actions,
	.n = PTN_ARRAY_LEN(actions),
	.enter = enter };
