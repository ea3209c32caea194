#include "lib/flow/onboarding.h"

#include <stdio.h>
#include <string.h>

#include "lib/account/password.h"
#include "lib/account/policy.h"
#include "lib/account/ways.h"
#include "lib/base/arena.h"
#include "lib/base/array.h"
#include "lib/conf/conf.h"
#include "lib/event/event.h"
#include "lib/flow/details.h"
#include "lib/flow/mfa.h"
#include "lib/flow/onboard.h"

/* --------------------------------------------------- what is asked for */

static bool
is_signup(const struct ptn_flow_step *step)
{
	return step->flow->name == PTN_FLOW_REGISTRATION;
}

static struct ptn_flow_onboard_kind
passkeys(const struct ptn_flow_step *step)
{
	const struct ptn_conf *cf = step->sc->cf;

	return (struct ptn_flow_onboard_kind){ .on = ptn_policy_passkeys(cf),
		.policy =
		    (enum ptn_acquire)(is_signup(step) ? cf->passkey_on_signup
						       : cf->passkey_on_login),
		.optional = cf->passkey_optional,
		.had = step->flow->stash.has_passkey };
}

static struct ptn_flow_onboard_kind
passwords(const struct ptn_flow_step *step)
{
	const struct ptn_conf *cf = step->sc->cf;

	return (struct ptn_flow_onboard_kind){ .on = ptn_policy_passwords(cf),
		.policy =
		    (enum ptn_acquire)(is_signup(step) ? cf->password_on_signup
						       : cf->password_on_login),
		.optional = cf->password_optional,
		.had = step->flow->stash.has_password };
}

/* By what is asked for, the states, in their order. */
static const enum ptn_flow_at states[PTN_FLOW_ONBOARD__MAX][2] = {
	[PTN_FLOW_ONBOARD_NOTHING] = { PTN_FLOW_AT_NONE },
	[PTN_FLOW_ONBOARD_PASSKEY] = { PTN_FLOW_AT_NEW_PASSKEY },
	[PTN_FLOW_ONBOARD_PASSWORD] = { PTN_FLOW_AT_NEW_PASSWORD },
	[PTN_FLOW_ONBOARD_ONE_OF_THEM] = { PTN_FLOW_AT_ONBOARDING },
	[PTN_FLOW_ONBOARD_PASSKEY_FIRST] = { PTN_FLOW_AT_NEW_PASSKEY,
	    PTN_FLOW_AT_NEW_PASSWORD },
	[PTN_FLOW_ONBOARD_PASSWORD_FIRST] = { PTN_FLOW_AT_NEW_PASSWORD,
	    PTN_FLOW_AT_NEW_PASSKEY },
	[PTN_FLOW_ONBOARD_IMPOSSIBLE] = { PTN_FLOW_AT_NONE },
};

void
ptn_flow_onboarding_queue(struct ptn_flow_step *step)
{
	const struct ptn_flow_onboard_kind passkey = passkeys(step);
	const struct ptn_flow_onboard_kind password = passwords(step);
	const enum ptn_flow_onboard what =
	    ptn_flow_onboard(&passkey, &password, step->flow->stash.webauthn);
	size_t i;

	if (what == PTN_FLOW_ONBOARD_IMPOSSIBLE)
		ptn_flow_step_end(step, PTN_FLOW_E_PLATFORM);
	for (i = 0; i < PTN_ARRAY_LEN(states[what]); i++)
		if (states[what][i] != PTN_FLOW_AT_NONE)
			ptn_flow_step_to(step, states[what][i]);
}

static bool
matters(const struct ptn_flow_step *step)
{
	const struct ptn_flow_onboard_kind passkey = passkeys(step);
	const struct ptn_flow_onboard_kind password = passwords(step);

	return ptn_flow_onboard(&passkey, &password,
		   step->flow->stash.webauthn) != PTN_FLOW_ONBOARD_NOTHING;
}

enum ptn_err
ptn_flow_onboarding_after_login(struct ptn_flow_step *step)
{
	enum ptn_err r;

	if (!matters(step))
		return PTN_OK;
	if ((r = ptn_flow_mfa_learn(step)) != PTN_OK)
		return r;
	ptn_flow_onboarding_queue(step);
	return PTN_OK;
}

/* --------------------------------------------------------- what is skipped */

/* Its policy, where it is on and possible in this browser. */
static enum ptn_acquire
asked(const struct ptn_flow_onboard_kind *kind, bool possible)
{
	return kind->on && possible ? kind->policy : PTN_ACQUIRE_NEVER;
}

/* Who has skipped the one is asked for the other, if either would do. */
static bool
password_stands_in(const struct ptn_flow_step *step)
{
	const struct ptn_flow_onboard_kind password = passwords(step);

	return asked(&password, true) == PTN_ACQUIRE_CONDITIONAL &&
	    !password.had;
}

static bool
passkey_stands_in(const struct ptn_flow_step *step)
{
	const struct ptn_flow_onboard_kind passkey = passkeys(step);

	return asked(&passkey, step->flow->stash.webauthn) ==
	    PTN_ACQUIRE_CONDITIONAL &&
	    !passkey.had;
}

static struct ptn_ways
ways_of(const struct ptn_flow_stash *stash)
{
	return (struct ptn_ways){
		.n = {
			[PTN_WAY_PASSWORD] = stash->has_password,
			[PTN_WAY_PASSKEY] = stash->has_passkey,
			[PTN_WAY_ADDRESS] = stash->address[0] != '\0',
			[PTN_WAY_USERNAME] = stash->username[0] != '\0',
		},
	};
}

bool
ptn_flow_onboarding_has_way_in(const struct ptn_flow_step *step)
{
	const struct ptn_ways ways = ways_of(&step->flow->stash);

	return ptn_ways_lead_in(step->sc->cf, &ways);
}

static bool
is_queued(const struct ptn_flow_step *step, enum ptn_flow_at at)
{
	const struct ptn_flow_position *p = &step->flow->position;
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->queue[i] == at)
			return true;
	return false;
}

/*
 * Whoever was asked for the one does not skip it where nothing else would let
 * them in: neither what they have, nor the other one, if that comes next.  Who
 * has logged in has a way, and loses none.
 *
 * other	the state of the other one, which way it is, and whether who
 *		skips this one is asked for it
 */
static bool
may_skip(const struct ptn_flow_step *step, enum ptn_flow_at other,
    enum ptn_ways_kind way, bool asked_next)
{
	const enum ptn_flow_at before = step->flow->position.before;
	struct ptn_ways ways = ways_of(&step->flow->stash);

	if (before == PTN_FLOW_AT_ONBOARDING)
		return false;
	if (!is_signup(step))
		return true;
	if (is_queued(step, other) || (asked_next && before != other))
		ways.n[way]++;
	return ptn_ways_lead_in(step->sc->cf, &ways);
}

static bool
may_skip_passkey(const struct ptn_flow_step *step)
{
	return step->sc->cf->passkey_optional &&
	    may_skip(step, PTN_FLOW_AT_NEW_PASSWORD, PTN_WAY_PASSWORD,
		password_stands_in(step));
}

static bool
may_skip_password(const struct ptn_flow_step *step)
{
	return step->sc->cf->password_optional &&
	    may_skip(step, PTN_FLOW_AT_NEW_PASSKEY, PTN_WAY_PASSKEY,
		passkey_stands_in(step));
}

/* Who signs up must have some way back in. */
static bool
may_skip_both(const struct ptn_flow_step *step)
{
	const struct ptn_conf *cf = step->sc->cf;

	return (!is_signup(step) || ptn_flow_onboarding_has_way_in(step)) &&
	    (cf->password_optional || cf->passkey_optional);
}

static enum ptn_err
skip_passkey(struct ptn_flow_step *step)
{
	if (password_stands_in(step))
		ptn_flow_step_to(step, PTN_FLOW_AT_NEW_PASSWORD);
	return PTN_OK;
}

static enum ptn_err
skip_password(struct ptn_flow_step *step)
{
	if (passkey_stands_in(step))
		ptn_flow_step_to(step, PTN_FLOW_AT_NEW_PASSKEY);
	return PTN_OK;
}

static enum ptn_err
skip_both(struct ptn_flow_step *step)
{
	step->final = true;
	return PTN_OK;
}

/* ------------------------------------------------------------ one of them */

static enum ptn_err
continue_to_passkey_registration(struct ptn_flow_step *step)
{
	ptn_flow_step_to(step, PTN_FLOW_AT_NEW_PASSKEY);
	return PTN_OK;
}

static enum ptn_err
continue_to_password_registration(struct ptn_flow_step *step)
{
	ptn_flow_step_to(step, PTN_FLOW_AT_NEW_PASSWORD);
	return PTN_OK;
}

static const struct ptn_flow_action onboarding_actions[] = {
	{ .name = "continue_to_passkey_registration",
	    .text = "Set up a passkey",
	    .run = continue_to_passkey_registration },
	{ .name = "continue_to_password_registration",
	    .text = "Set up a password",
	    .run = continue_to_password_registration },
	{ .name = "skip",
	    .text = "Set up neither",
	    .available = may_skip_both,
	    .run = skip_both },
	PTN_FLOW_BACK,
};

const struct ptn_flow_place ptn_flow_place_onboarding = {
	.action = onboarding_actions,
	.n = PTN_ARRAY_LEN(onboarding_actions)
};

/* ------------------------------------------------------------- a password */

static bool
password_optional(const struct ptn_conf *cf)
{
	return cf->password_optional;
}

static enum ptn_err
register_password(struct ptn_flow_step *step)
{
	bool kept;
	enum ptn_err r = ptn_flow_step_keep_password(step, &kept);

	if (r == PTN_OK && kept)
		step->flow->stash.has_password = true;
	return r;
}

static const struct ptn_flow_input new_password[] = {
	{ .name = "new_password",
	    .type = PTN_FLOW_PASSWORD,
	    .min = ptn_flow_step_password_min,
	    .optional = password_optional },
};

static bool
has_passwords(const struct ptn_flow_step *step)
{
	return ptn_policy_passwords(step->sc->cf);
}

static const struct ptn_flow_action password_actions[] = {
	{ .name = "register_password",
	    .text = "Set the password",
	    .input = new_password,
	    .n = PTN_ARRAY_LEN(new_password),
	    .limit = { PTN_LIMIT_HASH },
	    .available = has_passwords,
	    .work = ptn_flow_step_hash_password,
	    .run = register_password },
	{ .name = "skip",
	    .text = "Set no password",
	    .available = may_skip_password,
	    .run = skip_password },
	PTN_FLOW_BACK,
};

const struct ptn_flow_place ptn_flow_place_new_password = {
	.action = password_actions,
	.n = PTN_ARRAY_LEN(password_actions)
};

/* -------------------------------------------------------------- a passkey */

/* Whose it will be: the account's that is promised, or the user's. */
static const struct ptn_uuid *
owner(const struct ptn_flow_step *step)
{
	const struct ptn_flow_stash *stash = &step->flow->stash;

	return is_signup(step) ? &stash->promised : &stash->user_id;
}

/* By what they know themselves. */
static void
name_user(const struct ptn_flow_step *step, struct ptn_passkey_options *o)
{
	const struct ptn_flow_stash *stash = &step->flow->stash;

	o->name = stash->address[0] != '\0' ? stash->address : stash->username;
	o->shown_name =
	    stash->username[0] != '\0' ? stash->username : stash->address;
}

enum ptn_err
ptn_flow_onboarding_make(struct ptn_flow_step *step,
    enum ptn_flow_ceremony what)
{
	struct ptn_passkey_options *o;
	enum ptn_err r = PTN_OK;

	if ((o = ptn_arena_calloc(step->sc->arena, 1, sizeof(*o))) == NULL)
		return PTN_E_NOMEM;
	o->challenge.user_id = *owner(step);
	name_user(step, o);
	if (!is_signup(step))
		r = ptn_credentials_of(step->sc, owner(step), &o->excluded,
		    &o->n);
	if (r != PTN_OK)
		return r;
	ptn_flow_ceremony_creation(step, what, o);
	ptn_flow_step_to(step, PTN_FLOW_AT_NEW_PASSKEY_ANSWER);
	return PTN_OK;
}

static enum ptn_err
webauthn_generate_creation_options(struct ptn_flow_step *step)
{
	return ptn_flow_onboarding_make(step, PTN_FLOW_CEREMONY_PASSKEY);
}

static const struct ptn_flow_action passkey_actions[] = {
	{ .name = "webauthn_generate_creation_options",
	    .text = "Make a passkey",
	    .limit = { PTN_LIMIT_CHALLENGE },
	    .available = ptn_flow_step_has_passkeys,
	    .run = webauthn_generate_creation_options },
	{ .name = "skip",
	    .text = "Make no passkey",
	    .available = may_skip_passkey,
	    .run = skip_passkey },
	PTN_FLOW_BACK,
};

const struct ptn_flow_place ptn_flow_place_new_passkey = { .action =
							       passkey_actions,
	.n = PTN_ARRAY_LEN(passkey_actions) };

static void
note_passkey(struct ptn_flow_stash *stash, const struct ptn_credential *c)
{
	ptn_flow_ceremony_pack(c, &stash->new_passkey);
	stash->has_passkey = true;
}

static void
note_key(struct ptn_flow_stash *stash, const struct ptn_credential *c)
{
	ptn_flow_ceremony_pack(c, &stash->new_key);
	stash->has_key = true;
}

static enum ptn_err
webauthn_verify_attestation_response(struct ptn_flow_step *step)
{
	const bool is_key = ptn_flow_ceremony_of(step) == PTN_FLOW_CEREMONY_KEY;
	struct ptn_credential c;
	enum ptn_err r;

	r = ptn_flow_ceremony_attest(step,
	    is_key ? PTN_FLOW_CEREMONY_KEY : PTN_FLOW_CEREMONY_PASSKEY,
	    owner(step), &c);
	if (r != PTN_OK || step->error != PTN_FLOW_E_NONE)
		return r;
	if (is_key)
		note_key(&step->flow->stash, &c);
	else
		note_passkey(&step->flow->stash, &c);
	step->final = true;
	return PTN_OK;
}

static const struct ptn_flow_input public_key[] = {
	{ .name = "public_key", .type = PTN_FLOW_JSON },
};

static const struct ptn_flow_action answer_actions[] = {
	{ .name = "webauthn_verify_attestation_response",
	    .text = "Show the new passkey",
	    .input = public_key,
	    .n = PTN_ARRAY_LEN(public_key),
	    .limit = { PTN_LIMIT_ANSWER },
	    .available = ptn_flow_step_has_webauthn,
	    .run = webauthn_verify_attestation_response },
	PTN_FLOW_BACK,
};

const struct ptn_flow_place ptn_flow_place_new_passkey_answer = {
	.action = answer_actions,
	.n = PTN_ARRAY_LEN(answer_actions)
};

/* -------------------------------------------------------- what is stored */

/* Of a conflict, what it is to them. */
static enum ptn_err
end_if_taken(struct ptn_flow_step *step, enum ptn_flow_error why,
    enum ptn_err r)
{
	if (r == PTN_E_CONFLICT)
		ptn_flow_step_end(step, why);
	return r;
}

static enum ptn_err
keep_credential(struct ptn_flow_step *step, const struct ptn_uuid *user,
    const struct ptn_flow_cred *cred, bool mfa_only, bool tell)
{
	struct ptn_credential c;

	if (cred->id_len == 0)
		return PTN_OK;
	ptn_flow_ceremony_unpack(cred, user, &c);
	c.mfa_only = mfa_only;
	return end_if_taken(step, PTN_FLOW_E_PASSKEY,
	    ptn_passkey_keep(step->sc, &c, tell));
}

enum ptn_err
ptn_flow_onboarding_keep(struct ptn_flow_step *step,
    const struct ptn_uuid *user, bool tell)
{
	const struct ptn_flow_stash *stash = &step->flow->stash;
	enum ptn_err r = PTN_OK;

	if (stash->new_password[0] != '\0' && !stash->recovered)
		r = end_if_taken(step, PTN_FLOW_E_FORBIDDEN,
		    ptn_password_first(step->sc, user, stash->new_password,
			tell));
	if (r == PTN_OK)
		r = ptn_flow_details_keep(step, user);
	if (r == PTN_OK)
		r = keep_credential(step, user, &stash->new_passkey, false,
		    tell);
	return r == PTN_OK
	    ? keep_credential(step, user, &stash->new_key, true, tell)
	    : r;
}

/* What end() stores may conflict when some of it is stored. */
static bool
is_of_parts(const struct ptn_flow_step *step)
{
	const struct ptn_flow_stash *stash = &step->flow->stash;

	return stash->new_passkey.id_len > 0 || stash->new_key.id_len > 0 ||
	    stash->new_password[0] != '\0' || stash->new_username[0] != '\0' ||
	    stash->new_address ||
	    (is_signup(step) && stash->username[0] != '\0');
}

enum ptn_err
ptn_flow_onboarding_end(struct ptn_flow_step *step, ptn_tx_fn end)
{
	struct ptn_flow_stash *stash = &step->flow->stash;
	enum ptn_err r;

	if (!is_of_parts(step))
		return end(step->sc, step);
	r = ptn_tx_part(step->sc, end, step);
	memset(&stash->new_passkey, 0, sizeof(stash->new_passkey));
	memset(&stash->new_key, 0, sizeof(stash->new_key));
	memset(stash->new_password, 0, sizeof(stash->new_password));
	if (r != PTN_E_CONFLICT)
		return r;
	if (!step->fatal)
		ptn_flow_step_end(step, PTN_FLOW_E_FORBIDDEN);
	return PTN_OK;
}
