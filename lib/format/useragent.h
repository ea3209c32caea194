#ifndef PTN_FORMAT_USERAGENT_H
#define PTN_FORMAT_USERAGENT_H

#include <stdbool.h>

#define PTN_USERAGENT_MAX 64

/*
 * What a browser says it is (User-Agent, RFC 9110 section 10.1.5), for people
 * who look for one of theirs: "Linux (Firefox)".  By the names that are known
 * here, and never by what it sent.  False: neither system nor browser is one
 * of them.
 */
bool ptn_useragent_digest(const char *agent, char digest[PTN_USERAGENT_MAX]);

#endif
