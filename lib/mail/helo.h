#ifndef PTN_MAIL_HELO_H
#define PTN_MAIL_HELO_H

#include "lib/format/helo.h"

/*
 * What this host may call itself to the server at host and port: the name that
 * it has in the network, if that is fully qualified, else the literal of the
 * address that packets to there come from.  Asks the resolver, sends nothing.
 */
void ptn_helo_own(const char *host, const char *port,
    char out[PTN_HELO_MAX + 1]);

#endif
