#include "lib/flow/profile.h"

#include "lib/base/array.h"
#include "lib/conf/conf.h"
#include "lib/flow/person.h"

static const struct ptn_flow_input password[] = {
	{ .name = "password",
	    .type = PTN_FLOW_STRING,
	    .required = PTN_FLOW_YES,
	    .min = ptn_flow_step_password_min,
	    .max = ptn_flow_step_password_max },
};

static const struct ptn_flow_input address[] = {
	{ .name = "email",
	    .type = PTN_FLOW_EMAIL,
	    .required = PTN_FLOW_YES,
	    .max = ptn_flow_step_address_max },
};

static const struct ptn_flow_input address_id[] = {
	{ .name = "email_id",
	    .type = PTN_FLOW_STRING,
	    .required = PTN_FLOW_YES,
	    .hidden = PTN_FLOW_YES },
};

static const struct ptn_flow_input spare_id[] = {
	{ .name = "email_id",
	    .type = PTN_FLOW_STRING,
	    .required = PTN_FLOW_YES,
	    .hidden = PTN_FLOW_YES,
	    .choices = ptn_flow_person_addresses },
};

static const struct ptn_flow_input name[] = {
	{ .name = "username",
	    .type = PTN_FLOW_USERNAME,
	    .required = PTN_FLOW_YES,
	    .echoed = true,
	    .min = ptn_flow_step_username_min,
	    .max = ptn_flow_step_username_max },
};

#define PASSKEY_ID                                                             \
	{                                                                      \
		.name = "passkey_id", .type = PTN_FLOW_STRING,                 \
		.required = PTN_FLOW_YES, .hidden = PTN_FLOW_YES               \
	}
static const struct ptn_flow_input passkey[] = { PASSKEY_ID };
static const struct ptn_flow_input passkey_named[] = {
	PASSKEY_ID,
	{ .name = "passkey_name",
	    .type = PTN_FLOW_STRING,
	    .required = PTN_FLOW_YES },
};

static const struct ptn_flow_input key[] = {
	{ .name = "security_key_id",
	    .type = PTN_FLOW_STRING,
	    .required = PTN_FLOW_YES,
	    .hidden = PTN_FLOW_YES },
};

static const struct ptn_flow_input metadata[] = {
	{ .name = "patch_metadata",
	    .type = PTN_FLOW_JSON,
	    .required = PTN_FLOW_YES,
	    .hidden = PTN_FLOW_NO },
};

static const struct ptn_flow_input session[] = {
	{ .name = "session_id",
	    .type = PTN_FLOW_STRING,
	    .required = PTN_FLOW_YES,
	    .hidden = PTN_FLOW_YES,
	    .choices = ptn_flow_person_sessions },
};

/* Pages look for email_delete, be there one that may go or not. */
static const struct ptn_flow_action actions[] = {
	{ .name = "email_create",
	    .text = "Add an address",
	    .input = address,
	    .n = PTN_ARRAY_LEN(address),
	    .limit = { PTN_LIMIT_LOOKUP },
	    .available = ptn_flow_profile_can_add_address,
	    .run = ptn_flow_profile_add_address },
	{ .name = "email_verify",
	    .text = "Prove an address",
	    .input = address_id,
	    .n = PTN_ARRAY_LEN(address_id),
	    .available = ptn_flow_profile_can_verify,
	    .run = ptn_flow_profile_verify },
	{ .name = "email_set_primary",
	    .text = "Make an address the primary one",
	    .input = address_id,
	    .n = PTN_ARRAY_LEN(address_id),
	    .available = ptn_flow_profile_can_choose_primary,
	    .run = ptn_flow_profile_choose_primary },
	{ .name = "email_delete",
	    .text = "Remove an address",
	    .input = spare_id,
	    .n = PTN_ARRAY_LEN(spare_id),
	    .run = ptn_flow_profile_drop_address },
	{ .name = "password_create",
	    .text = "Set a password",
	    .input = password,
	    .n = PTN_ARRAY_LEN(password),
	    .limit = { PTN_LIMIT_HASH },
	    .available = ptn_flow_profile_has_no_password,
	    .work = ptn_flow_step_hash_password,
	    .run = ptn_flow_profile_set_password },
	{ .name = "password_update",
	    .text = "Set another password",
	    .input = password,
	    .n = PTN_ARRAY_LEN(password),
	    .limit = { PTN_LIMIT_HASH },
	    .available = ptn_flow_profile_has_password,
	    .work = ptn_flow_step_hash_password,
	    .run = ptn_flow_profile_set_password },
	{ .name = "password_delete",
	    .text = "Give the password up",
	    .available = ptn_flow_profile_can_drop_password,
	    .run = ptn_flow_profile_drop_password },
	{ .name = "username_create",
	    .text = "Choose a username",
	    .input = name,
	    .n = PTN_ARRAY_LEN(name),
	    .limit = { PTN_LIMIT_LOOKUP },
	    .available = ptn_flow_profile_has_no_name,
	    .run = ptn_flow_profile_set_name },
	{ .name = "username_update",
	    .text = "Choose another username",
	    .input = name,
	    .n = PTN_ARRAY_LEN(name),
	    .limit = { PTN_LIMIT_LOOKUP },
	    .available = ptn_flow_profile_has_name,
	    .run = ptn_flow_profile_set_name },
	{ .name = "username_delete",
	    .text = "Give the username up",
	    .available = ptn_flow_profile_can_drop_name,
	    .run = ptn_flow_profile_drop_name },
	{ .name = "webauthn_credential_create",
	    .text = "Make a passkey",
	    .limit = { PTN_LIMIT_CHALLENGE },
	    .available = ptn_flow_profile_can_make_passkey,
	    .run = ptn_flow_profile_make_passkey },
	{ .name = "webauthn_credential_rename",
	    .text = "Name a passkey, or a security key",
	    .input = passkey_named,
	    .n = PTN_ARRAY_LEN(passkey_named),
	    .available = ptn_flow_profile_has_credential,
	    .run = ptn_flow_profile_rename_passkey },
	{ .name = "webauthn_credential_delete",
	    .text = "Remove a passkey",
	    .input = passkey,
	    .n = PTN_ARRAY_LEN(passkey),
	    .available = ptn_flow_profile_can_drop_passkey,
	    .run = ptn_flow_profile_drop_passkey },
	{ .name = "security_key_create",
	    .text = "Make a security key known",
	    .limit = { PTN_LIMIT_CHALLENGE },
	    .available = ptn_flow_profile_can_make_key,
	    .run = ptn_flow_profile_make_key },
	{ .name = "security_key_delete",
	    .text = "Remove a security key",
	    .input = key,
	    .n = PTN_ARRAY_LEN(key),
	    .available = ptn_flow_profile_can_drop_key,
	    .run = ptn_flow_profile_drop_key },
	{ .name = "continue_to_otp_secret_creation",
	    .text = "Set up an authenticator app",
	    .available = ptn_flow_profile_can_make_otp,
	    .run = ptn_flow_profile_make_otp },
	{ .name = "otp_secret_delete",
	    .text = "Give the authenticator app up",
	    .available = ptn_flow_profile_can_drop_otp,
	    .run = ptn_flow_profile_drop_otp },
	{ .name = "patch_metadata",
	    .text = "Change what is kept about you",
	    .input = metadata,
	    .n = PTN_ARRAY_LEN(metadata),
	    .run = ptn_flow_profile_patch },
	{ .name = "account_delete",
	    .text = "Delete the account",
	    .available = ptn_flow_profile_can_close,
	    .run = ptn_flow_profile_close },
	{ .name = "session_delete",
	    .text = "End another session",
	    .input = session,
	    .n = PTN_ARRAY_LEN(session),
	    .available = ptn_flow_profile_can_end_session,
	    .run = ptn_flow_profile_end_session },
};

/*
 * Whoever was logged out meanwhile takes no step; and what actions are judged
 * by stays true until this one ends.
 */
static enum ptn_err
load(struct ptn_flow_step *step)
{
	enum ptn_err r =
	    ptn_session_lock(step->sc, &step->by->sub, &step->by->session_id);

	if (r != PTN_OK || step->flow->position.at != PTN_FLOW_AT_PROFILE_INIT)
		return r;
	return ptn_flow_person_read(step);
}

/* What an error left as it was is not read twice. */
static enum ptn_err
enter(struct ptn_flow_step *step)
{
	return step->person != NULL && step->error != PTN_FLOW_E_NONE
	    ? PTN_OK
	    : ptn_flow_person_read(step);
}

static const struct ptn_flow_place init = { actions, PTN_ARRAY_LEN(actions),
	enter };

/* ------------------------------------------------------- a new passkey */

static const struct ptn_flow_input public_key[] = {
	{ .name = "public_key",
	    .type = PTN_FLOW_JSON,
	    .required = PTN_FLOW_YES },
};

/* It is judged on the way: what is refused leads back as well. */
static enum ptn_err
webauthn_verify_attestation_response(struct ptn_flow_step *step)
{
	step->final = true;
	return PTN_OK;
}

static const struct ptn_flow_action credential_actions[] = {
	{ .name = "webauthn_verify_attestation_response",
	    .text = "Show the new passkey",
	    .input = public_key,
	    .n = PTN_ARRAY_LEN(public_key),
	    .limit = { PTN_LIMIT_ANSWER },
	    .available = ptn_flow_step_has_webauthn,
	    .run = webauthn_verify_attestation_response },
	PTN_FLOW_BACK,
};

static const struct ptn_flow_place credential = { credential_actions,
	PTN_ARRAY_LEN(credential_actions), NULL };

/* ------------------------------------------------------------- the flow */

/* What was proved or made is kept; that it was refused is told there, too. */
static enum ptn_err
onward(struct ptn_flow_step *step)
{
	ptn_flow_step_to(step, PTN_FLOW_AT_PROFILE_INIT);
	if (step->flow->position.at == PTN_FLOW_AT_NEW_CREDENTIAL)
		return ptn_flow_profile_made_passkey(step);
	return step->flow->stash.proved ? ptn_flow_profile_proved(step)
					: PTN_OK;
}

const struct ptn_flow_definition ptn_flow_profile = {
	.name = "profile",
	.ttl_s = PTN_FLOW_TTL_S,
	.place = {
		[PTN_FLOW_AT_PREFLIGHT] = &ptn_flow_place_preflight,
		[PTN_FLOW_AT_PROFILE_INIT] = &init,
		[PTN_FLOW_AT_PASSCODE] = &ptn_flow_place_passcode,
		[PTN_FLOW_AT_NEW_CREDENTIAL] = &credential,
		[PTN_FLOW_AT_OTP_CREATION] = &ptn_flow_place_otp_creation,
		[PTN_FLOW_AT_ACCOUNT_DELETED] = &ptn_flow_place_end,
		[PTN_FLOW_AT_ERROR] = &ptn_flow_place_end,
	},
	.init = PTN_FLOW_AT_PROFILE_INIT,
	.session = true,
	.load = load,
	.onward = onward,
};
