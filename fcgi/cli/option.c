#include "fcgi/cli/option.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* "--name" as a word of its own, in whatever brackets. */
static bool
stands_in(const char *usage, const char *name, size_t len)
{
	const char *p;

	for (p = strstr(usage, "--"); p != NULL; p = strstr(p + 2, "--"))
		if (strncmp(p, name, len) == 0 &&
		    (p[len] == '\0' || strchr(" ]|=\n", p[len]) != NULL))
			return true;
	return false;
}

const char *
ptn_cli_option_unknown(const char *usage, int n, char *const *words)
{
	size_t len;
	int i;

	for (i = 0; i < n; i++) {
		len = strcspn(words[i], "=");
		if (strncmp(words[i], "--", 2) == 0 && len > 2 &&
		    !stands_in(usage, words[i], len))
			return words[i];
	}
	return NULL;
}
