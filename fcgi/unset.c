#include "fcgi/unset.h"

#include <stdbool.h>
#include <unistd.h>

#include "fcgi/gateway.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"

/* The same for everybody, whatever they ask. */
static const char answer[] = "Status: 503 Service Unavailable\r\n"
			     "Content-Type: text/plain; charset=utf-8\r\n"
			     "Cache-Control: no-store\r\n"
			     "X-Content-Type-Options: nosniff\r\n"
			     "Retry-After: 60\r\n"
			     "\r\n"
			     "This service is not set up yet.\n";

int
ptn_unset_serve(const char *conf_path)
{
	struct ptn_gateway *gw;
	bool is_there = false;

	ptn_log_init(PTN_LOG_INFO, "serve");
	if (ptn_gateway_new(&gw) != PTN_OK)
		return 1;
	ptn_warn("there is no configuration yet: all requests get 503");
	while (!is_there) {
		if (!ptn_gateway_await(gw, STDIN_FILENO))
			continue;
		is_there = ptn_conf_is_there(conf_path);
		ptn_gateway_put(gw, answer);
	}
	ptn_gateway_free(&gw);
	return 0;
}
