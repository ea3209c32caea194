#ifndef PTN_CLI_SERVICE_H
#define PTN_CLI_SERVICE_H

#include <stdbool.h>
#include <stddef.h>

#define PTN_SERVICE_MAX 128 /* of a command */

/* Is it systemd that starts services on this host? */
bool ptn_service_has_systemd(void);

/*
 * The command by which an administrator of this host does something with a
 * service: by systemd, or by the script in /etc/init.d where there is one.
 *
 * verb	reload, restart, start
 *
 * Returns false, and an empty string, if the host has neither.
 */
bool ptn_service_command(const char *service, const char *verb,
    char out[PTN_SERVICE_MAX]);

#endif
