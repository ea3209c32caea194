#ifndef PTN_FLOW_FLOW_H
#define PTN_FLOW_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/account/token.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/crypto/secrets.h"
#include "lib/crypto/totp.h"
#include "lib/db/scope.h"
#include "lib/format/address.h"

struct ptn_conf;
struct ptn_flow_person;
struct ptn_flow_step;
struct ptn_json;
struct ptn_passkey_options;
struct ptn_signin_passkey_options;

/*
 * Flows: what a client does next is told to it.  A flow is in a state; a state
 * has actions, an action has inputs; an action leads to a state.  All of a flow
 * is in its row, so that any worker of any host takes the next step.  No HTTP
 * here: fcgi/flow is the wire.
 *
 * How it is made of tables is in step.h, for whoever adds to them.
 */

enum ptn_flow_name {
	PTN_FLOW_NONE = 0,
	PTN_FLOW_LOGIN,
	PTN_FLOW_REGISTRATION,
	PTN_FLOW_PROFILE,
	PTN_FLOW__MAX
};

enum ptn_flow_at {
	PTN_FLOW_AT_NONE = 0,
#define PTN_FLOW_STATE(name, wire) PTN_FLOW_AT_##name,
#include "lib/flow/state.def"
	PTN_FLOW_AT__MAX
};

enum ptn_flow_error {
	PTN_FLOW_E_NONE = 0,
#define PTN_FLOW_ERROR(name, code, err, message) PTN_FLOW_E_##name,
#include "lib/flow/error.def"
	PTN_FLOW_E__MAX
};

/* Of each, what its row says; static. */
const char *ptn_flow_name_text(enum ptn_flow_name name);
const char *ptn_flow_at_text(enum ptn_flow_at at);
const char *ptn_flow_error_code(enum ptn_flow_error e);
const char *ptn_flow_error_text(enum ptn_flow_error e);
enum ptn_err ptn_flow_error_err(enum ptn_flow_error e);

/* What goes to the address of a flow: stash.mail. */
enum ptn_flow_mail {
	PTN_FLOW_MAIL_CODE = 0, /* a code */
	PTN_FLOW_MAIL_UNKNOWN,	/* none: somebody wanted to log in with it */
	PTN_FLOW_MAIL_TAKEN,	/* none: somebody wanted to sign up with it */
	PTN_FLOW_MAIL_HELD,	/* nothing: an operator keeps the user out */
	PTN_FLOW_MAIL__MAX
};

/* The second factor that was proved: stash.factor. */
enum ptn_flow_factor {
	PTN_FLOW_FACTOR_NONE = 0,
	PTN_FLOW_FACTOR_OTP, /* an authenticator app */
	PTN_FLOW_FACTOR_KEY, /* a security key, or a passkey as one */
	PTN_FLOW_FACTOR__MAX
};

/* A credential that is to be stored: credential.h, in a piece. */
#define PTN_FLOW_CRED_BYTES 1024
#define PTN_FLOW_CRED_TEXT 256
struct ptn_flow_cred {
	uint16_t id_len; /* 0: there is none */
	uint16_t key_len;
	uint8_t id[PTN_FLOW_CRED_BYTES];
	uint8_t key[PTN_FLOW_CRED_BYTES]; /* COSE_Key */
	struct ptn_uuid aaguid;
	int64_t sign_count;
	bool backup_eligible;
	bool backup_state;
	char attestation[PTN_FLOW_CRED_TEXT];
	char transports[PTN_FLOW_CRED_TEXT];
	char name[PTN_FLOW_CRED_TEXT]; /* "": none */
};

/* What a flow knows: stash.def. */
#define PTN_FLOW_TYPE_BOOL(name) bool name
#define PTN_FLOW_TYPE_I64(name) int64_t name
#define PTN_FLOW_TYPE_UUID(name) struct ptn_uuid name
#define PTN_FLOW_TYPE_TEXT(name) char name[PTN_ADDRESS_MAX + 1]
#define PTN_FLOW_TYPE_MAC(name) uint8_t name[PTN_SHA256_LEN]
#define PTN_FLOW_TYPE_CRED(name) struct ptn_flow_cred name
#define PTN_FLOW_TYPE_SECRET(name) uint8_t name[PTN_TOTP_SECRET_LEN]
struct ptn_flow_stash {
#define PTN_FLOW_KEY(name, type, how) PTN_FLOW_TYPE_##type(name);
#include "lib/flow/stash.def"
};

#define PTN_FLOW_QUEUE_MAX 8	/* states that are to come */
#define PTN_FLOW_HISTORY_MAX 12 /* ways back; the oldest goes */

/* Where a flow is. */
struct ptn_flow_position {
	enum ptn_flow_at at;
	enum ptn_flow_at before; /* the last one that was another */
	enum ptn_flow_at queue[PTN_FLOW_QUEUE_MAX];
	size_t n; /* in the queue */
};

/* What "back" makes of it. */
struct ptn_flow_past {
	struct ptn_flow_position position;
	struct ptn_flow_stash stash;
	bool final; /* there is no way back to it */
};

struct ptn_flow {
	enum ptn_flow_name name;
	struct ptn_uuid id;
	int64_t version; /* how many steps were taken */
	int64_t now_us;	 /* the database's clock, when it was read */
	struct ptn_flow_position position;
	struct ptn_flow_stash stash;
	struct ptn_flow_past history[PTN_FLOW_HISTORY_MAX];
	size_t n; /* in the history */
};

/* An input, as it is told to clients. */
enum ptn_flow_type {
	PTN_FLOW_STRING = 0,
	PTN_FLOW_BOOLEAN,
	PTN_FLOW_EMAIL,
	PTN_FLOW_PASSWORD,
	PTN_FLOW_USERNAME,
	PTN_FLOW_ADDRESS, /* judged as EMAIL, but told as a string */
	PTN_FLOW_JSON, /* what it holds is for the action to judge */
	PTN_FLOW_TYPE__MAX
};
enum ptn_flow_say { PTN_FLOW_UNSAID = 0, PTN_FLOW_NO, PTN_FLOW_YES };
/* One of the values that an input may have. */
struct ptn_flow_choice {
	const char *value;
	const char *name; /* for people */
};
struct ptn_flow_choices {
	struct ptn_flow_choice *choice; /* in the arena */
	size_t n;
};
struct ptn_flow_input {
	const char *name;
	enum ptn_flow_type type;
	enum ptn_flow_say required;
	enum ptn_flow_say hidden;
	enum ptn_flow_error missing; /* NONE: MISSING is what lacks */
	bool (*optional)(const struct ptn_conf *cf); /* instead; or NULL */
	bool echoed; /* what was entered is told again, while it is offered */
	/* Bytes; NULL: not said. */
	int64_t (*min)(const struct ptn_conf *cf);
	int64_t (*max)(const struct ptn_conf *cf);
	/* What it may be; NULL: anything.  None: its action says. */
	enum ptn_err (*choices)(const struct ptn_flow_step *step,
	    struct ptn_flow_choices *out);
	/* Is it asked for at all?  NULL: it is. */
	bool (*asked)(const struct ptn_conf *cf);
	/* Of a string: without blanks around it, and in lower case. */
	bool folded;
};

/* What the configuration makes of it. */
bool ptn_flow_input_asked(const struct ptn_conf *cf,
    const struct ptn_flow_input *f);
enum ptn_flow_say ptn_flow_input_required(const struct ptn_conf *cf,
    const struct ptn_flow_input *f);

/*
 * Steps that a flow may take: many that cost little are in no limit, but how
 * many flows a network begins is.
 */
#define PTN_FLOW_STEPS_MAX 500

#define PTN_FLOW_INPUTS_MAX 4 /* of an action */

/* An action that is possible now. */
struct ptn_flow_offer {
	const char *name;
	const char *text; /* for whoever reads the answer itself */
	const struct ptn_flow_input *input;
	size_t n;
	struct ptn_flow_choices choices[PTN_FLOW_INPUTS_MAX];
	/* What was wrong with them in the step that is answered. */
	enum ptn_flow_error error[PTN_FLOW_INPUTS_MAX];
	/* What was entered then, of those that are echoed; or NULL. */
	const char *entered[PTN_FLOW_INPUTS_MAX];
};

#define PTN_FLOW_OFFERS_MAX 24

/* What an authenticator app is set up by. */
struct ptn_flow_otp {
	const char *secret; /* base32; NULL: it is not about that */
	const char *image;  /* a QR code, as a URL */
};

/* What is answered: the flow as it is now, and what may be done next. */
struct ptn_flow_answer {
	/*
	 * Not PTN_FLOW_E_NONE: refused before it was a step.  The flow is
	 * untouched, and nothing else is set.
	 */
	enum ptn_flow_error refused;
	struct ptn_uuid id;
	enum ptn_flow_name name;
	enum ptn_flow_at at;
	enum ptn_flow_error error;
	char token[PTN_SHA256_LEN + 1]; /* that the next step must show */
	struct ptn_flow_offer offer[PTN_FLOW_OFFERS_MAX];
	size_t n;
	int64_t again_after_s; /* a limit is reached for; 0: not told */
	/* What an authenticator is to make, or to sign; NULL: nothing. */
	const struct ptn_passkey_options *creation;
	const struct ptn_signin_passkey_options *request;
	const char *method;	  /* of a log-in, at its end: by what */
	const char *factor;	  /* and by which second factor; NULL: none */
	struct ptn_flow_otp otp;
	const char *device; /* the cookie of trust that is to be; NULL: none */
	struct ptn_claims claims; /* at PTN_FLOW_AT_SUCCESS: of a session */
	bool remembered;	  /* whoever logged in wants to stay so */
	/* At PTN_FLOW_AT_PROFILE_INIT: who looks at it (person.h). */
	const struct ptn_flow_person *person;
};

/*
 * Begin a flow: one INSERT.  PTN_E_RATE: a network has begun too many
 * (PTN_LIMIT_FLOW).
 *
 * by	whose session it is that asks; NULL: nobody's.  A flow of somebody who
 *	is logged in is theirs alone.
 */
enum ptn_err ptn_flow_begin(const struct ptn_scope *sc, enum ptn_flow_name name,
    const struct ptn_claims *by, struct ptn_flow_answer *out) PTN_MUST_USE;

/* A step that a client asks for. */
struct ptn_flow_ask {
	enum ptn_flow_name name;     /* where it was asked */
	const struct ptn_claims *by; /* whose session; NULL: nobody's */
	struct ptn_uuid id;
	const char *action;
	const char *token;	      /* NULL: none */
	const struct ptn_json *input; /* an object, or NULL */
	const char *device; /* the cookie of trust (trust.h); NULL: none */
};

/*
 * Take a step: of two at once one is taken, and the other one is refused as if
 * its token had been stale.  In one transaction: what the action did to
 * accounts, and at its end where the flow is then, if it is still where it was
 * read to be; if not, all of it is undone.  Only a step that compares a code
 * locks the row of the flow before: on the nodes of a cluster, which do not see
 * each other's locks, each compares one at most.  No hash is computed in
 * between.  An answer with an error is a step, too; its token is a new one.  A
 * flow that has taken PTN_FLOW_STEPS_MAX is as one that has expired.
 *
 * Returns PTN_OK if there is an answer, refused or not; else nothing happened.
 */
enum ptn_err ptn_flow_advance(const struct ptn_scope *sc,
    const struct ptn_flow_ask *ask, struct ptn_flow_answer *out) PTN_MUST_USE;

#endif
