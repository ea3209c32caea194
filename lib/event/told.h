#ifndef PTN_EVENT_TOLD_H
#define PTN_EVENT_TOLD_H

#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

struct ptn_outbox_mail;
struct ptn_session_told_out;

/*
 * What webhooks are told of users, sessions and mails, as JSON in the arena,
 * in the words that their receivers know.  Nothing that lets anybody in: no
 * hash, no secret, no code.
 */

/* Bytes of what is told of a user. */
#define PTN_TOLD_MAX ((size_t)64 * 1024)

/*
 * With where the request came from, if one acts and that is kept at all.  Of
 * what is longer than PTN_TOLD_MAX the credentials are left out, then the
 * metadata, and then all but the id; which the log says.
 */
enum ptn_err ptn_told_user(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const char **json) PTN_MUST_USE;

enum ptn_err ptn_told_session(const struct ptn_scope *sc,
    const struct ptn_session_told_out *row, const char **json) PTN_MUST_USE;

/* Without its subject and text, since a code may stand in them. */
enum ptn_err ptn_told_mail(const struct ptn_scope *sc,
    const struct ptn_outbox_mail *mail, const char **json) PTN_MUST_USE;

#endif
