#ifndef PTN_CLI_SNIPPET_H
#define PTN_CLI_SNIPPET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"

struct ptn_conf;

/* The example for a web server, as it is in etc/WEB/postern.conf. */
struct ptn_snippet_text {
	const char *web; /* apache, lighttpd, nginx */
	const char *text;
};
extern const struct ptn_snippet_text ptn_snippet_texts[];
extern const size_t ptn_snippet_texts_n;

/* Is there an example for that web server? */
bool ptn_snippet_is(const char *web);

/* The one web server that is installed here; NULL if none or several are. */
const char *ptn_snippet_installed(void);

/* The group that a web server runs as here, or NULL. */
const char *ptn_snippet_group(const char *web);

/*
 * Write the example for a web server with the base path and the socket of a
 * configuration put in.
 *
 * brief	without its comments
 *
 * Returns PTN_OK, PTN_E_NOT_FOUND (no such web server), PTN_E_NOMEM, and
 * PTN_E_UNPROCESSABLE where we listen on something else than a unix socket.
 */
enum ptn_err ptn_snippet_print(struct ptn_arena *a, const struct ptn_conf *cf,
    const char *web, bool brief, FILE *out) PTN_MUST_USE;

/*
 * Have nginx include the example, where a package has put it: at the beginning
 * of the server { } that is called as the site is; else of the default one, or
 * of the only one.  Where several are as good, it is all of those that speak
 * TLS if the site does, or all.  One that has it already is left as it is.
 *
 * where	a configuration file, or a folder of them, as sites-enabled
 *
 * What is done, or is wrong, is said.  Returns PTN_OK; PTN_E_NOT_FOUND (no such
 * file, or server), PTN_E_INPUT (it is not understood), PTN_E_TOO_LARGE,
 * PTN_E_NOMEM, PTN_E_INTERNAL (it cannot be read or written).
 */
enum ptn_err ptn_snippet_into(struct ptn_arena *a, const struct ptn_conf *cf,
    const char *where) PTN_MUST_USE;

/*
 * Write what to do with it: the commands, one a line.  Where the example lies
 * in its place already, as a package has put it there, the first is left out.
 *
 * options	of postern, each with a space in front
 */
void ptn_snippet_advise(struct ptn_arena *a, const struct ptn_conf *cf,
    const char *web, const char *options, FILE *out);

#endif
