#include "fcgi/family.h"

#include <string.h>

const struct ptn_family *
ptn_family_of(const struct ptn_conf *cf, const char *path)
{
	const struct ptn_family *const *f = ptn_families;

	while ((*f)->prefix[0] != '\0' &&
	    (!(*f)->on(cf) ||
		strncmp(path, (*f)->prefix, strlen((*f)->prefix)) != 0))
		f++;
	return *f;
}
