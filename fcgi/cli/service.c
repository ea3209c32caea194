#include "fcgi/cli/service.h"

#include <stdio.h>
#include <unistd.h>

bool
ptn_service_has_systemd(void)
{
	return access("/run/systemd/system", F_OK) == 0;
}

static bool
has_script(const char *service)
{
	char path[PTN_SERVICE_MAX];

	(void)snprintf(path, sizeof(path), "/etc/init.d/%s", service);
	return access(path, X_OK) == 0;
}

bool
ptn_service_command(const char *service, const char *verb,
    char out[PTN_SERVICE_MAX])
{
	out[0] = '\0';
	if (ptn_service_has_systemd())
		(void)snprintf(out, PTN_SERVICE_MAX, "systemctl %s %s", verb,
		    service);
	else if (has_script(service))
		(void)snprintf(out, PTN_SERVICE_MAX, "service %s %s", service,
		    verb);
	return out[0] != '\0';
}
