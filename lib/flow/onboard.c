#include "lib/flow/onboard.h"

#define POLICIES (PTN_ACQUIRE_NEVER + 1)

enum { NONE, PASSKEY_LACKS, PASSWORD_LACKS, LACKS__MAX };

#define NOTHING PTN_FLOW_ONBOARD_NOTHING
#define PASSKEY PTN_FLOW_ONBOARD_PASSKEY
#define PASSWORD PTN_FLOW_ONBOARD_PASSWORD
#define EITHER PTN_FLOW_ONBOARD_ONE_OF_THEM
#define BOTH PTN_FLOW_ONBOARD_PASSKEY_FIRST

/* By the policy of passkeys and that of passwords, and by what there is. */
static const enum ptn_flow_onboard table[POLICIES][POLICIES][LACKS__MAX] = {
	[PTN_ACQUIRE_ALWAYS] = {
		/*			    neither   password  passkey */
		[PTN_ACQUIRE_ALWAYS] =	    { BOTH,	PASSKEY, PASSWORD },
		[PTN_ACQUIRE_CONDITIONAL] = { PASSKEY,	PASSKEY, NOTHING },
		[PTN_ACQUIRE_NEVER] =	    { PASSKEY,	PASSKEY, NOTHING },
	},
	[PTN_ACQUIRE_CONDITIONAL] = {
		[PTN_ACQUIRE_ALWAYS] =	    { PASSWORD, NOTHING, PASSWORD },
		[PTN_ACQUIRE_CONDITIONAL] = { EITHER,	NOTHING, NOTHING },
		[PTN_ACQUIRE_NEVER] =	    { PASSKEY,	NOTHING, NOTHING },
	},
	[PTN_ACQUIRE_NEVER] = {
		[PTN_ACQUIRE_ALWAYS] =	    { PASSWORD, NOTHING, PASSWORD },
		[PTN_ACQUIRE_CONDITIONAL] = { PASSWORD, NOTHING, NOTHING },
		[PTN_ACQUIRE_NEVER] =	    { NOTHING,	NOTHING, NOTHING },
	},
};

/* What there is no way to log in by is never asked for, and nobody has it. */
static enum ptn_acquire
policy_of(const struct ptn_flow_onboard_kind *kind, bool on)
{
	return on ? kind->policy : PTN_ACQUIRE_NEVER;
}

static enum ptn_flow_onboard
look_up(const struct ptn_flow_onboard_kind *passkey,
    const struct ptn_flow_onboard_kind *password, bool passkeys)
{
	const bool has_passkey = passkeys && passkey->had;
	const bool has_password = password->on && password->had;
	int lacks = NONE;

	if (has_passkey && has_password)
		return NOTHING;
	if (has_password)
		lacks = PASSKEY_LACKS;
	if (has_passkey)
		lacks = PASSWORD_LACKS;
	return table[policy_of(passkey, passkeys)]
		    [policy_of(password, password->on)][lacks];
}

/* A password that is demanded goes before a passkey that is not. */
static enum ptn_flow_onboard
in_order(enum ptn_flow_onboard what,
    const struct ptn_flow_onboard_kind *passkey,
    const struct ptn_flow_onboard_kind *password)
{
	return what == BOTH && !password->optional && passkey->optional
	    ? PTN_FLOW_ONBOARD_PASSWORD_FIRST
	    : what;
}

enum ptn_flow_onboard
ptn_flow_onboard(const struct ptn_flow_onboard_kind *passkey,
    const struct ptn_flow_onboard_kind *password, bool webauthn)
{
	const enum ptn_flow_onboard wanted =
	    look_up(passkey, password, passkey->on);

	if (webauthn)
		return in_order(wanted, passkey, password);
	if ((wanted == PASSKEY || wanted == BOTH) && !passkey->optional)
		return PTN_FLOW_ONBOARD_IMPOSSIBLE;
	return look_up(passkey, password, false);
}
