#include "fcgi/side.h"

const char *const ptn_side_names[PTN_SIDE__MAX] = {
	[PTN_PUBLIC] = "public",
	[PTN_ADMIN] = "admin",
	[PTN_AUTHORIZER] = "authorizer",
};
