#ifndef PTN_BASE_ARENA_H
#define PTN_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "lib/base/bytes.h"

/*
 * One bounded piece of memory a worker, wiped after every request.  What is
 * allocated from it lives until the next reset and is never freed alone.
 */
struct ptn_arena;

/* A new arena of at most max bytes; pages are touched only when used. */
struct ptn_arena *ptn_arena_new(size_t max);
void ptn_arena_free(struct ptn_arena **a);

/* Overwrite all that was handed out, and start again. */
void ptn_arena_reset(struct ptn_arena *a);

/*
 * Zeroed memory aligned for any type; NULL when the arena is full.
 * ptn_arena_calloc() also returns NULL when n * size overflows.
 */
void *ptn_arena_alloc(struct ptn_arena *a, size_t len);
void *ptn_arena_calloc(struct ptn_arena *a, size_t n, size_t size);
char *ptn_arena_strdup(struct ptn_arena *a, const char *s);
char *ptn_arena_strndup(struct ptn_arena *a, const char *s, size_t len);
/* A copy without what of blank stands around it. */
char *ptn_arena_trim(struct ptn_arena *a, const char *s, const char *blank);
char *ptn_arena_printf(struct ptn_arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A growing text in an arena.  Once it failed (bad) it stays failed. */
struct ptn_buf {
	struct ptn_arena *a;
	char *p; /* NUL-terminated, or NULL while empty */
	size_t len;
	size_t cap;
	bool bad;
};

void ptn_buf_init(struct ptn_buf *b, struct ptn_arena *a);
void ptn_buf_add(struct ptn_buf *b, const void *p, size_t len);
void ptn_buf_str(struct ptn_buf *b, const char *s);
void ptn_buf_char(struct ptn_buf *b, char c);
void ptn_buf_printf(struct ptn_buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
