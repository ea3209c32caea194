#ifndef PTN_UNSET_RUN_H
#define PTN_UNSET_RUN_H

#include "fcgi/unset_form.h"

/* What became of a set-up. */
enum ptn_unset_run {
	PTN_UNSET_RUN_FAILED, /* nothing was changed; the form says why */
	PTN_UNSET_RUN_OTHER,  /* somebody else does it, or has done it */
	PTN_UNSET_RUN_WORKS,  /* it goes on, and takes long */
	PTN_UNSET_RUN_DONE    /* the configuration is there */
};

/*
 * Do what "postern setup" does with the answers of a form, in a process of its
 * own, where they are on no command line, and the passwords go through a pipe.
 *
 * conf_path, set	as for ptn_cli_setup()
 *
 * It ends the token when the configuration is in its place, whatever has become
 * of this process, or of the request, until then.
 *
 * What it said is in f->said; of a failure, f->error and f->problem are what
 * is to be told.
 */
enum ptn_unset_run ptn_unset_run(struct ptn_unset_form *f, struct ptn_arena *a,
    const char *conf_path, const char *const *set);

#endif
