#include "lib/base/arena.h"

#include <sys/mman.h>

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ALIGN ((size_t)alignof(max_align_t))
#define KEEP ((size_t)64 * 1024) /* stays resident across requests */
#define BUF_MIN ((size_t)64)

/*
 * Everything behind base + used is zero at all times: fresh pages are, and
 * reset wipes what was used.  So nothing is cleared when it is handed out.
 */
struct ptn_arena {
	uint8_t *base;
	size_t max; /* a multiple of the page size */
	size_t used;
};

static size_t
round_up(size_t n, size_t unit)
{
	return (n + unit - 1) / unit * unit;
}

struct ptn_arena *
ptn_arena_new(size_t max)
{
	struct ptn_arena *a;
	void *p;

	if (max == 0 || max > SIZE_MAX / 2)
		return NULL;
	if ((a = calloc(1, sizeof(*a))) == NULL)
		return NULL;
	a->max = round_up(max, (size_t)sysconf(_SC_PAGESIZE));
	p = mmap(NULL, a->max, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED) {
		free(a);
		return NULL;
	}
	/* One huge page would make a worker at rest 2 MiB bigger. */
	(void)madvise(p, a->max, MADV_NOHUGEPAGE);
	a->base = p;
	return a;
}

void
ptn_arena_free(struct ptn_arena **a)
{
	if (*a == NULL)
		return;
	ptn_arena_reset(*a);
	munmap((*a)->base, (*a)->max);
	free(*a);
	*a = NULL;
}

void
ptn_arena_reset(struct ptn_arena *a)
{
	ptn_wipe(a->base, a->used);
	/* Where this fails the pages stay resident; they are wiped already. */
	if (a->used > KEEP)
		(void)madvise(a->base + KEEP, a->max - KEEP, MADV_DONTNEED);
	a->used = 0;
}

void *
ptn_arena_alloc(struct ptn_arena *a, size_t len)
{
	void *p;

	if (len > a->max - a->used)
		return NULL;
	/* The page size, and so max, is a multiple of ALIGN. */
	len = round_up(len == 0 ? 1 : len, ALIGN);
	if (len > a->max - a->used)
		return NULL;
	p = a->base + a->used;
	a->used += len;
	return p;
}

void *
ptn_arena_calloc(struct ptn_arena *a, size_t n, size_t size)
{
	size_t len;

	if (__builtin_mul_overflow(n, size, &len))
		return NULL;
	return ptn_arena_alloc(a, len);
}

char *
ptn_arena_strdup(struct ptn_arena *a, const char *s)
{
	return ptn_arena_strndup(a, s, strlen(s));
}

char *
ptn_arena_strndup(struct ptn_arena *a, const char *s, size_t len)
{
	size_t n = strnlen(s, len);
	char *p;

	if ((p = ptn_arena_alloc(a, n + 1)) != NULL)
		memcpy(p, s, n);
	return p;
}

char *
ptn_arena_trim(struct ptn_arena *a, const char *s, const char *blank)
{
	size_t len;

	s += strspn(s, blank);
	len = strlen(s);
	while (len > 0 && strchr(blank, s[len - 1]) != NULL)
		len--;
	return ptn_arena_strndup(a, s, len);
}

char *
ptn_arena_printf(struct ptn_arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || (p = ptn_arena_alloc(a, (size_t)n + 1)) == NULL)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}

void
ptn_buf_init(struct ptn_buf *b, struct ptn_arena *a)
{
	*b = (struct ptn_buf){ .a = a };
}

/* Grow where it stands, when nothing was allocated behind it. */
static bool
buf_extend(struct ptn_buf *b, size_t cap)
{
	struct ptn_arena *a = b->a;

	if (b->p == NULL || (uint8_t *)b->p + b->cap != a->base + a->used ||
	    cap - b->cap > a->max - a->used)
		return false;
	a->used += cap - b->cap;
	b->cap = cap;
	return true;
}

static bool
buf_move(struct ptn_buf *b, size_t cap)
{
	char *p;

	if ((p = ptn_arena_alloc(b->a, cap)) == NULL)
		return false;
	if (b->len > 0)
		memcpy(p, b->p, b->len);
	b->p = p;
	b->cap = cap;
	return true;
}

/* Room for more bytes and a NUL: twice as much, or just enough. */
static bool
buf_reserve(struct ptn_buf *b, size_t more)
{
	size_t need, twice;

	if (b->bad)
		return false;
	if (more >= b->a->max - b->len) {
		b->bad = true;
		return false;
	}
	need = b->len + more + 1;
	if (need <= b->cap)
		return true;
	twice = b->cap == 0 ? BUF_MIN : 2 * b->cap;
	need = round_up(need, ALIGN);
	if (twice < need)
		twice = need;
	if (!buf_extend(b, twice) && !buf_extend(b, need) &&
	    !buf_move(b, twice) && !buf_move(b, need))
		b->bad = true;
	return !b->bad;
}

void
ptn_buf_add(struct ptn_buf *b, const void *p, size_t len)
{
	if (len == 0 || !buf_reserve(b, len))
		return;
	memcpy(b->p + b->len, p, len);
	b->len += len;
	b->p[b->len] = '\0';
}

void
ptn_buf_str(struct ptn_buf *b, const char *s)
{
	ptn_buf_add(b, s, strlen(s));
}

void
ptn_buf_char(struct ptn_buf *b, char c)
{
	ptn_buf_add(b, &c, 1);
}

void
ptn_buf_printf(struct ptn_buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		b->bad = true;
	if (n <= 0 || !buf_reserve(b, (size_t)n))
		return;
	va_start(ap, fmt);
	vsnprintf(b->p + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}
