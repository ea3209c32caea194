#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fcgi/record.h"

#define ROOM (1024 * 1024)

/* What is fed, and what is let through of it. */
static uint8_t in[ROOM];
static size_t in_len;
static char params[ROOM];
static size_t params_len;
static size_t body_len;
static struct ptn_records r;

static void
keep_params(void *ctx, const uint8_t *p, size_t len)
{
	(void)ctx;
	assert_true(params_len + len < sizeof(params));
	memcpy(params + params_len, p, len);
	params_len += len;
}

static void
keep_body(void *ctx, const uint8_t *p, size_t len)
{
	(void)ctx;
	(void)p;
	body_len += len;
}

static const struct ptn_records_sink sink = { keep_params, keep_body, NULL };

static void
put(const void *p, size_t len)
{
	assert_true(in_len + len <= sizeof(in));
	if (len > 0)
		memcpy(in + in_len, p, len);
	in_len += len;
}

static void
record_of(int id, int type, const void *content, size_t len, size_t padding)
{
	const uint8_t head[8] = { 1, (uint8_t)type, (uint8_t)(id >> 8),
		(uint8_t)id, (uint8_t)(len >> 8), (uint8_t)len,
		(uint8_t)padding, 0 };
	const uint8_t nothing[255] = { 0 };

	put(head, sizeof(head));
	put(content, len);
	put(nothing, padding);
}

static void
record(int type, const void *content, size_t len)
{
	record_of(1, type, content, len, 0);
}

static void
begin(int role)
{
	const uint8_t content[8] = { 0, (uint8_t)role, 0 };

	in_len = 0;
	record(PTN_RECORD_BEGIN, content, sizeof(content));
}

/* The two lengths of a pair and some of its bytes, as a record. */
static void
pair(uint32_t name, uint32_t value, const void *bytes, size_t len)
{
	uint8_t content[0xffff];
	size_t at = 0, i;
	const uint32_t two[2] = { name, value };

	for (i = 0; i < 2; i++) {
		content[at++] = (uint8_t)(0x80 | two[i] >> 24);
		content[at++] = (uint8_t)(two[i] >> 16);
		content[at++] = (uint8_t)(two[i] >> 8);
		content[at++] = (uint8_t)two[i];
	}
	assert_true(at + len <= sizeof(content));
	if (len > 0)
		memcpy(content + at, bytes, len);
	record(PTN_RECORD_PARAMS, content, at + len);
}

static void
end_streams(void)
{
	record(PTN_RECORD_PARAMS, NULL, 0);
	record(PTN_RECORD_STDIN, NULL, 0);
}

static enum ptn_records_state
walk(void)
{
	params_len = body_len = 0;
	ptn_records_init(&r, &sink);
	(void)ptn_records_feed(&r, in, in_len);
	return r.state;
}

/* It is whole with its last byte, and with none before. */
static void
test_every_byte(void **state)
{
	size_t cut;

	(void)state;
	begin(1);
	pair(4, 2, "NAMEab", 6);
	record_of(1, PTN_RECORD_PARAMS, "\1\1xy", 4, 9);
	record(PTN_RECORD_PARAMS, NULL, 0);
	record_of(1, PTN_RECORD_STDIN, "hello", 5, 3);
	record_of(1, PTN_RECORD_STDIN, NULL, 0, 200);
	ptn_records_init(&r, &sink);
	params_len = body_len = 0;
	for (cut = 0; cut < in_len; cut++) {
		assert_int_equal(r.state, PTN_RECORDS_MORE);
		assert_int_equal(ptn_records_feed(&r, in + cut, 1), 1);
	}
	assert_int_equal(r.state, PTN_RECORDS_WHOLE);
	assert_int_equal(r.nparams, 2);
	assert_int_equal(r.params, 7 + 3);
	assert_int_equal(params_len, 8 + 6 + 4);
	assert_int_equal(r.body, 5);
	assert_int_equal(body_len, 5);
	/* What stands behind is not taken. */
	put("more", 4);
	ptn_records_init(&r, NULL);
	assert_int_equal(ptn_records_feed(&r, in, in_len), in_len - 4);
	assert_int_equal(r.state, PTN_RECORDS_WHOLE);
}

/* Lengths that overflow, or ask for what no request has, reserve nothing. */
static void
test_declared_lengths(void **state)
{
	static const uint32_t lengths[][2] = { { 0x7fffffff, 0x7fffffff },
		{ 0x7fffffff, 1 }, { 1, 0x7fffffff }, { 0, 0x7ffffffe },
		{ PTN_PARAMS_MAX, 0 }, { 0, PTN_PARAMS_MAX },
		{ PTN_PARAMS_MAX / 2, PTN_PARAMS_MAX / 2 } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		begin(1);
		pair(lengths[i][0], lengths[i][1], "abc", 3);
		assert_int_equal(walk(), PTN_RECORDS_MORE);
		assert_true(r.params_too_large);
		assert_int_equal(r.nparams, 0);
		assert_int_equal(params_len, 0);
		/* A pair that is cut off is none. */
		record(PTN_RECORD_PARAMS, NULL, 0);
		assert_int_equal(walk(), PTN_RECORDS_BROKEN);
	}
}

static void
test_param_limits(void **state)
{
	static char value[0x8000];
	size_t i;

	(void)state;
	begin(1);
	for (i = 0; i < PTN_PARAM_COUNT_MAX - 1; i++)
		pair(1, 1, "xy", 2);
	assert_int_equal(walk(), PTN_RECORDS_MORE);
	assert_false(r.params_too_large);
	pair(1, 1, "xy", 2);
	end_streams();
	assert_int_equal(walk(), PTN_RECORDS_WHOLE);
	assert_true(r.params_too_large);
	assert_int_equal(r.nparams, PTN_PARAM_COUNT_MAX - 1);

	/* What comes behind one that was too much is left out, too. */
	begin(1);
	pair(1, 1, "xy", 2);
	pair(0, sizeof(value), value, sizeof(value));
	pair(0, sizeof(value), value, sizeof(value));
	pair(1, 1, "xy", 2);
	end_streams();
	assert_int_equal(walk(), PTN_RECORDS_WHOLE);
	assert_true(r.params_too_large);
	assert_int_equal(r.nparams, 2);
	assert_int_equal(params_len, 10 + 8 + sizeof(value));
}

static void
test_body_limit(void **state)
{
	static uint8_t content[0x8000];
	size_t i;

	(void)state;
	begin(1);
	record(PTN_RECORD_PARAMS, NULL, 0);
	for (i = 0; i < PTN_BODY_MAX / sizeof(content); i++)
		record(PTN_RECORD_STDIN, content, sizeof(content));
	assert_int_equal(walk(), PTN_RECORDS_MORE);
	assert_false(r.body_too_large);
	assert_int_equal(body_len, PTN_BODY_MAX);
	record(PTN_RECORD_STDIN, content, 1);
	record(PTN_RECORD_STDIN, NULL, 0);
	assert_int_equal(walk(), PTN_RECORDS_WHOLE);
	assert_true(r.body_too_large);
	assert_int_equal(body_len, PTN_BODY_MAX);
}

/* A body without an end ends here. */
static void
test_total(void **state)
{
	static uint8_t content[0x8000];
	size_t fed = 0;

	(void)state;
	begin(1);
	record(PTN_RECORD_PARAMS, NULL, 0);
	assert_int_equal(walk(), PTN_RECORDS_MORE);
	in_len = 0;
	record(PTN_RECORD_STDIN, content, sizeof(content));
	while (r.state == PTN_RECORDS_MORE)
		fed += ptn_records_feed(&r, in, in_len);
	assert_int_equal(r.state, PTN_RECORDS_BROKEN);
	assert_true(fed <= PTN_RECORDS_TOTAL_MAX + in_len);
	assert_int_equal(body_len, PTN_BODY_MAX);
}

static void
test_broken(void **state)
{
	static const struct {
		uint8_t bytes[16];
		size_t at; /* the byte at which it shows */
	} cases[] = {
		{ { 2, 1, 0, 1, 0, 8, 0, 0 }, 8 }, /* version */
		{ { 1, 4, 0, 1, 0, 0, 0, 0 }, 8 }, /* PARAMS of nothing */
		{ { 1, 5, 0, 1, 0, 0, 0, 0 }, 8 }, /* STDIN of nothing */
		{ { 1, 1, 0, 1, 0, 7, 0, 0 }, 8 }, /* a short beginning */
		{ { 1, 1, 0, 1, 0xff, 0xff, 0, 0 }, 8 },
		{ { 1, 1, 0, 1, 0, 8, 0, 0, 0, 3 }, 16 }, /* a filter */
		{ { 1, 1, 0, 1, 0, 8, 0, 0, 1, 1 }, 16 }, /* role 257 */
	};
	/* In the place of the second record of a request. */
	static const uint8_t second[][8] = {
		{ 1, 1, 0, 1, 0, 8, 0, 0 },  /* it begins again */
		{ 1, 1, 0, 2, 0, 8, 0, 0 },  /* another one begins */
		{ 1, 2, 0, 1, 0, 0, 0, 0 },  /* it is given up */
		{ 1, 4, 0, 2, 0, 0, 0, 0 },  /* of another one */
		{ 1, 5, 0, 1, 0, 0, 0, 0 },  /* out of order */
		{ 1, 99, 0, 1, 0, 0, 0, 0 }, /* no type */
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ptn_records_init(&r, NULL);
		assert_int_equal(ptn_records_feed(&r, cases[i].bytes, 16),
		    cases[i].at);
		assert_int_equal(r.state, PTN_RECORDS_BROKEN);
	}
	for (i = 0; i < sizeof(second) / sizeof(second[0]); i++) {
		begin(1);
		put(second[i], sizeof(second[i]));
		assert_int_equal(walk(), PTN_RECORDS_BROKEN);
	}
	/* In the middle of a pair, by its lengths or its bytes. */
	begin(1);
	record(PTN_RECORD_PARAMS, "\4", 1);
	record(PTN_RECORD_PARAMS, NULL, 0);
	assert_int_equal(walk(), PTN_RECORDS_BROKEN);
	begin(1);
	record(PTN_RECORD_PARAMS, "\4\0nam", 5);
	record(PTN_RECORD_PARAMS, NULL, 0);
	assert_int_equal(walk(), PTN_RECORDS_BROKEN);
}

/* An authorizer is asked with the variables alone. */
static void
test_authorizer(void **state)
{
	(void)state;
	begin(2);
	pair(4, 2, "NAMEab", 6);
	record(PTN_RECORD_PARAMS, NULL, 0);
	assert_int_equal(walk(), PTN_RECORDS_WHOLE);
}

/* What GET_VALUES (FastCGI 4.1) is told, and any type that nobody knows. */
static void
test_management(void **state)
{
	static const char all[] = "\016\0FCGI_MAX_CONNS\017\0FCGI_MPXS_CONNS"
				  "\015\0FCGI_MAX_REQS";
	static const char want[] = "\1\12\0\0\0\22\0\0"
				   "\17\1FCGI_MPXS_CONNS0";
	uint8_t out[PTN_RECORD_ANSWER_MAX];
	static uint8_t many[0xffff];
	size_t i, at;

	(void)state;
	in_len = 0;
	record_of(0, PTN_RECORD_GET_VALUES, all, sizeof(all) - 1, 0);
	at = in_len;
	record_of(0, 77, "abc", 3, 5);
	assert_int_equal(walk(), PTN_RECORDS_ASKED);
	assert_int_equal(ptn_records_reply(&r, out), sizeof(want) - 1);
	assert_memory_equal(out, want, sizeof(want) - 1);
	assert_int_equal(ptn_records_feed(&r, in + at, in_len - at),
	    in_len - at);
	assert_int_equal(r.state, PTN_RECORDS_ASKED);
	assert_int_equal(ptn_records_reply(&r, out), 16);
	assert_memory_equal(out, "\1\13\0\0\0\10\0\0\115\0\0\0\0\0\0\0", 16);

	/* The same name again and again does not make the answer longer. */
	for (i = 0; i + 17 <= sizeof(many); i += 17)
		memcpy(many + i, "\17\0FCGI_MPXS_CONNS", 17);
	in_len = 0;
	record_of(0, PTN_RECORD_GET_VALUES, many, i, 0);
	assert_int_equal(walk(), PTN_RECORDS_ASKED);
	assert_int_equal(ptn_records_reply(&r, out), sizeof(want) - 1);

	/* Lengths that lead out of the record, or nowhere. */
	in_len = 0;
	record_of(0, PTN_RECORD_GET_VALUES, "\377\377\377\377\377", 5, 0);
	assert_int_equal(walk(), PTN_RECORDS_ASKED);
	assert_int_equal(ptn_records_reply(&r, out), 8);

	/* There is an end to it. */
	in_len = 0;
	for (i = 0; i < 20; i++)
		record_of(0, 77, NULL, 0, 0);
	ptn_records_init(&r, NULL);
	for (at = 0; r.state != PTN_RECORDS_BROKEN; i--)
		at += ptn_records_feed(&r, in + at, in_len - at);
	assert_true(i > 0);
}

/* Answers that need no library; and none to what has not begun. */
static void
test_answer(void **state)
{
	static const char want[] = "\1\6\0\1\0\2\0\0hi"
				   "\1\6\0\1\0\0\0\0"
				   "\1\3\0\1\0\10\0\0\0\0\0\0\0\0\0\0";
	uint8_t out[PTN_RECORD_ANSWER_MAX];
	char text[PTN_RECORD_ANSWER_MAX];

	(void)state;
	ptn_records_init(&r, NULL);
	assert_int_equal(ptn_records_answer(&r, "hi", out), 0);
	begin(1);
	walk();
	assert_int_equal(ptn_records_answer(&r, "hi", out), sizeof(want) - 1);
	assert_memory_equal(out, want, sizeof(want) - 1);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(ptn_records_answer(&r, text, out), 0);
	/* FCGI_UNKNOWN_ROLE */
	begin(3);
	walk();
	assert_int_equal(ptn_records_answer(&r, "hi", out), 16);
	assert_memory_equal(out, "\1\3\0\1\0\10\0\0\0\0\0\0\3\0\0\0", 16);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_declared_lengths),
		cmocka_unit_test(test_param_limits),
		cmocka_unit_test(test_body_limit),
		cmocka_unit_test(test_total),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_authorizer),
		cmocka_unit_test(test_management),
		cmocka_unit_test(test_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
