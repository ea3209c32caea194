#include "clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define US_PER_S 1000000

static struct timespec
now(clockid_t id)
{
	struct timespec ts;

	/* Both clocks exist on every system this runs on. */
	if (clock_gettime(id, &ts) != 0)
		abort();
	return ts;
}

int64_t
ptn_clock_us(void)
{
	struct timespec ts = now(CLOCK_REALTIME);

	return (int64_t)ts.tv_sec * US_PER_S + ts.tv_nsec / 1000;
}

int64_t
ptn_clock_mono_ms(void)
{
	struct timespec ts = now(CLOCK_MONOTONIC);

	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ".1234", without the zeros at the end; nothing at all for zero. */
static void
format_fraction(int us, char out[8])
{
	size_t n;

	out[0] = '\0';
	if (us == 0)
		return;
	n = (size_t)snprintf(out, 8, ".%06d", us);
	while (out[n - 1] == '0')
		out[--n] = '\0';
}

void
ptn_time_format(int64_t us, char out[PTN_TIME_STR])
{
	int64_t rest = us % US_PER_S;
	time_t s = (time_t)(us / US_PER_S);
	struct tm tm = { 0 };
	char fraction[8];
	size_t n;

	if (rest < 0) {
		rest += US_PER_S;
		s--;
	}
	gmtime_r(&s, &tm);
	format_fraction((int)rest, fraction);
	/* %F would not pad a year before 1000. */
	n = (size_t)snprintf(out, PTN_TIME_STR, "%04ld", tm.tm_year + 1900L);
	n += strftime(out + n, PTN_TIME_STR - n, "-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, PTN_TIME_STR - n, "%sZ", fraction);
}
