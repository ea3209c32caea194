#include "lib/base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DIGITS "0123456789"

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

	return (int64_t)ts.tv_sec * PTN_US_PER_S + ts.tv_nsec / 1000;
}

int64_t
ptn_clock_mono_ms(void)
{
	struct timespec ts = now(CLOCK_MONOTONIC);

	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t
ptn_clock_mono_us(void)
{
	struct timespec ts = now(CLOCK_MONOTONIC);

	return (int64_t)ts.tv_sec * PTN_US_PER_S + ts.tv_nsec / 1000;
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
ptn_clock_format(int64_t us, char out[PTN_CLOCK_STR])
{
	int64_t rest = us % PTN_US_PER_S;
	time_t s = (time_t)(us / PTN_US_PER_S);
	struct tm tm = { 0 };
	char fraction[8];
	size_t n;

	if (rest < 0) {
		rest += PTN_US_PER_S;
		s--;
	}
	gmtime_r(&s, &tm);
	format_fraction((int)rest, fraction);
	/* %F would not pad a year before 1000. */
	n = (size_t)snprintf(out, PTN_CLOCK_STR, "%04ld", tm.tm_year + 1900L);
	n += strftime(out + n, PTN_CLOCK_STR - n, "-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, PTN_CLOCK_STR - n, "%sZ", fraction);
}

/* What is left of a text; a step that does not fit leaves ok false. */
struct scan {
	struct ptn_bytes rest;
	bool ok;
};

static uint8_t
next_of(struct scan *s, const char *set)
{
	uint8_t c = s->rest.len > 0 ? s->rest.p[0] : 0;

	if (c == 0 || strchr(set, c) == NULL) {
		s->ok = false;
		return 0;
	}
	s->rest.p++;
	s->rest.len--;
	return c;
}

/* Exactly n digits, from lo to hi. */
static int
number(struct scan *s, int n, int lo, int hi)
{
	int value = 0;

	while (n-- > 0)
		value = value * 10 + (next_of(s, DIGITS) - '0');
	s->ok = s->ok && value >= lo && value <= hi;
	return value;
}

/* Microseconds; digits beyond them are dropped. */
static int64_t
fraction(struct scan *s)
{
	int64_t us = 0, unit = PTN_US_PER_S / 10;

	if (s->rest.len == 0 || s->rest.p[0] != '.')
		return 0;
	next_of(s, ".");
	do {
		us += (next_of(s, DIGITS) - '0') * unit;
		unit /= 10;
	} while (
	    s->ok && s->rest.len > 0 && strchr(DIGITS, s->rest.p[0]) != NULL);
	return us;
}

/* Seconds east of Greenwich. */
static int
offset(struct scan *s)
{
	const uint8_t sign = next_of(s, "Zz+-");
	int east;

	if (sign != '+' && sign != '-')
		return 0;
	east = number(s, 2, 0, 23) * 3600;
	next_of(s, ":");
	east += number(s, 2, 0, 59) * 60;
	return sign == '+' ? east : -east;
}

/* timegm() takes a day that no month has for one of the next month. */
static int64_t
seconds(struct scan *s)
{
	struct tm tm = { 0 };
	int64_t at;
	int day;

	tm.tm_year = number(s, 4, 0, 9999) - 1900;
	next_of(s, "-");
	tm.tm_mon = number(s, 2, 1, 12) - 1;
	next_of(s, "-");
	day = tm.tm_mday = number(s, 2, 1, 31);
	next_of(s, "Tt ");
	tm.tm_hour = number(s, 2, 0, 23);
	next_of(s, ":");
	tm.tm_min = number(s, 2, 0, 59);
	next_of(s, ":");
	tm.tm_sec = number(s, 2, 0, 59);
	if (!s->ok)
		return 0;
	at = timegm(&tm);
	s->ok = tm.tm_mday == day;
	return at;
}

bool
ptn_clock_parse(struct ptn_bytes text, int64_t *us)
{
	struct scan s = { text, true };
	int64_t at;

	at = seconds(&s) * PTN_US_PER_S;
	at += fraction(&s);
	at -= offset(&s) * PTN_US_PER_S;
	if (!s.ok || s.rest.len > 0)
		return false;
	*us = at;
	return true;
}
