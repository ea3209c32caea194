#ifndef PTN_BASE_LOG_H
#define PTN_BASE_LOG_H

#include <stddef.h>
#include <stdint.h>

/*
 * One JSON line an event on standard error, at most 2 KiB, escaped, so that
 * nothing from outside can forge a line.  No secrets, codes or tokens.
 */
enum ptn_log_level { PTN_LOG_ERROR, PTN_LOG_WARN, PTN_LOG_INFO, PTN_LOG_DEBUG };

void ptn_log_init(enum ptn_log_level max, const char *process);

/*
 * The request all further lines of this process belong to, or NULL.  It is of
 * no trace yet.
 */
void ptn_log_request(const char *request_id);

/* The trace that it is a part of, and who in it has called (trace.h). */
void ptn_log_trace(const char *id, const char *parent);

/* A member of a line, beside its message. */
struct ptn_log_field {
	const char *name;
	const char *text; /* NULL: a number */
	int64_t number;
};

/*
 * A line with members of its own, n of them, which is written whatever the
 * level: who does not want it does not call.
 */
void ptn_log_fields(const struct ptn_log_field *field, size_t n,
    const char *message);

/*
 * Give the text of every line to fn instead, whatever its level: for commands
 * that tell by themselves what was found.  NULL: write them again.
 */
typedef void (
    *ptn_log_sink)(void *arg, enum ptn_log_level level, const char *text);
void ptn_log_divert(ptn_log_sink fn, void *arg);

void ptn_log(enum ptn_log_level level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * A line that outsiders can cause as often as they like: of each place in the
 * code that says one, it is written once in ten seconds.  The next one says
 * how many were left out.
 */
struct ptn_log_place {
	int64_t next_ms; /* monotonic */
	unsigned long left_out;
};
void ptn_log_seldom(struct ptn_log_place *place, enum ptn_log_level level,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#define PTN_LOG_SELDOM(level, ...)                                             \
	do {                                                                   \
		static struct ptn_log_place here_;                             \
		ptn_log_seldom(&here_, (level), __VA_ARGS__);                  \
	} while (0)
#define ptn_error_seldom(...) PTN_LOG_SELDOM(PTN_LOG_ERROR, __VA_ARGS__)
#define ptn_warn_seldom(...) PTN_LOG_SELDOM(PTN_LOG_WARN, __VA_ARGS__)
#define ptn_info_seldom(...) PTN_LOG_SELDOM(PTN_LOG_INFO, __VA_ARGS__)

#define ptn_error(...) ptn_log(PTN_LOG_ERROR, __VA_ARGS__)
#define ptn_warn(...) ptn_log(PTN_LOG_WARN, __VA_ARGS__)
#define ptn_info(...) ptn_log(PTN_LOG_INFO, __VA_ARGS__)
#define ptn_debug(...) ptn_log(PTN_LOG_DEBUG, __VA_ARGS__)

#endif
