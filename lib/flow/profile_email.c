#include <stdio.h>
#include <string.h>

#include "lib/account/addresses.h"
#include "lib/account/policy.h"
#include "lib/account/user.h"
#include "lib/conf/conf.h"
#include "lib/flow/person.h"
#include "lib/flow/profile.h"

bool
ptn_flow_profile_can_add_address(const struct ptn_flow_step *step)
{
	const struct ptn_conf *cf = step->sc->cf;

	return cf->email_enabled &&
	    (int64_t)step->person->profile.emails <
	    ptn_policy_addresses(cf, true);
}

bool
ptn_flow_profile_can_verify(const struct ptn_flow_step *step)
{
	const struct ptn_profile *p = &step->person->profile;
	size_t i = 0;

	while (i < p->emails && p->email[i].verified)
		i++;
	return step->sc->cf->email_enabled && i < p->emails;
}

/* Another than the one that is, or one at all. */
bool
ptn_flow_profile_can_choose_primary(const struct ptn_flow_step *step)
{
	const struct ptn_profile *p = &step->person->profile;

	return step->sc->cf->email_enabled && p->emails > 0 &&
	    !(p->emails == 1 && p->email[0].is_primary);
}

/* That of an input, if it is one of theirs; or NULL. */
static const struct ptn_email *
find(const struct ptn_flow_step *step)
{
	const struct ptn_profile *p = &step->person->profile;
	struct ptn_uuid id;
	size_t i;

	if (!ptn_uuid_parse_any(step->in[0].text, &id))
		return NULL;
	for (i = 0; i < p->emails; i++)
		if (ptn_uuid_equal(&p->email[i].id, &id))
			return &p->email[i];
	return NULL;
}

/* Whoever reads what is sent there is asked for its passcode. */
static void
ask_for_proof(struct ptn_flow_step *step, const char *address,
    const struct ptn_uuid *email_id, enum ptn_flow_mail mail)
{
	struct ptn_flow_stash *stash = &step->flow->stash;

	snprintf(stash->address, sizeof(stash->address), "%s", address);
	stash->email_id = *email_id;
	stash->mail = mail;
	stash->proved = false;
	ptn_flow_step_to(step, PTN_FLOW_AT_PASSCODE);
}

/* What a rule of addresses said, to whoever chose or entered one. */
static enum ptn_err
settle(struct ptn_flow_step *step, enum ptn_err r,
    enum ptn_addresses_result what)
{
	static const enum ptn_flow_error why[PTN_ADDRESSES__MAX] = {
		[PTN_ADDRESSES_UNKNOWN] = PTN_FLOW_E_NOT_FOUND,
		[PTN_ADDRESSES_FULL] = PTN_FLOW_E_FORBIDDEN,
		[PTN_ADDRESSES_OWNED] = PTN_FLOW_E_TAKEN,
		[PTN_ADDRESSES_FOREIGN] = PTN_FLOW_E_FORBIDDEN,
		[PTN_ADDRESSES_PRIMARY] = PTN_FLOW_E_FORBIDDEN,
		[PTN_ADDRESSES_GUARDED] = PTN_FLOW_E_GUARDED,
		[PTN_ADDRESSES_SERVICE] = PTN_FLOW_E_FORBIDDEN,
		[PTN_ADDRESSES_DONE] = PTN_FLOW_E_NONE,
	};

	if (r == PTN_OK)
		step->error = why[what];
	else if (r == PTN_E_RATE)
		ptn_flow_step_limited(step);
	return r == PTN_E_RATE ? PTN_OK : r;
}

/* Without verification it is theirs at once. */
static enum ptn_err
add_new(struct ptn_flow_step *step, const char *address)
{
	static const struct ptn_uuid none = { { 0 } };
	enum ptn_addresses_result what;
	struct ptn_email made;
	enum ptn_err r;

	if (ptn_policy_verification(step->sc->cf)) {
		ask_for_proof(step, address, &none, PTN_FLOW_MAIL_CODE);
		return PTN_OK;
	}
	r = ptn_addresses_add_in(step->sc, &step->by->sub, address, &made,
	    &what);
	if (r == PTN_OK && what == PTN_ADDRESSES_OWNED) {
		ptn_flow_step_wrong(step, 0, PTN_FLOW_E_TAKEN);
		return PTN_OK;
	}
	return settle(step, r, what);
}

/* One that another has goes the same way, unless it may be told. */
enum ptn_err
ptn_flow_profile_add_address(struct ptn_flow_step *step)
{
	const char *address = step->in[0].text;
	struct ptn_user_ref owner;
	enum ptn_err r;

	r = ptn_user_by_address(step->sc, address, &owner);
	if (r == PTN_E_NOT_FOUND)
		return add_new(step, address);
	if (r != PTN_OK)
		return r;
	if (ptn_uuid_equal(&owner.id, &step->by->sub) ||
	    ptn_policy_tells_taken(step->sc->cf))
		ptn_flow_step_wrong(step, 0, PTN_FLOW_E_TAKEN);
	else
		ask_for_proof(step, address, &owner.email_id,
		    PTN_FLOW_MAIL_TAKEN);
	return PTN_OK;
}

enum ptn_err
ptn_flow_profile_verify(struct ptn_flow_step *step)
{
	const struct ptn_email *email = find(step);

	if (email == NULL)
		step->error = PTN_FLOW_E_NOT_FOUND;
	else
		ask_for_proof(step, email->address, &email->id,
		    PTN_FLOW_MAIL_CODE);
	return PTN_OK;
}

enum ptn_err
ptn_flow_profile_choose_primary(struct ptn_flow_step *step)
{
	const struct ptn_email *email = find(step);
	enum ptn_addresses_result what = PTN_ADDRESSES_UNKNOWN;
	enum ptn_err r = PTN_OK;

	if (email != NULL)
		r = ptn_addresses_make_primary_in(step->sc, &step->by->sub,
		    &email->id, &what);
	return settle(step, r, what);
}

/*
 * Where none may go none is named: then it is judged here, and clients of Hanko
 * are told nothing at the input.  What is guarded is the rule's to refuse,
 * which notes it.
 */
static void
judge_drop(struct ptn_flow_step *step, const struct ptn_email *email)
{
	if (email == NULL)
		step->error = PTN_FLOW_E_FORM;
	else if (!ptn_flow_person_may_drop(step, email) &&
	    ptn_policy_remove_address(step->sc->cf, &step->person->membership,
		&email->id))
		step->error = PTN_FLOW_E_FORBIDDEN;
}

enum ptn_err
ptn_flow_profile_drop_address(struct ptn_flow_step *step)
{
	const struct ptn_email *email = find(step);
	enum ptn_addresses_result what;
	enum ptn_err r;

	judge_drop(step, email);
	if (step->error != PTN_FLOW_E_NONE)
		return PTN_OK;
	r = ptn_addresses_remove_in(step->sc, &step->by->sub, &email->id,
	    step->person->profile.emails == 1, &what);
	return settle(step, r, what);
}

/* It may have come to another meanwhile; or they have enough by now.  The user
 * is locked. */
enum ptn_err
ptn_flow_profile_proved(struct ptn_flow_step *step)
{
	const struct ptn_scope *sc = step->sc;
	struct ptn_flow_stash *stash = &step->flow->stash;
	struct ptn_addresses_proof p = { .user_id = step->by->sub,
		.email_id = stash->email_id,
		.by = &step->by->sub };
	enum ptn_addresses_result what;
	enum ptn_err r;

	stash->proved = false;
	r = ptn_uuid_is_nil(&stash->email_id)
	    ? ptn_addresses_prove_new(sc, &p, stash->address, &what)
	    : ptn_addresses_prove(sc, &p, &what);
	return settle(step, r, what);
}
