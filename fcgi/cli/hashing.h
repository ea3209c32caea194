#ifndef PTN_CLI_HASHING_H
#define PTN_CLI_HASHING_H

#include <stdint.h>

#include "lib/base/err.h"

struct ptn_conf;

/*
 * What a password costs on this host, with the costs of a configuration:
 * computed as the server does, in a gate of its own.
 */
enum ptn_cli_hashing {
	PTN_CLI_HASHING_MAKE,	/* as a sign-up: by the library */
	PTN_CLI_HASHING_VERIFY, /* as a log-in: see ptn_pwhash_begin() */
	PTN_CLI_HASHING__MAX
};

/*
 * Of n, or as many as a second is enough for, what the quickest took of a
 * processor; and how many slots the gate has.
 */
enum ptn_err ptn_cli_hashing_us(const struct ptn_conf *cf,
    enum ptn_cli_hashing what, int n, int64_t *us) PTN_MUST_USE;
enum ptn_err ptn_cli_hashing_slots(const struct ptn_conf *cf,
    int *slots) PTN_MUST_USE;

/* How many in a thousand seconds, of as many processes, for so long. */
enum ptn_err ptn_cli_hashing_rate(const struct ptn_conf *cf,
    enum ptn_cli_hashing what, int processes, int64_t ms,
    int64_t *per_1000_s) PTN_MUST_USE;

#endif
