#include "lib/base/err.h"

#include <stddef.h>

static const char *const names[PTN_E__MAX] = {
	[PTN_OK] = "ok",
	[PTN_E_INPUT] = "input",
	[PTN_E_DENIED] = "denied",
	[PTN_E_FORBIDDEN] = "forbidden",
	[PTN_E_NOT_FOUND] = "not_found",
	[PTN_E_METHOD] = "method",
	[PTN_E_EXPIRED] = "expired",
	[PTN_E_CONFLICT] = "conflict",
	[PTN_E_GONE] = "gone",
	[PTN_E_TOO_LARGE] = "too_large",
	[PTN_E_MEDIA] = "media",
	[PTN_E_UNPROCESSABLE] = "unprocessable",
	[PTN_E_RATE] = "rate",
	[PTN_E_BUSY] = "busy",
	[PTN_E_UNAVAILABLE] = "unavailable",
	[PTN_E_RETRY] = "retry",
	[PTN_E_NOMEM] = "nomem",
	[PTN_E_CONFIG] = "config",
	[PTN_E_INTERNAL] = "internal",
};

const char *
ptn_err_name(enum ptn_err r)
{
	if ((unsigned)r >= PTN_E__MAX || names[r] == NULL)
		return "unknown";
	return names[r];
}
