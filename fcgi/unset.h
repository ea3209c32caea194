#ifndef PTN_UNSET_H
#define PTN_UNSET_H

#include "lib/base/err.h"

/*
 * Serve the socket on descriptor 0, which a web server made, while there is no
 * configuration: whatever is asked, the answer is 503 and one sentence that
 * tells nothing.  But who posts the token of unset_token.h to "setup", below
 * wherever we are mounted, and by HTTPS, gets a form, and with its answers what
 * "postern setup" does is done.
 *
 * conf_path, set	as for ptn_conf_load()
 *
 * Returns PTN_OK when there is a configuration, with a request waiting on the
 * socket: whoever serves now takes it.  Else what kept it from starting.
 */
enum ptn_err ptn_unset_serve(const char *conf_path,
    const char *const *set) PTN_MUST_USE;

#endif
