#ifndef PTN_FORMAT_DFNSID_H
#define PTN_FORMAT_DFNSID_H

#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"

/*
 * The other spelling of a UUID: a prefix for what it names, and its 128 bits
 * as 26 digits of base32hex (RFC 4648 section 7, lower case, most significant
 * first), split 5-5-16: "us-2ba0h-lvp2q-8v1860pcj1bh5irf".
 */
#define PTN_DFNSID_STR 34 /* 33 characters at most, and the NUL */
#define PTN_DFNSID_MAX 64 /* of what is looked at */

enum ptn_dfnsid_kind {
	PTN_DFNSID_ORG,	       /* "or" */
	PTN_DFNSID_USER,       /* "us", people and service accounts */
	PTN_DFNSID_CREDENTIAL, /* "cr" */
	PTN_DFNSID_APP,	       /* "ap" */
	PTN_DFNSID_TOKEN,      /* "to" */
	PTN_DFNSID_PERMISSION, /* "pm" */
	PTN_DFNSID_ASSIGNMENT, /* "as" */
	PTN_DFNSID_CHALLENGE,  /* "ch" */
	PTN_DFNSID_KEY,	       /* "ci", the key of a token */
	PTN_DFNSID_ACCOUNT,    /* "acct" */
	PTN_DFNSID__MAX
};

void ptn_dfnsid_format(enum ptn_dfnsid_kind kind, const struct ptn_uuid *u,
    char out[PTN_DFNSID_STR]);

/*
 * Read an id of one kind; u is the nil UUID unless PTN_OK.
 *
 * PTN_E_INPUT		not 1..64 letters of ASCII, digits and hyphens
 * PTN_E_NOT_FOUND	nothing that ptn_dfnsid_format() writes, or the id of
 *			another kind; to be answered like the id of nothing
 */
enum ptn_err ptn_dfnsid_parse(enum ptn_dfnsid_kind kind, struct ptn_bytes text,
    struct ptn_uuid *u) PTN_MUST_USE;

#endif
