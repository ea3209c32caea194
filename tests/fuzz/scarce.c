#include "tests/fuzz/scarce.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Whose memory it really is: AddressSanitizer's, where that is linked, so
 * that it goes on watching; else the C library's.
 */
void *__interceptor_malloc(size_t len) __attribute__((weak));
void *__interceptor_calloc(size_t n, size_t len) __attribute__((weak));
void *__interceptor_realloc(void *p, size_t len) __attribute__((weak));
void *__libc_malloc(size_t len);
void *__libc_calloc(size_t n, size_t len);
void *__libc_realloc(void *p, size_t len);

void *malloc(size_t len);
void *calloc(size_t n, size_t len);
void *realloc(void *p, size_t len);

static bool counting, paused;
static unsigned asked, fails_at;

static bool
fails(void)
{
	if (!counting || paused || ++asked != fails_at)
		return false;
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t len)
{
	if (fails())
		return NULL;
	return __interceptor_malloc != NULL ? __interceptor_malloc(len)
					    : __libc_malloc(len);
}

void *
calloc(size_t n, size_t len)
{
	if (fails())
		return NULL;
	return __interceptor_calloc != NULL ? __interceptor_calloc(n, len)
					    : __libc_calloc(n, len);
}

void *
realloc(void *p, size_t len)
{
	if (fails())
		return NULL;
	return __interceptor_realloc != NULL ? __interceptor_realloc(p, len)
					     : __libc_realloc(p, len);
}

void
scarce_begin(unsigned n)
{
	asked = 0;
	fails_at = n;
	counting = true;
}

void
scarce_pause(bool pause)
{
	paused = pause;
}

unsigned
scarce_end(void)
{
	counting = false;
	return asked;
}
