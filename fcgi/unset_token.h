#ifndef PTN_UNSET_TOKEN_H
#define PTN_UNSET_TOKEN_H

#include <stdbool.h>

/*
 * The token of who may set this up by the web: a file "setup-token" in the
 * folder where the configuration will be.  It counts if that folder is not one
 * of the site, and the file of the user that we run as, with one name, and
 * nobody else's to read (0600 or less), at most an hour old and not of the
 * future, and one line of at least 128 bits; after five wrong tries it is gone.
 *
 * The name has no ending: where a web server stands before another one, it
 * often hands out what ends in ".txt" itself, and asks nobody.
 */

/*
 * Is that the token?  A wrong try is counted, before it is compared, and the
 * comparison takes the same time however much of it is right.  Why a file does
 * not count is told to the log alone.
 *
 * conf_path	as for ptn_conf_load()
 * site		the folder that the web server hands out, or NULL: not known
 */
bool ptn_unset_token_is(const char *conf_path, const char *site,
    const char *given);

/* It was used, or others may know it: there is none any more. */
void ptn_unset_token_spend(const char *conf_path);

#endif
