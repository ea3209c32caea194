#include "lib/conf/conf_row.h"

#include <string.h>

#define KEY_MIN 32 /* characters */

/* It is a bearer token (RFC 6750 section 2.1) that cannot be guessed. */
void
ptn_conf_metrics_check(struct ptn_conf_load *ld)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789-._~+/";
	const char *key = ld->cf->metrics_key;
	const size_t len = strlen(key), start = strspn(key, letters);

	if (len > 0 &&
	    (len < KEY_MIN || start == 0 ||
		start + strspn(key + start, "=") < len))
		ptn_conf_fault(ld, &ld->cf->metrics_key,
		    "is no token of %d characters or more; \"openssl rand "
		    "-base64 32\" makes one",
		    KEY_MIN);
}
