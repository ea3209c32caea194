#ifndef PTN_DFNS_CODE_H
#define PTN_DFNS_CODE_H

#include <stdbool.h>

#include "lib/account/passcode.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/dfns/denial.h"

/*
 * One-time codes that people read in a mail or on a screen, and type.
 *
 * A mail code has 16 digits (53 bits) and is shown as "1234-1234-1234-1234".  A
 * credential code has nine letters and digits, without those that look alike
 * (45 bits), and is shown as "A7U-KY6-9PT".  A MAC of the normal form is stored
 * and compared: without hyphens, in capital letters.
 */
enum ptn_dfns_code_form {
	PTN_DFNS_CODE_MAIL,
	PTN_DFNS_CODE_CREDENTIAL,
	PTN_DFNS_CODE__MAX
};

#define PTN_DFNS_CODE_STR 20	   /* 16 characters, 3 hyphens and the NUL */
#define PTN_DFNS_CODE_TYPED_MAX 64 /* bytes; a longer text is not a code */

/* Draw a code at random (all are equally likely), as it is shown. */
void ptn_dfns_code_draw(enum ptn_dfns_code_form form,
    char out[PTN_DFNS_CODE_STR]);

/*
 * The normal form of a text that somebody typed.  For a mail code everything
 * but digits is dropped; for a credential code hyphens and spaces are dropped,
 * and small letters become capitals.  Returns false, with out empty, if the
 * result is not a code of this form.
 */
bool ptn_dfns_code_normal(enum ptn_dfns_code_form form, struct ptn_bytes typed,
    char out[PTN_DFNS_CODE_STR]) PTN_MUST_USE;

/*
 * Check a mail code that somebody typed.  The work is the same for every user
 * and every text.
 *
 * user		an id that nothing has, if the name that was given is not known
 *		or must not log in: then no code is right
 * use		what becomes of a code that is right
 * sent_to	as of ptn_code_check()
 */
enum ptn_err ptn_dfns_code_check(const struct ptn_scope *sc,
    const struct ptn_uuid *user, enum ptn_code_kind kind,
    struct ptn_bytes typed, enum ptn_code_use use, struct ptn_uuid *sent_to,
    enum ptn_passcode_result *out) PTN_MUST_USE;

/* The same.  PTN_E_DENIED, with d: it is wrong. */
enum ptn_err ptn_dfns_code_use(const struct ptn_scope *sc,
    const struct ptn_uuid *user, enum ptn_code_kind kind,
    struct ptn_bytes typed, enum ptn_code_use use,
    struct ptn_dfns_denial *d) PTN_MUST_USE;

#endif
