#include "lib/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/base/unicode.h"

#define LINE_MAX_LEN 2048 /* with the newline; below PIPE_BUF: one piece */
#define TAIL_LEN 3	  /* quote, brace, newline: always fits */
#define NAME_LEN 64
#define SELDOM_MS 10000

static const char *const level_names[] = {
	[PTN_LOG_ERROR] = "error",
	[PTN_LOG_WARN] = "warn",
	[PTN_LOG_INFO] = "info",
	[PTN_LOG_DEBUG] = "debug",
};

static enum ptn_log_level level_max = PTN_LOG_INFO;
static char process_name[NAME_LEN] = "postern";
static char request[NAME_LEN + 1];
static char trace[NAME_LEN], trace_parent[NAME_LEN]; /* "": of none */
static unsigned long dropped; /* lines that a full pipe did not take */
static ptn_log_sink sink;     /* NULL: standard error */
static void *sink_arg;

struct line {
	char p[LINE_MAX_LEN];
	size_t len;
	bool full; /* something did not fit: the rest is left out */
};

void
ptn_log_init(enum ptn_log_level max, const char *process)
{
	level_max = max;
	snprintf(process_name, sizeof(process_name), "%s", process);
}

void
ptn_log_request(const char *request_id)
{
	snprintf(request, sizeof(request), "%s",
	    request_id == NULL ? "" : request_id);
	trace[0] = trace_parent[0] = '\0';
}

void
ptn_log_trace(const char *id, const char *parent)
{
	snprintf(trace, sizeof(trace), "%s", id);
	snprintf(trace_parent, sizeof(trace_parent), "%s", parent);
}

/* Append all of the bytes, or none, and nothing after them either. */
static void
line_add(struct line *l, const char *p, size_t len)
{
	if (l->full || len > sizeof(l->p) - TAIL_LEN - l->len) {
		l->full = true;
		return;
	}
	memcpy(l->p + l->len, p, len);
	l->len += len;
}

static void
line_str(struct line *l, const char *s)
{
	line_add(l, s, strlen(s));
}

/* Controls of C0 and C1, and the two line separators of Unicode. */
static bool
needs_escape(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x2028 ||
	    cp == 0x2029;
}

/* One character of s; returns how many bytes of it were used. */
static size_t
line_char(struct line *l, struct ptn_bytes s)
{
	char esc[8];
	uint32_t cp;
	size_t n;

	n = ptn_utf8_decode(s, &cp);
	if (n == 0) {
		line_str(l, "\\ufffd");
		return 1;
	}
	if (cp == '"' || cp == '\\') {
		esc[0] = '\\';
		esc[1] = (char)cp;
		line_add(l, esc, 2);
	} else if (needs_escape(cp)) {
		snprintf(esc, sizeof(esc), "\\u%04x", (unsigned)cp & 0xffff);
		line_str(l, esc);
	} else {
		line_add(l, (const char *)s.p, n);
	}
	return n;
}

static void
line_escaped(struct line *l, const char *text)
{
	struct ptn_bytes s = ptn_bytes_of(text);
	size_t n;

	while (s.len > 0 && !l->full) {
		n = line_char(l, s);
		s.p += n;
		s.len -= n;
	}
}

/* A member that is a text, unless it is empty. */
static void
line_member(struct line *l, const char *name, const char *text)
{
	if (text[0] == '\0')
		return;
	line_str(l, ",\"");
	line_str(l, name);
	line_str(l, "\":\"");
	line_escaped(l, text);
	line_str(l, "\"");
}

/* What every line has in front of its message. */
static void
line_head(struct line *l, enum ptn_log_level level)
{
	char time[PTN_CLOCK_STR], num[48];

	ptn_clock_format(ptn_clock_us(), time);
	line_str(l, "{\"time\":\"");
	line_str(l, time);
	line_str(l, "\",\"level\":\"");
	line_str(l, level_names[level]);
	line_str(l, "\",\"process\":\"");
	line_escaped(l, process_name);
	snprintf(num, sizeof(num), "\",\"pid\":%ld", (long)getpid());
	line_str(l, num);
	line_member(l, "request_id", request);
	line_member(l, "trace_id", trace);
	line_member(l, "parent_id", trace_parent);
	if (dropped > 0) {
		snprintf(num, sizeof(num), ",\"dropped\":%lu", dropped);
		line_str(l, num);
	}
}

static void
line_message(struct line *l, const char *text)
{
	line_str(l, ",\"message\":\"");
	line_escaped(l, text);
}

/*
 * One write, so that lines of many processes do not mix.  If the pipe is full
 * the line is lost: nobody waits for the log.
 */
static void
line_write(struct line *l)
{
	ssize_t n;

	memcpy(l->p + l->len, "\"}\n", TAIL_LEN);
	do {
		n = write(STDERR_FILENO, l->p, l->len + TAIL_LEN);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		dropped++;
	else
		dropped = 0;
}

static void
log_text(enum ptn_log_level level, unsigned long left_out, const char *fmt,
    va_list ap)
{
	char text[LINE_MAX_LEN], more[48];
	struct line l = { .len = 0 };

	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	if (sink != NULL) {
		sink(sink_arg, level, text);
		return;
	}
	line_head(&l, level);
	line_message(&l, text);
	if (left_out > 0) {
		snprintf(more, sizeof(more), " (and %lu like it)", left_out);
		line_str(&l, more);
	}
	line_write(&l);
}

void
ptn_log_fields(const struct ptn_log_field *field, size_t n, const char *message)
{
	struct line l = { .len = 0 };
	char num[48];
	size_t i;

	line_head(&l, PTN_LOG_INFO);
	for (i = 0; i < n; i++) {
		if (field[i].text != NULL) {
			line_member(&l, field[i].name, field[i].text);
			continue;
		}
		snprintf(num, sizeof(num), "\":%lld",
		    (long long)field[i].number);
		line_str(&l, ",\"");
		line_str(&l, field[i].name);
		line_str(&l, num);
	}
	line_message(&l, message);
	line_write(&l);
}

void
ptn_log_divert(ptn_log_sink fn, void *arg)
{
	sink = fn;
	sink_arg = arg;
}

void
ptn_log(enum ptn_log_level level, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	if (level > level_max && sink == NULL)
		return;
	va_start(ap, fmt);
	log_text(level, 0, fmt, ap);
	va_end(ap);
	errno = saved;
}

void
ptn_log_seldom(struct ptn_log_place *place, enum ptn_log_level level,
    const char *fmt, ...)
{
	const int64_t now = ptn_clock_mono_ms();
	int saved = errno;
	va_list ap;

	if (level > level_max && sink == NULL)
		return;
	if (now < place->next_ms) {
		place->left_out++;
		return;
	}
	va_start(ap, fmt);
	log_text(level, place->left_out, fmt, ap);
	va_end(ap);
	*place = (struct ptn_log_place){ .next_ms = now + SELDOM_MS };
	errno = saved;
}
