#ifndef PTN_FORMAT_CLAIMTEXT_H
#define PTN_FORMAT_CLAIMTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/bytes.h"
#include "lib/base/err.h"

/*
 * A text of session.jwt_template.claims: what stands between {{ and }} names
 * something of the user, in the syntax of the files that Hanko reads, as far as
 * it can be told beforehand that it will be there.
 *
 *	{{ .User.UserID }}
 *	{{ .User.Email.Address }}  .IsPrimary  .IsVerified
 *	{{ .User.Username }}
 *	{{ .User.Metadata.Public "a.b" }}	names of members, by dots
 *	{{ .User.Metadata.Unsafe "a.b" }}
 */
enum ptn_claimtext_what {
	PTN_CLAIMTEXT_LITERAL = 0,
	PTN_CLAIMTEXT_USER_ID,
	PTN_CLAIMTEXT_ADDRESS,
	PTN_CLAIMTEXT_PRIMARY,	/* a boolean */
	PTN_CLAIMTEXT_VERIFIED, /* a boolean */
	PTN_CLAIMTEXT_USERNAME,
	PTN_CLAIMTEXT_PUBLIC, /* whatever an operator has made of it */
	PTN_CLAIMTEXT_UNSAFE, /* whatever its owner has made of it */
	PTN_CLAIMTEXT__MAX
};

struct ptn_claimtext_part {
	enum ptn_claimtext_what what;
	struct ptn_bytes text; /* of LITERAL; of metadata: the path */
};

#define PTN_CLAIMTEXT_PARTS 16
#define PTN_CLAIMTEXT_TOKEN_MAX 1024 /* bytes of all claims of a token */

struct ptn_claimtext {
	struct ptn_claimtext_part part[PTN_CLAIMTEXT_PARTS];
	size_t n; /* 0: the empty text */
};

/*
 * Take a text apart; the parts borrow from it.
 *
 * why	on PTN_E_INPUT what is wrong with it, static
 *
 * A text that begins as an object or an array does and names something is
 * refused: what is put into it could end a string there, and add members.
 */
enum ptn_err ptn_claimtext_read(const char *text, struct ptn_claimtext *out,
    const char **why) PTN_MUST_USE;

/* Does a path belong to it? */
bool ptn_claimtext_is_metadata(enum ptn_claimtext_what what);

/* Is a name of the payload, or of what is told of it, one of the server's? */
bool ptn_claimtext_is_ours(struct ptn_bytes name);

#endif
