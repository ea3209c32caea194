#ifndef PTN_UNSET_PAGE_H
#define PTN_UNSET_PAGE_H

#include "fcgi/unset_form.h"

/*
 * The pages of the set-up by the web, whole answers from "Status:" on, in the
 * arena; NULL if that is full.  They need no script, and keep nothing: not in
 * a cache, not in a referrer.
 */

/* The form, with what was typed but for passwords, and what is wrong in it. */
const char *ptn_unset_page_form(const struct ptn_unset_form *f,
    struct ptn_arena *a);

/* It is set up; conf is the configuration, and what is left to do. */
const char *ptn_unset_page_done(const struct ptn_unset_form *f,
    struct ptn_arena *a, const char *conf);

/* It takes long, and goes on without them. */
const char *ptn_unset_page_works(struct ptn_arena *a);

/* Somebody else is at it, or was quicker. */
const char *ptn_unset_page_other(struct ptn_arena *a);

#endif
