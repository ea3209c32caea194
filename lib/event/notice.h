#ifndef PTN_EVENT_NOTICE_H
#define PTN_EVENT_NOTICE_H

#include <stdbool.h>

#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

/* What there is to tell by mail: notice.def. */
enum ptn_notice {
	PTN_NOTICE_NONE = 0,
#define PTN_NOTICE(name, mail) PTN_NOTICE_##name,
#define PTN_NOTICE_LIKE PTN_NOTICE
#include "lib/event/notice.def"
	PTN_NOTICE__MAX
};

/* Whom to tell. */
struct ptn_notice_to {
	const char *address;	 /* NULL: they have none */
	bool verified;		 /* one that is not gets nothing */
	const char *username;	 /* who they are there */
	const char *service;	 /* who it is from; NULL: service.name */
	struct ptn_uuid subject; /* whom a command is about; or nil */
};

/*
 * Queue it, inside the transaction of what it tells of: for event.c alone.
 * Whoever has no proved address, and where no mail is sent at all, gets none.
 */
enum ptn_err ptn_notice_put(const struct ptn_scope *sc, enum ptn_notice what,
    const struct ptn_notice_to *to) PTN_MUST_USE;

#endif
