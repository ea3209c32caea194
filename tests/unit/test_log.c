#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/bytes.h"
#include "lib/base/log.h"
#include "lib/format/json.h"

static int pipe_fd[2];
static int saved_stderr;
static char got[8192];

static int
setup(void **state)
{
	(void)state;
	if (pipe(pipe_fd) != 0)
		return -1;
	fcntl(pipe_fd[0], F_SETFL, O_NONBLOCK);
	fcntl(pipe_fd[1], F_SETFL, O_NONBLOCK);
	saved_stderr = dup(STDERR_FILENO);
	ptn_log_init(PTN_LOG_DEBUG, "worker");
	ptn_log_request(NULL);
	return dup2(pipe_fd[1], STDERR_FILENO) < 0 ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	close(pipe_fd[0]);
	close(pipe_fd[1]);
	return 0;
}

/* What was written since the last call, as text in got. */
static size_t
take(void)
{
	ssize_t n = read(pipe_fd[0], got, sizeof(got) - 1);

	got[n < 0 ? 0 : n] = '\0';
	return n < 0 ? 0 : (size_t)n;
}

/* One line, and it is JSON. */
static struct ptn_json *
take_line(void)
{
	struct ptn_json *v = NULL;
	const char *why;
	size_t len = take();

	assert_true(len > 0 && len <= 2048);
	assert_ptr_equal(strchr(got, '\n'), got + len - 1);
	assert_int_equal(ptn_json_parse(PTN_BYTES(got, len), 2, &v, &why),
	    PTN_OK);
	return v;
}

static void
assert_member(const struct ptn_json *v, const char *name, const char *text)
{
	struct ptn_bytes s = ptn_json_string(ptn_json_get(v, name));

	assert_non_null(s.p);
	assert_true(ptn_bytes_equal(s, ptn_bytes_of(text)));
}

static void
test_members(void **state)
{
	struct ptn_json *v;
	int64_t pid;

	(void)state;
	ptn_log_request("c0ffee");
	ptn_warn("%s %d", "answer", 42);
	v = take_line();
	assert_member(v, "level", "warn");
	assert_member(v, "process", "worker");
	assert_member(v, "request_id", "c0ffee");
	assert_member(v, "message", "answer 42");
	assert_true(ptn_json_int(ptn_json_get(v, "pid"), &pid));
	assert_int_equal(pid, getpid());
	assert_int_equal(got[strlen("{\"time\":\"2024-01-01")], 'T');
	ptn_json_free(&v);
	ptn_log_request(NULL);
	ptn_error("x");
	v = take_line();
	assert_false(ptn_json_has(v, "request_id"));
	assert_false(ptn_json_has(v, "dropped"));
	ptn_json_free(&v);
}

/* An id as long as one may be, and the trace; both end with the request. */
static void
test_trace(void **state)
{
	char id[65];
	struct ptn_json *v;

	(void)state;
	memset(id, 'r', sizeof(id) - 1);
	id[sizeof(id) - 1] = '\0';
	ptn_log_request(id);
	ptn_log_trace("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
	ptn_info("x");
	v = take_line();
	assert_member(v, "request_id", id);
	assert_member(v, "trace_id", "4bf92f3577b34da6a3ce929d0e0e4736");
	assert_member(v, "parent_id", "00f067aa0ba902b7");
	ptn_json_free(&v);
	ptn_log_request("next");
	ptn_info("x");
	v = take_line();
	assert_false(ptn_json_has(v, "trace_id"));
	assert_false(ptn_json_has(v, "parent_id"));
	ptn_json_free(&v);
}

/* Members of its own: whatever the level, escaped, and cut to a whole line. */
static void
test_fields(void **state)
{
	static char long_text[4000];
	struct ptn_log_field f[] = { { .name = "route", .text = "/\"x\n" },
		{ .name = "client", .text = "" },
		{ .name = "status", .number = -404 } };
	struct ptn_json *v;
	int64_t status;

	(void)state;
	ptn_log_init(PTN_LOG_ERROR, "worker");
	ptn_log_fields(f, 3, "request");
	v = take_line();
	assert_member(v, "level", "info");
	assert_member(v, "route", "/\"x\n");
	assert_false(ptn_json_has(v, "client"));
	assert_true(ptn_json_int(ptn_json_get(v, "status"), &status));
	assert_int_equal(status, -404);
	assert_member(v, "message", "request");
	ptn_json_free(&v);
	memset(long_text, 'x', sizeof(long_text) - 1);
	f[0].text = long_text;
	ptn_log_fields(f, 3, "request");
	v = take_line();
	ptn_json_free(&v);
}

static void
test_levels(void **state)
{
	(void)state;
	ptn_log_init(PTN_LOG_WARN, "courier");
	ptn_debug("no");
	ptn_info("no");
	assert_int_equal(take(), 0);
	ptn_warn("yes");
	assert_non_null((take(), strstr(got, "\"process\":\"courier\"")));
	ptn_error("yes");
	assert_non_null((take(), strstr(got, "\"level\":\"error\"")));
}

static const struct {
	const char *in;
	const char *out;
} escapes[] = {
	{ "a\nb", "a\\u000ab" },
	{ "\"\\", "\\\"\\\\" },
	{ "\x01\x1f\x7f", "\\u0001\\u001f\\u007f" },
	{ "\xc2\x85\xc2\x9b", "\\u0085\\u009b" },
	{ "\xe2\x80\xa8\xe2\x80\xa9", "\\u2028\\u2029" },
	{ "\xff\xc3", "\\ufffd\\ufffd" },
	{ "\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd" },
	{ "\xc3\xa9\xf0\x9f\x98\x80", "\xc3\xa9\xf0\x9f\x98\x80" },
	{ "\x1b[31m", "\\u001b[31m" },
	{ "x\"}\n{\"level\":\"error", "x\\\"}\\u000a{\\\"level\\\":\\\"error" },
};

static void
test_escapes(void **state)
{
	struct ptn_json *v;
	char want[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		snprintf(want, sizeof(want), "\"message\":\"%s\"}\n",
		    escapes[i].out);
		ptn_info("%s", escapes[i].in);
		v = take_line();
		assert_non_null(strstr(got, want));
		ptn_json_free(&v);
	}
}

/* The name of a process and a request's id are escaped like the rest. */
static void
test_escapes_everywhere(void **state)
{
	struct ptn_json *v;

	(void)state;
	ptn_log_init(PTN_LOG_INFO, "w\"\n");
	ptn_log_request("\",\"forged\":\"1");
	ptn_info("x");
	v = take_line();
	assert_member(v, "process", "w\"\n");
	assert_member(v, "request_id", "\",\"forged\":\"1");
	assert_false(ptn_json_has(v, "forged"));
	ptn_json_free(&v);
}

/* Cut anywhere, also inside a character or an escape, a line stays JSON. */
static void
test_truncated(void **state)
{
	static const char *const units[] = { "x", "\"", "\n", "\xff",
		"\xc3\xa9", "\xf0\x9f\x98\x80" };
	struct ptn_json *v;
	char text[6000];
	size_t i, pad, at;

	(void)state;
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		for (pad = 0; pad < 8; pad++) {
			memset(text, 'p', pad);
			at = pad;
			while (at < sizeof(text) - 5) {
				strcpy(text + at, units[i]);
				at += strlen(units[i]);
			}
			ptn_info("%s", text);
			v = take_line();
			assert_true(strlen(got) > 2048 - 8);
			if (strcmp(units[i], "\xff") != 0)
				assert_null(strstr(got, "\\ufffd"));
			ptn_json_free(&v);
		}
	}
}

static void
test_keeps_errno(void **state)
{
	struct ptn_json *v;

	(void)state;
	errno = ENOENT;
	ptn_error("open: %m");
	assert_int_equal(errno, ENOENT);
	v = take_line();
	assert_member(v, "message", "open: No such file or directory");
	ptn_json_free(&v);
}

/* Once, and then not again before its time; the next one counts the rest. */
static void
test_seldom(void **state)
{
	struct ptn_log_place place = { 0 }, other = { 0 };
	struct ptn_json *v;
	const char *p;
	size_t i;

	(void)state;
	for (i = 0; i < 1000; i++)
		ptn_log_seldom(&place, PTN_LOG_WARN, "again %d", 1);
	v = take_line();
	assert_member(v, "level", "warn");
	assert_member(v, "message", "again 1");
	ptn_json_free(&v);
	ptn_log_seldom(&other, PTN_LOG_WARN, "another");
	v = take_line();
	assert_member(v, "message", "another");
	ptn_json_free(&v);

	place.next_ms = 0;
	ptn_log_seldom(&place, PTN_LOG_WARN, "again %d", 2);
	v = take_line();
	assert_member(v, "message", "again 2 (and 999 like it)");
	ptn_json_free(&v);
	place.next_ms = 0;
	ptn_log_seldom(&place, PTN_LOG_WARN, "again %d", 3);
	v = take_line();
	assert_member(v, "message", "again 3");
	ptn_json_free(&v);

	/* Each place has a time of its own, and what is not wanted none. */
	for (i = 0; i < 3; i++)
		ptn_info_seldom("one");
	ptn_info_seldom("two");
	take();
	p = strstr(got, "\"one\"");
	assert_non_null(p);
	assert_null(strstr(p + 1, "\"one\""));
	assert_non_null(strstr(p, "\"two\""));
	ptn_log_init(PTN_LOG_WARN, "worker");
	ptn_info_seldom("no");
	assert_int_equal(take(), 0);
}

/* A full pipe costs lines, no time; the next line tells how many. */
static void
test_full_pipe_drops(void **state)
{
	static const char block[4096];
	struct ptn_json *v;
	int64_t dropped;

	(void)state;
	while (write(pipe_fd[1], block, sizeof(block)) > 0)
		;
	ptn_info("one");
	ptn_info("two");
	ptn_info("three");
	while (take() > 0)
		;
	ptn_info("four");
	v = take_line();
	assert_member(v, "message", "four");
	assert_true(ptn_json_int(ptn_json_get(v, "dropped"), &dropped));
	assert_int_equal(dropped, 3);
	ptn_json_free(&v);
	ptn_info("five");
	v = take_line();
	assert_false(ptn_json_has(v, "dropped"));
	ptn_json_free(&v);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(test_members),
		T(test_trace),
		T(test_fields),
		T(test_levels),
		T(test_escapes),
		T(test_escapes_everywhere),
		T(test_truncated),
		T(test_keeps_errno),
		T(test_seldom),
		T(test_full_pipe_drops),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
