#ifndef PTN_BASE_ARRAY_H
#define PTN_BASE_ARRAY_H

/* How many elements an array has; not for pointers. */
#define PTN_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
