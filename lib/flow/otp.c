#include "lib/flow/otp.h"

#include <string.h>

#include "lib/account/otp.h"
#include "lib/account/user.h"
#include "lib/base/array.h"
#include "lib/conf/conf.h"
#include "lib/event/actor.h"
#include "lib/flow/mfa.h"
#include "lib/format/qr.h"

static struct ptn_bytes
secret_of(const struct ptn_flow_stash *stash)
{
	return PTN_BYTES(stash->otp_secret, sizeof(stash->otp_secret));
}

/* ------------------------------------------------------ asked for at log-in */

static enum ptn_err
otp_code_validate(struct ptn_flow_step *step)
{
	struct ptn_flow_stash *stash = &step->flow->stash;
	enum ptn_verdict verdict;
	enum ptn_err r;

	ptn_actor_is(step->sc, &stash->user_id, NULL);
	r = ptn_otp_check_in(step->sc, &stash->user_id,
	    ptn_bytes_of(step->in[0].text), &verdict);
	if (r == PTN_E_RATE) {
		ptn_flow_step_limited(step);
		return PTN_OK;
	}
	if (r != PTN_OK)
		return r;
	if (verdict != PTN_ALLOW) {
		ptn_flow_step_wrong(step, 0, PTN_FLOW_E_PASSCODE);
		return PTN_OK;
	}
	stash->factor = PTN_FLOW_FACTOR_OTP;
	step->final = true;
	return PTN_OK;
}

static bool
has_key_here(const struct ptn_flow_step *step)
{
	return step->flow->stash.has_key && ptn_flow_mfa_can_use_keys(step);
}

static enum ptn_err
continue_to_login_security_key(struct ptn_flow_step *step)
{
	ptn_flow_step_to(step, PTN_FLOW_AT_LOGIN_KEY);
	return PTN_OK;
}

static const struct ptn_flow_input code[] = {
	{ .name = "otp_code",
	    .type = PTN_FLOW_STRING,
	    .required = PTN_FLOW_YES },
};

static const struct ptn_flow_action actions[] = {
	{ .name = "otp_code_validate",
	    .text = "Enter the code of the authenticator app",
	    .input = code,
	    .n = PTN_ARRAY_LEN(code),
	    .limit = { PTN_LIMIT_ANSWER, PTN_LIMIT_OTP },
	    .guesses = true,
	    .available = ptn_flow_mfa_otp_is_on,
	    .run = otp_code_validate },
	{ .name = "continue_to_login_security_key",
	    .text = "Use a security key instead",
	    .available = has_key_here,
	    .run = continue_to_login_security_key },
};

const struct ptn_flow_place ptn_flow_place_otp = { .action = actions,
	.n = PTN_ARRAY_LEN(actions) };

/* ------------------------------------------------------------------ set up */

enum ptn_err
ptn_flow_otp_store(struct ptn_flow_step *step, const struct ptn_uuid *user,
    bool tell)
{
	struct ptn_flow_stash *stash = &step->flow->stash;
	const struct ptn_otp_new new = { .user_id = *user,
		.secret = secret_of(stash),
		.step = stash->otp_step,
		.tell = tell };
	enum ptn_err r;

	r = ptn_otp_put_in(step->sc, &new);
	memset(stash->otp_secret, 0, sizeof(stash->otp_secret));
	stash->otp_step = 0;
	return r;
}

/*
 * In a log-in, only what was proved of them as they are counts; and a second
 * factor moves their epoch (asker.h), along with this flow.
 */
static enum ptn_err
store_in_epoch(struct ptn_flow_step *step)
{
	struct ptn_flow_stash *stash = &step->flow->stash;
	struct ptn_user_state state;
	enum ptn_err r;

	r = ptn_user_lock_state(step->sc, &stash->user_id, &state);
	if (r == PTN_OK && step->flow->name == PTN_FLOW_LOGIN &&
	    state.epoch != stash->epoch)
		return PTN_E_CONFLICT;
	if (r != PTN_OK ||
	    (r = ptn_flow_otp_store(step, &stash->user_id, true)) != PTN_OK ||
	    (r = ptn_user_lock_state(step->sc, &stash->user_id, &state)) !=
		PTN_OK)
		return r;
	stash->epoch = state.epoch;
	return PTN_OK;
}

/* Somebody who has an account gets it now; else it waits for the account. */
static enum ptn_err
keep(struct ptn_flow_step *step)
{
	const struct ptn_uuid *user = &step->flow->stash.user_id;
	enum ptn_err r;

	if (ptn_uuid_is_nil(user))
		return PTN_OK;
	ptn_actor_is(step->sc, user, NULL);
	r = store_in_epoch(step);
	if (r != PTN_E_NOT_FOUND && r != PTN_E_CONFLICT)
		return r;
	ptn_flow_step_end(step, PTN_FLOW_E_FORBIDDEN);
	return PTN_OK;
}

static enum ptn_err
otp_code_verify(struct ptn_flow_step *step)
{
	struct ptn_flow_stash *stash = &step->flow->stash;
	enum ptn_verdict verdict;
	enum ptn_err r;

	r = ptn_otp_prove(step->sc, secret_of(stash),
	    ptn_bytes_of(step->in[0].text), &stash->otp_step, &verdict);
	if (r != PTN_OK)
		return r;
	if (verdict != PTN_ALLOW) {
		ptn_flow_step_wrong(step, 0, PTN_FLOW_E_PASSCODE);
		return PTN_OK;
	}
	stash->enrolled = true;
	stash->has_otp = true;
	step->final = true;
	return keep(step);
}

static enum ptn_err
draw(const struct ptn_scope *sc, struct ptn_flow_stash *stash)
{
	static const uint8_t none[PTN_TOTP_SECRET_LEN];
	const uint8_t *secret;

	if (memcmp(stash->otp_secret, none, sizeof(none)) != 0)
		return PTN_OK;
	if ((secret = ptn_otp_draw(sc)) == NULL)
		return PTN_E_NOMEM;
	memcpy(stash->otp_secret, secret, sizeof(stash->otp_secret));
	return PTN_OK;
}

/* What the app shows beside the code. */
static const char *
label_of(const struct ptn_flow_stash *stash)
{
	return stash->address[0] != '\0' ? stash->address : stash->username;
}

/* It stays the same while it is shown again. */
static enum ptn_err
enter(struct ptn_flow_step *step)
{
	struct ptn_flow_stash *stash = &step->flow->stash;
	const struct ptn_scope *sc = step->sc;
	const char *url;
	enum ptn_err r;

	if ((r = draw(sc, stash)) != PTN_OK)
		return r;
	step->otp.secret = ptn_totp_text(sc->arena, secret_of(stash));
	url = ptn_totp_url(sc->arena, sc->cf->service_name, label_of(stash),
	    secret_of(stash));
	if (step->otp.secret == NULL || url == NULL)
		return PTN_E_NOMEM;
	return ptn_qr_url(sc->arena, url, &step->otp.image);
}

/* A code that lacks is told as a wrong one is. */
static const struct ptn_flow_input first_code[] = {
	{ .name = "otp_code",
	    .type = PTN_FLOW_STRING,
	    .required = PTN_FLOW_YES,
	    .missing = PTN_FLOW_E_PASSCODE },
};

static const struct ptn_flow_action creation[] = {
	{ .name = "otp_code_verify",
	    .text = "Enter the first code of the authenticator app",
	    .input = first_code,
	    .n = PTN_ARRAY_LEN(first_code),
	    .limit = { PTN_LIMIT_ANSWER },
	    .available = ptn_flow_mfa_otp_is_on,
	    .run = otp_code_verify },
	PTN_FLOW_BACK,
};

const struct ptn_flow_place ptn_flow_place_otp_creation = { .action = creation,
	.n = PTN_ARRAY_LEN(creation),
	.enter = enter };
