#ifndef PTN_SIDE_H
#define PTN_SIDE_H

/*
 * The sockets: what the world may ask, what only the operator may, and one
 * that takes the authorizer role of FastCGI and nothing else.
 */
enum ptn_side { PTN_PUBLIC = 0, PTN_ADMIN, PTN_AUTHORIZER, PTN_SIDE__MAX };

/* What they are called in logs, metrics and by systemd. */
extern const char *const ptn_side_names[PTN_SIDE__MAX];

#endif
