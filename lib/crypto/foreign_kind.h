#ifndef PTN_CRYPTO_FOREIGN_KIND_H
#define PTN_CRYPTO_FOREIGN_KIND_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/crypto/foreign.h"

/* What the table of foreign.c has of a kind, for those files alone. */

/* How a hash is written: as the text it was, or otherwise. */
enum ptn_foreign_kind_form {
	PTN_FOREIGN_TEXT,
	PTN_FOREIGN_LENGTH,
	PTN_FOREIGN_LDAP,
	PTN_FOREIGN_SIGNED
};

/* A row of that table; who parses and who writes look into it. */
struct ptn_foreign_parsing;
struct ptn_foreign_kind {
	const char *name;
	const char *prefix;
	bool (*parse)(struct ptn_foreign_parsing *p, struct ptn_foreign *f);
	enum ptn_err (*compute)(const struct ptn_foreign *f,
	    const struct ptn_hashgate_slot *slot, struct ptn_bytes pw,
	    struct ptn_foreign_digest *out);
	size_t core;
	enum ptn_foreign_kind_form form;
};

#endif
