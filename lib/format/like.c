#include "lib/format/like.h"

#include <string.h>

enum ptn_err
ptn_like_part(struct ptn_arena *a, const char *part, const char **out)
{
	struct ptn_buf b;

	*out = NULL;
	if (part == NULL)
		return PTN_OK;
	ptn_buf_init(&b, a);
	ptn_buf_char(&b, '%');
	for (; *part != '\0'; part++) {
		if (strchr("%_!", *part) != NULL)
			ptn_buf_char(&b, '!');
		ptn_buf_char(&b,
		    (char)(*part >= 'A' && *part <= 'Z' ? *part + ('a' - 'A')
							: *part));
	}
	ptn_buf_char(&b, '%');
	ptn_buf_char(&b, '\0');
	*out = b.p;
	return b.bad ? PTN_E_NOMEM : PTN_OK;
}
