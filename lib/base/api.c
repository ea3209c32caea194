#include "lib/base/api.h"

#include <string.h>

static const struct {
	const char *name;
	const char *title;
} apis[PTN_API__MAX] = {
	[PTN_API_HANKO] = { "hanko", "Hanko API" },
	[PTN_API_DFNS] = { "dfns", "Dfns API" },
};

const char *
ptn_api_name(enum ptn_api api)
{
	return apis[api].name;
}

enum ptn_api
ptn_api_of(const char *name)
{
	return strcmp(name, apis[PTN_API_DFNS].name) == 0 ? PTN_API_DFNS
							  : PTN_API_HANKO;
}

const char *
ptn_api_title(enum ptn_api api)
{
	return apis[api].title;
}
