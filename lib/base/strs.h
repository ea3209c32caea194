#ifndef PTN_BASE_STRS_H
#define PTN_BASE_STRS_H

#include <stddef.h>

/* A list of strings; whoever holds it says who owns them. */
struct ptn_strs {
	char **v;
	size_t n;
};

#endif
