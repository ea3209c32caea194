#ifndef PTN_EVENT_NOTICE_H
#define PTN_EVENT_NOTICE_H

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/conf/conf.h"
#include "lib/crypto/secrets.h"
#include "lib/db/db.h"
#include "lib/db/scope.h"

/*
 * Mail that tells somebody what was done to their account, so that they learn
 * of it if it was not them.  It goes to their verified address; who has none,
 * or where no mail is sent at all, gets none.
 */
enum ptn_notice_of {
	PTN_NOTICE_CREDENTIAL, /* a credential was added */
	PTN_NOTICE_RECOVERED,  /* all of them were replaced */
	PTN_NOTICE__MAX
};

struct ptn_notice {
	enum ptn_notice_of what;
	const char *service; /* who it is from; NULL: service.name */
	const char *address; /* verified; NULL: they have none */
	const char *username;
	const char *locale; /* a tag of locale.h */
};

/* Queue it, inside the transaction of what it tells of. */
enum ptn_err ptn_notice_put(const struct ptn_scope *sc,
    const struct ptn_notice *n) PTN_MUST_USE;

#endif
