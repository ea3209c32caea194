#ifndef PTN_UNSET_FORM_H
#define PTN_UNSET_FORM_H

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"

/* The fields of the form: a row each of the table in unset_form.c. */
enum ptn_unset_form_field {
	PTN_UNSET_TOKEN,
	PTN_UNSET_SENT, /* it is the form that comes, not the token alone */
	PTN_UNSET_URL,
	PTN_UNSET_NAME,
	PTN_UNSET_DB_HOST,
	PTN_UNSET_DB_NAME,
	PTN_UNSET_DB_USER,
	PTN_UNSET_DB_PASSWORD,
	PTN_UNSET_MAIL, /* "sendmail" or "smtp" */
	PTN_UNSET_MAIL_HOST,
	PTN_UNSET_MAIL_USER,
	PTN_UNSET_MAIL_PASSWORD,
	PTN_UNSET_MAIL_FROM,
	PTN_UNSET__MAX
};

/* What is asked, in words; a heading begins a group of questions. */
struct ptn_unset_form_question {
	const char *name;
	const char *heading; /* or NULL */
	const char *label;   /* NULL: not shown */
	const char *hint;
	const char *type;	  /* of HTML's input */
	const char *autocomplete; /* the same */
	const char *missing;	  /* what is said where it must not be empty */
};
extern const struct ptn_unset_form_question
    ptn_unset_form_questions[PTN_UNSET__MAX];

/* A form that came, and what is to be said of it. */
struct ptn_unset_form {
	const char *value[PTN_UNSET__MAX]; /* never NULL */
	const char *error[PTN_UNSET__MAX]; /* NULL: nothing wrong */
	const char *problem;		   /* of no one field; or NULL */
	const char *said;		   /* by the set-up; or NULL */
};

/* Read one; PTN_E_INPUT if it is none, PTN_E_NOMEM. */
enum ptn_err ptn_unset_form_read(struct ptn_unset_form *f, struct ptn_arena *a,
    struct ptn_bytes body) PTN_MUST_USE;

/* Are the answers such that a set-up can be tried?  Else f->error says why. */
bool ptn_unset_form_complete(struct ptn_unset_form *f);

/* Is it there to be sent by SMTP? */
bool ptn_unset_form_by_smtp(const struct ptn_unset_form *f);

#endif
