#ifndef PTN_DFNS_CODEMAIL_H
#define PTN_DFNS_CODEMAIL_H

#include "lib/account/passcode.h"
#include "lib/base/err.h"
#include "lib/db/scope.h"
#include "lib/dfns/denial.h"
#include "lib/event/outbox.h"

/*
 * Codes that are sent by mail.  Anybody may ask for one, for any name, so the
 * request only stores the wish in the outbox, in the same way for every name.
 * The courier finds out later whether there is such a member, whether they may
 * have a code, and how many they got lately.  Neither the answer to the request
 * nor the time it takes depends on that.
 */
struct ptn_codemail {
	enum ptn_code_kind kind;
	const char *username; /* as the client wrote it */
	const char *locale;   /* the language of the mail */
	const char *address;  /* of the client; the mail shows it; or NULL */
};

/* Store a wish for a code.  One INSERT; the tenant need not exist. */
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
 * Serve an item of PTN_OUTBOX_DFNS_CODE that the courier has claimed.  If the
 * member may have a code, the code and its mail replace the wish in one
 * transaction; otherwise the wish is deleted.
 */
enum ptn_err ptn_codemail_serve(const struct ptn_scope *sc,
    const struct ptn_outbox_item *item) PTN_MUST_USE;

#endif
