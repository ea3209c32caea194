#include "lib/base/err.h"

static const char *const names[PTN_E__MAX] = {
	[PTN_OK] = "ok",
#define PTN_ERR(error, name) [PTN_E_##error] = (name),
#include "lib/base/err.def"
};

const char *
ptn_err_name(enum ptn_err r)
{
	return (unsigned)r < PTN_E__MAX ? names[r] : "unknown";
}
