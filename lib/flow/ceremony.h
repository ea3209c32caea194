#ifndef PTN_FLOW_CEREMONY_H
#define PTN_FLOW_CEREMONY_H

#include <stdbool.h>

#include "lib/account/passkey.h"
#include "lib/account/signin_passkey.h"
#include "lib/flow/step.h"

/*
 * The ceremonies of WebAuthn in a flow.  It has one challenge, which is in its
 * row and good for that flow alone: another one takes its place, what is
 * refused leaves it, so that the same is signed again, and what is accepted
 * spends it.
 */
enum ptn_flow_ceremony {
	PTN_FLOW_CEREMONY_NONE = 0,
	PTN_FLOW_CEREMONY_LOGIN,   /* a passkey shall say who it is */
	PTN_FLOW_CEREMONY_PASSKEY, /* one shall be made */
	PTN_FLOW_CEREMONY_FACTOR,  /* a security key shall be shown */
	PTN_FLOW_CEREMONY_KEY,	   /* one shall be made */
	PTN_FLOW_CEREMONY__MAX
};

/* The one that is under way, if any. */
enum ptn_flow_ceremony ptn_flow_ceremony_of(const struct ptn_flow_step *step);

/*
 * Ask for a signature: step->request is told to the client.
 *
 * listed	ask for one of the credentials of whom the flow is about
 *		(stash.user_id): of their passkeys, or, as a second factor, of
 *		all that they have
 */
enum ptn_err ptn_flow_ceremony_request(struct ptn_flow_step *step,
    enum ptn_flow_ceremony what, bool listed) PTN_MUST_USE;

/*
 * Ask for a new credential: step->creation is told to the client.
 *
 * o	names, and what is excluded; the rest is made here, but for user_id in
 *	its challenge: whose it will be
 */
void ptn_flow_ceremony_creation(struct ptn_flow_step *step,
    enum ptn_flow_ceremony what, struct ptn_passkey_options *o);

/*
 * Judge what came of it, which is step->in[0].json: step->error is set if it
 * is not accepted, which is noted and has changed nothing.
 *
 * p	in the arena: user and id; the user is locked
 * c	made
 */
enum ptn_err ptn_flow_ceremony_assert(struct ptn_flow_step *step,
    enum ptn_flow_ceremony what, struct ptn_signin_passkey **p) PTN_MUST_USE;
enum ptn_err ptn_flow_ceremony_attest(struct ptn_flow_step *step,
    enum ptn_flow_ceremony what, const struct ptn_uuid *user,
    struct ptn_credential *c) PTN_MUST_USE;

/*
 * A credential as it is kept in a flow, and back, as a passkey; the latter
 * borrows from the former.  Transports and a name that are too long are left
 * out.
 */
void ptn_flow_ceremony_pack(const struct ptn_credential *c,
    struct ptn_flow_cred *out);
void ptn_flow_ceremony_unpack(const struct ptn_flow_cred *in,
    const struct ptn_uuid *user, struct ptn_credential *c);

#endif
