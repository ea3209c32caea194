#ifndef PTN_DFNS_MANAGE_SERVICE_H
#define PTN_DFNS_MANAGE_SERVICE_H

#include <stdbool.h>

#include "lib/base/err.h"
#include "lib/db/scope.h"
#include "lib/dfns/manage.h"
#include "lib/dfns/service.h"

/*
 * What owners do to the service accounts of their organisation (manage.h).
 * They are switched on, off and put away as people are, with
 * manage.service_account set.
 */
struct ptn_dfns_manage_service {
	struct ptn_dfns_manage manage; /* who and person: the account */
	/* Given to create: name, and pem and ttl_s of its token. */
	struct ptn_service_new account;
	bool owner; /* it will manage the organisation, too */
	/* Given to change; NULL: it stays. */
	const char *name;
	const char *external_id; /* to create, too */
};

/*
 * Make one.  PTN_E_INPUT: that cannot be its name; PTN_E_UNPROCESSABLE: that is
 * no key; PTN_E_DENIED, where it has the name of somebody without using up the
 * action.
 */
enum ptn_err ptn_dfns_manage_service_create(const struct ptn_scope *sc,
    struct ptn_dfns_manage_service *s) PTN_MUST_USE;

/* Change name and external id; the token says the name that it had.  As above.
 */
enum ptn_err ptn_dfns_manage_service_change(const struct ptn_scope *sc,
    struct ptn_dfns_manage_service *s) PTN_MUST_USE;

#endif
