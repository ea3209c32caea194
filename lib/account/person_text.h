#ifndef PTN_ACCOUNT_PERSON_TEXT_H
#define PTN_ACCOUNT_PERSON_TEXT_H

#include "lib/base/arena.h"
#include "lib/base/err.h"

struct ptn_jsonw;

/* What a person is called, and looks like; NULL: not told. */
enum ptn_person_text {
	PTN_PERSON_NAME = 0,
	PTN_PERSON_GIVEN_NAME,
	PTN_PERSON_FAMILY_NAME,
	PTN_PERSON_PICTURE, /* a URL */
	PTN_PERSON_TEXT__MAX
};
#define PTN_PERSON_NAME_MAX 255 /* characters: the columns */
#define PTN_PERSON_PICTURE_MAX 2048

/* What they are called in every format. */
extern const char *const ptn_person_text_names[PTN_PERSON_TEXT__MAX];

/*
 * One of them as it is kept: without the white space around it, in the arena;
 * *out NULL if nothing is left.  PTN_E_INPUT: it is too long, or a picture that
 * is no URL of http or https with a host, or one with somebody's password in
 * it.  PTN_E_NOMEM.
 */
enum ptn_err ptn_person_text_read(struct ptn_arena *a,
    enum ptn_person_text which, const char *in, const char **out) PTN_MUST_USE;

/* Those that there are, as members of an object. */
void ptn_person_text_write(struct ptn_jsonw *w,
    const char *const text[PTN_PERSON_TEXT__MAX]);

#endif
