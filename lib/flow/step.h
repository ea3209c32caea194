#ifndef PTN_FLOW_STEP_H
#define PTN_FLOW_STEP_H

#include "lib/account/limit.h"
#include "lib/account/password_change.h"
#include "lib/account/signin_password.h"
#include "lib/crypto/pwhash.h"
#include "lib/flow/flow.h"

/*
 * A step in the making, and the tables that it goes by: inside lib/flow.
 *
 *	flow	ptn_flow_definition()	which states it has, where it begins,
 *					and what comes behind the first factor
 *	state	struct ptn_flow_place	its actions, and what is done on entry
 *	action	struct ptn_flow_action	its inputs, when it is there, its run()
 *
 * An action checks before it changes.  It ends with PTN_OK and
 *
 *	nothing else said	the flow goes on: to what it queued by
 *				ptn_flow_step_to(), else to what was queued
 *				before, else to what the flow says
 *	step->stay		it stays where it is, which is no error
 *	step->error		it stays where it is; what was changed of the
 *				stash is undone, but for sticky keys
 *	step->error, ->fatal	it goes to "error", where nothing can be done
 *	step->revert		it goes back
 *
 * or with an error, by which all of it is rolled back.
 *
 * A step that takes long is in three: a transaction in which it is admitted and
 * counted; work(), without one; and the one of run(), in which it is admitted
 * again, by the same token: the flow is the one that work() has seen.
 */
struct ptn_flow_value {
	bool set;		     /* it was sent, be it null */
	bool on;		     /* of a boolean */
	const char *text;	     /* of the others; "" if there was none */
	const struct ptn_json *json; /* of PTN_FLOW_JSON; NULL: none, or null */
};

/* What work() has found out, for run(). */
struct ptn_flow_work {
	struct ptn_password_user user;
	enum ptn_signin_password_result password;
	/* Of a new one. */
	enum ptn_password_change_result change;
	char hash[PTN_PHC_MAX];
};

struct ptn_flow_step {
	const struct ptn_scope *sc;
	const struct ptn_claims *by; /* whose session; NULL: nobody's */
	struct ptn_flow *flow;
	struct ptn_flow_person *person; /* of a profile */
	const struct ptn_flow_action *action;
	struct ptn_flow_value in[PTN_FLOW_INPUTS_MAX];
	enum ptn_flow_error wrong[PTN_FLOW_INPUTS_MAX]; /* with an input */
	enum ptn_flow_at queue[PTN_FLOW_QUEUE_MAX];
	size_t n;
	enum ptn_flow_error error;
	bool fatal;
	bool stay;
	bool revert;
	bool final; /* there is no way back to where it was */
	int64_t again_after_s;
	struct ptn_flow_work work;
	struct ptn_signin_passkey *passkey; /* that was right in this step */
	const struct ptn_passkey_options *creation;
	const struct ptn_signin_passkey_options *request;
	const char *method;
	const char *factor;
	struct ptn_flow_otp otp;
	const char *device;	/* that the browser brought, or NULL */
	const char *device_new; /* that it gets, or NULL */
	struct ptn_claims claims;
};

#define PTN_FLOW_LIMITS_MAX 4 /* with the end */

struct ptn_flow_action {
	const char *name;
	const char *text;
	const struct ptn_flow_input *input;
	size_t n;
	/* That count it: of networks, or of whom the flow is about. */
	enum ptn_limit limit[PTN_FLOW_LIMITS_MAX];
	/*
	 * It compares what can be guessed, without a work(): one at a time, so
	 * that none is compared of which the count is undone.
	 */
	bool guesses;
	bool (*available)(const struct ptn_flow_step *step); /* NULL: always */
	enum ptn_err (*work)(struct ptn_flow_step *step);    /* NULL: none */
	enum ptn_err (*run)(struct ptn_flow_step *step);
};

struct ptn_flow_place {
	const struct ptn_flow_action *action;
	size_t n;
	/*
	 * Before the state is shown, also when an error or "back" led to it:
	 * then step->error, or step->revert, is set.  It may set an error
	 * itself, or refuse the state with step->fatal.
	 */
	enum ptn_err (*enter)(struct ptn_flow_step *step);
};

#define PTN_FLOW_TTL_S 86400 /* mails travel, and people with them */
struct ptn_flow_definition {
	const char *name;
	int64_t ttl_s;
	/* Of each of its states the place; of others NULL. */
	const struct ptn_flow_place *place[PTN_FLOW_AT__MAX];
	enum ptn_flow_at init; /* behind preflight */
	bool session;	       /* it is of somebody who is logged in */
	/* What comes between, when an action has queued nothing; or NULL. */
	enum ptn_err (*between)(struct ptn_flow_step *step);
	/*
	 * Before an action is looked at: what all of them are judged by.
	 * PTN_E_NOT_FOUND: none is taken.  NULL: nothing.
	 */
	enum ptn_err (*load)(struct ptn_flow_step *step);
	/*
	 * Nothing is queued: of a log-in, the first factor is proved.  An error
	 * that it sets is told in the state that it queues, and keeps what was
	 * changed of the stash: only with step->fatal the flow ends.
	 */
	enum ptn_err (*onward)(struct ptn_flow_step *step);
};

/* NULL: there is no such flow. */
const struct ptn_flow_definition *ptn_flow_definition(enum ptn_flow_name name);

extern const struct ptn_flow_definition ptn_flow_login, ptn_flow_registration,
    ptn_flow_profile;
extern const struct ptn_flow_place ptn_flow_place_preflight,
    ptn_flow_place_passcode, ptn_flow_place_end, ptn_flow_place_method,
    ptn_flow_place_password, ptn_flow_place_passkey, ptn_flow_place_recovery,
    ptn_flow_place_otp, ptn_flow_place_mfa, ptn_flow_place_otp_creation,
    ptn_flow_place_trust, ptn_flow_place_key, ptn_flow_place_new_key;

/* Queue a state, behind those that this step has queued already. */
void ptn_flow_step_to(struct ptn_flow_step *step, enum ptn_flow_at at);

/* An input was wrong: the step is no more than that. */
void ptn_flow_step_wrong(struct ptn_flow_step *step, size_t input,
    enum ptn_flow_error why);

/* The flow ends here, in the state "error". */
void ptn_flow_step_end(struct ptn_flow_step *step, enum ptn_flow_error why);

/* A limit refused: so is the step answered, instead of failing. */
void ptn_flow_step_limited(struct ptn_flow_step *step);

/*
 * For whom mails and guesses are counted: the user, or whom the address would
 * belong to, so that both are told the same.
 */
enum ptn_err ptn_flow_step_account(const struct ptn_flow_step *step,
    struct ptn_uuid *out) PTN_MUST_USE;

/*
 * What a mailed code is for, which may have been switched off meanwhile: to
 * log in, to recover, or to prove an address, be it of who logs in.
 */
bool ptn_flow_step_heeds_mail(const struct ptn_flow_step *step);

/* Can a passcode be mailed to who it is about, and is it a way to log in? */
bool ptn_flow_step_has_passcodes(const struct ptn_flow_step *step);

/*
 * By which ways who is named may log in, as far as it may be told: of all, or,
 * with privacy.only_show_actual_login_methods, of what the stash says that they
 * have.
 */
struct ptn_flow_step_ways {
	bool passcode;
	bool password;
	bool passkey; /* nobody is sent there who may have another way */
};
struct ptn_flow_step_ways ptn_flow_step_ways(const struct ptn_flow_step *step);

/* "back", of any state. */
bool ptn_flow_step_can_revert(const struct ptn_flow_step *step);
enum ptn_err ptn_flow_step_revert(struct ptn_flow_step *step);
#define PTN_FLOW_BACK                                                          \
	{                                                                      \
		.name = "back", .text = "Go back",                             \
		.available = ptn_flow_step_can_revert,                         \
		.run = ptn_flow_step_revert                                    \
	}

/*
 * To log in by a passkey: ask for one, in the state that is for it; and show
 * one, there and where the browser offers them by itself (conditional
 * mediation), by what it was given in the last answer.  In that state a
 * security key is shown, too.
 */
bool ptn_flow_step_has_passkeys(const struct ptn_flow_step *step);
bool ptn_flow_step_can_ask_passkey(const struct ptn_flow_step *step);
bool ptn_flow_step_has_webauthn(const struct ptn_flow_step *step);
enum ptn_err ptn_flow_step_offer_passkey(struct ptn_flow_step *step);
enum ptn_err ptn_flow_step_ask_passkey(struct ptn_flow_step *step);
enum ptn_err ptn_flow_step_take_passkey(struct ptn_flow_step *step);
extern const struct ptn_flow_input ptn_flow_input_assertion[1];
#define PTN_FLOW_ASK_PASSKEY                                                   \
	{                                                                      \
		.name = "webauthn_generate_request_options",                   \
		.text = "Log in by a passkey",                                 \
		.limit = { PTN_LIMIT_CHALLENGE },                              \
		.available = ptn_flow_step_can_ask_passkey,                    \
		.run = ptn_flow_step_ask_passkey                               \
	}
#define PTN_FLOW_TAKE_PASSKEY                                                  \
	{                                                                      \
		.name = "webauthn_verify_assertion_response",                  \
		.text = "Show the passkey", .input = ptn_flow_input_assertion, \
		.n = 1, .limit = { PTN_LIMIT_ANSWER },                         \
		.available = ptn_flow_step_has_webauthn,                       \
		.run = ptn_flow_step_take_passkey                              \
	}

/* "remember_me", of the state in which somebody says who they are. */
bool ptn_flow_step_can_remember(const struct ptn_flow_step *step);
enum ptn_err ptn_flow_step_remember(struct ptn_flow_step *step);
extern const struct ptn_flow_input ptn_flow_step_remember_me[1];
#define PTN_FLOW_REMEMBER_ME                                                   \
	{                                                                      \
		.name = "remember_me", .text = "Stay logged in, or not",       \
		.input = ptn_flow_step_remember_me, .n = 1,                    \
		.available = ptn_flow_step_can_remember,                       \
		.run = ptn_flow_step_remember                                  \
	}

/* How long an input may be that more than one action has. */
int64_t ptn_flow_step_address_min(const struct ptn_conf *cf);
int64_t ptn_flow_step_address_max(const struct ptn_conf *cf);
int64_t ptn_flow_step_username_min(const struct ptn_conf *cf);
int64_t ptn_flow_step_username_max(const struct ptn_conf *cf);
int64_t ptn_flow_step_password_min(const struct ptn_conf *cf);
int64_t ptn_flow_step_password_max(const struct ptn_conf *cf);

/*
 * A new password, which is the first input: judge and hash it, as a work(); and
 * what is wrong with it, for the run().
 */
enum ptn_err ptn_flow_step_hash_password(struct ptn_flow_step *step);
enum ptn_flow_error ptn_flow_step_unfit(enum ptn_password_change_result what);

/*
 * For the run() of one that is stored at the end of the flow: put it into the
 * stash, unless something is wrong with it, which is then told.
 */
enum ptn_err ptn_flow_step_keep_password(struct ptn_flow_step *step,
    bool *kept) PTN_MUST_USE;

#endif
