#include "lib/base/api.h"

static const char *const names[PTN_API__MAX] = {
	[PTN_API_HANKO] = "hanko",
	[PTN_API_DFNS] = "dfns",
};

const char *
ptn_api_name(enum ptn_api api)
{
	return names[api];
}
