#ifndef PTN_DFNS_CODEMAIL_H
#define PTN_DFNS_CODEMAIL_H

#include "lib/account/passcode.h"
#include "lib/base/err.h"
#include "lib/db/scope.h"
#include "lib/dfns/denial.h"
#include "lib/event/outbox.h"

/*
 * Codes that anybody may ask for, for any name.  What a request leaves is one
 * row of the outbox, the same for every name; whether there is such a member,
 * whether they may have a code, and how many they got lately, is found out
 * later, by the courier.  So the answer cannot tell, nor the time it takes.
 */
struct ptn_codemail {
	enum ptn_code_kind kind;
	const char *username; /* as asked for */
	const char *locale;
	const char *address; /* of the client; told to who gets the code */
};

/* Ask for a code, of a tenant that need not exist: one INSERT. */
enum ptn_err ptn_codemail_want(const struct ptn_scope *sc,
    const struct ptn_codemail *w) PTN_MUST_USE;

/*
 * The same for a request that anybody may make, with its event.
 *
 * org	as the client wrote it
 * sc	gets the tenant, and its actor the user, if denials disclose accounts
 *	and they are known.
 *
 * PTN_E_DENIED: only if denials disclose accounts (denial.h), and never for a
 * registration code, of which the documented answer says nothing either.
 */
enum ptn_err ptn_codemail_request(struct ptn_scope *sc, const char *org,
    const struct ptn_codemail *w, struct ptn_dfns_denial *d) PTN_MUST_USE;

/*
 * Grant a claimed item of PTN_OUTBOX_DFNS_CODE or not: the code, and the mail
 * that brings it, take the place of the row in one transaction; or the row goes
 * alone.
 */
enum ptn_err ptn_codemail_serve(const struct ptn_scope *sc,
    const struct ptn_outbox_item *item) PTN_MUST_USE;

#endif
