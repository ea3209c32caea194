#ifndef PTN_UNSET_H
#define PTN_UNSET_H

/*
 * Serve the socket on descriptor 0, which a web server made, while there is no
 * configuration: whatever is asked, the answer is 503 and one sentence that
 * tells nothing.  Goes when there is one, so that the web server starts a
 * process that reads it.
 *
 * conf_path	as for ptn_conf_load()
 *
 * Returns the exit status.
 */
int ptn_unset_serve(const char *conf_path);

#endif
