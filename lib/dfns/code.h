#ifndef PTN_DFNS_CODE_H
#define PTN_DFNS_CODE_H

#include <stdbool.h>

#include "lib/account/passcode.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

/*
 * One-time codes that people read from a mail or a screen and type.
 *
 * A mail code has 16 digits (53 bits), shown "1234-1234-1234-1234"; a
 * credential code has nine characters of an alphabet without look-alikes (45
 * bits), shown "A7U-KY6-9PT".  What is stored and compared is a MAC of the
 * normal form: no separators, capital letters.
 */
enum ptn_dfns_code_form {
	PTN_DFNS_CODE_MAIL,
	PTN_DFNS_CODE_CREDENTIAL,
	PTN_DFNS_CODE__MAX
};

#define PTN_DFNS_CODE_STR 20	   /* 16 characters, 3 hyphens and the NUL */
#define PTN_DFNS_CODE_TYPED_MAX 64 /* bytes of input that are looked at */

/* Draw a code, uniformly, as it is shown. */
void ptn_dfns_code_draw(enum ptn_dfns_code_form form,
    char out[PTN_DFNS_CODE_STR]);

/*
 * The normal form of what somebody typed.  Of a mail code everything but
 * digits is dropped; of a credential code hyphens and spaces are, and small
 * letters stand for capitals.  False, with out empty, if the rest is not
 * exactly a code of this form.
 */
bool ptn_dfns_code_normal(enum ptn_dfns_code_form form, struct ptn_bytes typed,
    char out[PTN_DFNS_CODE_STR]) PTN_MUST_USE;

/*
 * Check a mail code that somebody typed.  The work is the same for every user
 * and every text.
 *
 * user		NULL: no code is right, because the name that was given is not
 *		known or must not log in
 * keep		a code that is right stays (ptn_code_check())
 */
enum ptn_err ptn_dfns_code_check(const struct ptn_scope *sc,
    const struct ptn_uuid *user, enum ptn_code_kind kind,
    struct ptn_bytes typed, bool keep,
    enum ptn_passcode_result *out) PTN_MUST_USE;

#endif
