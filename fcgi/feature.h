#ifndef PTN_FEATURE_H
#define PTN_FEATURE_H

#include <stdbool.h>

struct ptn_conf;

/*
 * The switches of the configuration that routes and families hang on: does
 * the configuration have this?
 */
typedef bool (*ptn_feature)(const struct ptn_conf *cf);

bool ptn_feature_always(const struct ptn_conf *cf);
/* Operators log in by a passkey. */
bool ptn_feature_operators(const struct ptn_conf *cf);
bool ptn_feature_passcodes(const struct ptn_conf *cf);
bool ptn_feature_passwords(const struct ptn_conf *cf);
bool ptn_feature_passkeys(const struct ptn_conf *cf);
bool ptn_feature_deletion(const struct ptn_conf *cf);
bool ptn_feature_sessions(const struct ptn_conf *cf);
bool ptn_feature_revocation(const struct ptn_conf *cf);
bool ptn_feature_dfns(const struct ptn_conf *cf);
bool ptn_feature_dfns_mail(const struct ptn_conf *cf);

#endif
