#include <sys/socket.h>
#include <sys/un.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fcgi/arrival.h"
#include "fcgi/gateway.h"
#include "fcgi/intake.h"
#include "fcgi/process.h"
#include "fcgi/record.h"
#include "lib/base/arena.h"

#define RESPONDER 1
#define AUTHORIZER 2
#define FILTER 3
#define KEEP_CONN 1
#define BIG (PTN_BODY_MAX + PTN_PARAMS_MAX)

/* A web server of a few lines: a connection and what it will send. */
struct peer {
	struct ptn_gateway *gw;
	struct ptn_arena *arena;
	struct ptn_request req;
	char dir[32];
	char path[64];
	int listen_fd;
	enum ptn_side side;
	int fd;
	unsigned received; /* requests that were not whole at first sight */
	uint8_t out[2 * BIG];
	size_t len;
};

static struct peer peer;

static void
put(const void *p, size_t len)
{
	assert_true(peer.len + len <= sizeof(peer.out));
	if (len > 0)
		memcpy(peer.out + peer.len, p, len);
	peer.len += len;
}

/* A record of FastCGI 1.0 section 3.3, of request 1. */
static void
record(int type, const void *content, size_t len)
{
	const uint8_t header[8] = { 1, (uint8_t)type, 0, 1, (uint8_t)(len >> 8),
		(uint8_t)len, 0, 0 };

	put(header, sizeof(header));
	put(content, len);
}

static void
begin(int role, int flags)
{
	const uint8_t body[8] = { 0, (uint8_t)role, (uint8_t)flags };

	peer.len = 0;
	record(1, body, sizeof(body));
}

/* A stream (PARAMS 4, STDIN 5) without its end. */
static void
stream(int type, const void *p, size_t len)
{
	const uint8_t *from = p;
	size_t part;

	for (; len > 0; from += part, len -= part) {
		part = len < 60000 ? len : 60000;
		record(type, from, part);
	}
}

static void
param(const char *name, const char *value)
{
	static uint8_t pair[PTN_PARAMS_MAX + 1024];
	size_t n = strlen(name), v = strlen(value);

	pair[0] = (uint8_t)n;
	pair[1] = (uint8_t)(0x80 | v >> 24);
	pair[2] = (uint8_t)(v >> 16);
	pair[3] = (uint8_t)(v >> 8);
	pair[4] = (uint8_t)v;
	assert_true(n < 128 && 5 + n + v <= sizeof(pair));
	memcpy(pair + 5, name, n);
	memcpy(pair + 5 + n, value, v);
	stream(4, pair, 5 + n + v);
}

static void
begin_request(const char *method)
{
	begin(RESPONDER, 0);
	param("REQUEST_METHOD", method);
	param("REQUEST_URI", "/a?b");
}

static void
end_request(const void *body, size_t len)
{
	record(4, NULL, 0);
	stream(5, body, len);
	record(5, NULL, 0);
}

/* Send all that was put together, and no more. */
static void
hand_over(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	const int room = 4 * BIG;

	peer.fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_true(peer.fd >= 0);
	(void)setsockopt(peer.fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	strcpy(sa.sun_path, peer.path);
	assert_int_equal(connect(peer.fd, (struct sockaddr *)&sa, sizeof(sa)),
	    0);
	assert_int_equal(send(peer.fd, peer.out, peer.len, MSG_DONTWAIT),
	    (ssize_t)peer.len);
	shutdown(peer.fd, SHUT_WR);
}

/* As a worker does that has no receiver. */
static enum ptn_err
arrive(struct ptn_arrival *a)
{
	struct ptn_intake in;
	enum ptn_err r;

	r = ptn_arrival_accept(a, peer.listen_fd, peer.side);
	if (r != PTN_OK || (r = ptn_arrival_look(a)) != PTN_E_BUSY)
		return r;
	peer.received++;
	ptn_intake_init(&in);
	r = ptn_intake_receive(&in, a->conn, 1000);
	if (r == PTN_OK)
		r = ptn_intake_finish(&in, a);
	if (r != PTN_OK) {
		ptn_intake_refuse(&in, a->conn, r);
		ptn_arrival_close(a);
	}
	ptn_intake_free(&in);
	return r;
}

static enum ptn_err
take(void)
{
	struct ptn_arrival a;
	enum ptn_err r;

	ptn_arena_reset(peer.arena);
	peer.req = (struct ptn_request){ .sc.arena = peer.arena };
	r = arrive(&a);
	return r == PTN_OK ? ptn_gateway_take(peer.gw, &a, &peer.req) : r;
}

static enum ptn_err
exchange(void)
{
	hand_over();
	return take();
}

/* The text of STDOUT as the web server sees it, up to the end of file. */
static const char *
answer(void)
{
	static char in[8192], text[8192];
	size_t have = 0, at = 0, len, n = 0;
	ssize_t got;

	while ((got = recv(peer.fd, in + have, sizeof(in) - have, 0)) > 0)
		have += (size_t)got;
	assert_int_equal(got, 0);
	while (at + 8 <= have) {
		len = (size_t)(uint8_t)in[at + 4] << 8 | (uint8_t)in[at + 5];
		if (in[at + 1] == 6) {
			memcpy(text + n, in + at + 8, len);
			n += len;
		}
		at += 8 + len + (uint8_t)in[at + 6];
	}
	text[n] = '\0';
	close(peer.fd);
	peer.fd = -1;
	return text;
}

static const char *
value_of(const char *name)
{
	size_t i;

	for (i = 0; i < peer.req.nparams; i++) {
		if (strcmp(peer.req.params[i].name, name) == 0)
			return peer.req.params[i].value;
	}
	return NULL;
}

static int
setup(void **state)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	strcpy(peer.dir, "/tmp/ptn-gateway-XXXXXX");
	if (mkdtemp(peer.dir) == NULL)
		return -1;
	snprintf(peer.path, sizeof(peer.path), "%s/s", peer.dir);
	strcpy(sa.sun_path, peer.path);
	peer.fd = -1;
	peer.listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	peer.arena = ptn_arena_new(1024 * 1024);
	if (bind(peer.listen_fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    listen(peer.listen_fd, 8) < 0 || peer.arena == NULL)
		return -1;
	peer.side = *state != NULL ? PTN_AUTHORIZER : PTN_PUBLIC;
	peer.received = 0;
	return ptn_gateway_new(&peer.gw) == PTN_OK ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	ptn_gateway_free(&peer.gw);
	ptn_gateway_free(&peer.gw);
	ptn_arena_free(&peer.arena);
	close(peer.listen_fd);
	if (peer.fd >= 0)
		close(peer.fd);
	unlink(peer.path);
	rmdir(peer.dir);
	return 0;
}

static void
test_request(void **state)
{
	(void)state;
	begin_request("POST");
	param("HTTP_COOKIE", "a=1");
	param("HTTP_COOKIE", "b=2");
	param("HTTP_PROXY", "http://evil.example/");
	param("HTTP_PROXY_CONNECTION", "close");
	param("SERVER_NAME", "not used");
	param("REMOTE_ADDR", "192.0.2.1");
	param("CONTENT_LENGTH", "5");
	end_request("hello", 5);
	assert_int_equal(exchange(), PTN_OK);
	assert_int_equal(peer.received, 0);
	assert_int_equal(peer.req.method, PTN_POST);
	assert_string_equal(peer.req.uri, "/a?b");
	assert_string_equal(value_of("REMOTE_ADDR"), "192.0.2.1");
	assert_string_equal(value_of("FCGI_ROLE"), "RESPONDER");
	assert_string_equal(value_of("HTTP_PROXY_CONNECTION"), "close");
	assert_string_equal(value_of("HTTP_COOKIE"), "a=1");
	assert_int_equal(ptn_request_param_count(&peer.req, "HTTP_COOKIE"), 2);
	assert_null(value_of("HTTP_PROXY"));
	assert_null(value_of("SERVER_NAME"));
	assert_int_equal(peer.req.body.len, 5);
	assert_memory_equal(peer.req.body.p, "hello", 5);
	assert_false(peer.req.body_too_large);
	assert_false(peer.req.params_too_large);
}

/* CONTENT_LENGTH against what came; the end of STDIN decides. */
static void
test_lengths(void **state)
{
	static const struct {
		const char *stated; /* NULL: not at all */
		const char *body;
		enum ptn_err want;
	} cases[] = {
		{ NULL, "", PTN_OK },
		{ "", "", PTN_OK },
		{ "0", "", PTN_OK },
		{ "3", "abc", PTN_OK },
		{ NULL, "abc", PTN_OK },
		{ "", "abc", PTN_OK },
		{ "2", "abc", PTN_OK },
		{ "4", "abc", PTN_E_INPUT },
		{ "1", "", PTN_E_INPUT },
		{ "-1", "abc", PTN_E_INPUT },
		{ "+3", "abc", PTN_E_INPUT },
		{ "3x", "abc", PTN_E_INPUT },
		{ " 3", "abc", PTN_E_INPUT },
		{ "99999999999999999999999", "abc", PTN_E_INPUT },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin_request("PUT");
		if (cases[i].stated != NULL)
			param("CONTENT_LENGTH", cases[i].stated);
		end_request(cases[i].body, strlen(cases[i].body));
		assert_int_equal(exchange(), cases[i].want);
		if (cases[i].want == PTN_OK) {
			assert_int_equal(peer.req.body.len,
			    strlen(cases[i].body));
			close(peer.fd);
		} else {
			assert_non_null(strstr(answer(), "Status: 400 "));
		}
	}
}

static void
test_body_limit(void **state)
{
	static uint8_t body[PTN_BODY_MAX + 1];

	(void)state;
	memset(body, 'x', sizeof(body));
	begin_request("POST");
	end_request(body, PTN_BODY_MAX);
	assert_int_equal(exchange(), PTN_OK);
	assert_int_equal(peer.req.body.len, PTN_BODY_MAX);
	assert_false(peer.req.body_too_large);
	close(peer.fd);

	begin_request("POST");
	end_request(body, PTN_BODY_MAX + 1);
	assert_int_equal(exchange(), PTN_OK);
	assert_true(peer.req.body_too_large);
	assert_null(peer.req.body.p);
	/* They are longer than what is looked at. */
	assert_int_equal(peer.received, 2);
}

static void
params_of(size_t n)
{
	begin_request("GET");
	for (; n > 3; n--) /* two are there, and libfcgi adds FCGI_ROLE */
		param("HTTP_X", "y");
	end_request(NULL, 0);
}

static void
test_param_count(void **state)
{
	(void)state;
	params_of(PTN_PARAM_COUNT_MAX);
	assert_int_equal(exchange(), PTN_OK);
	assert_false(peer.req.params_too_large);
	assert_int_equal(peer.req.nparams, PTN_PARAM_COUNT_MAX);
	close(peer.fd);

	params_of(PTN_PARAM_COUNT_MAX + 1);
	assert_int_equal(exchange(), PTN_OK);
	assert_true(peer.req.params_too_large);
	assert_int_equal(peer.req.nparams, PTN_PARAM_COUNT_MAX);
}

static void
test_param_size(void **state)
{
	static char value[PTN_PARAMS_MAX + 1];

	(void)state;
	memset(value, 'x', sizeof(value) - 1);
	begin_request("GET");
	param("HTTP_X", value);
	end_request(NULL, 0);
	assert_int_equal(exchange(), PTN_OK);
	assert_true(peer.req.params_too_large);
	assert_string_equal(peer.req.uri, "/a?b");
	assert_null(value_of("HTTP_X"));
	close(peer.fd);

	begin(RESPONDER, 0);
	param("HTTP_X", value);
	end_request(NULL, 0);
	assert_int_equal(exchange(), PTN_OK);
	assert_true(peer.req.params_too_large);
	assert_string_equal(peer.req.uri, "");
	assert_int_equal(peer.req.method, PTN_METHOD_OTHER);
	close(peer.fd);

	value[PTN_PARAMS_MAX / 2] = '\0';
	begin_request("GET");
	param("HTTP_X", value);
	end_request(NULL, 0);
	assert_int_equal(exchange(), PTN_OK);
	assert_false(peer.req.params_too_large);
	assert_string_equal(value_of("HTTP_X"), value);
}

static void
test_refused(void **state)
{
	(void)state;
	/* Nobody there: another worker took it. */
	assert_int_equal(take(), PTN_E_NOT_FOUND);

	/* No method, no path. */
	begin(RESPONDER, 0);
	param("REQUEST_URI", "/");
	end_request(NULL, 0);
	assert_int_equal(exchange(), PTN_E_INPUT);
	assert_non_null(strstr(answer(), "Status: 400 "));
	begin(RESPONDER, 0);
	param("REQUEST_METHOD", "GET");
	end_request(NULL, 0);
	assert_int_equal(exchange(), PTN_E_INPUT);
	assert_non_null(strstr(answer(), "Status: 400 "));

	/* A role that is not ours gets nothing to go by. */
	begin(FILTER, 0);
	param("REQUEST_METHOD", "GET");
	param("REQUEST_URI", "/");
	end_request(NULL, 0);
	assert_int_equal(exchange(), PTN_E_INPUT);
	assert_string_equal(answer(), "");
}

/* An authorizer gets the variables and no body, whatever they say of one. */
static void
ask_to_authorize(void)
{
	begin(AUTHORIZER, 0);
	param("REQUEST_METHOD", "POST");
	param("REQUEST_URI", "/members/");
	param("CONTENT_LENGTH", "5");
	param("HTTP_COOKIE", "a=1");
	record(4, NULL, 0);
	assert_int_equal(exchange(), PTN_OK);
	assert_true(peer.req.authorizer);
	assert_string_equal(value_of("HTTP_COOKIE"), "a=1");
	assert_int_equal(peer.req.body.len, 0);
}

static void
test_authorizer(void **state)
{
	(void)state;
	ask_to_authorize();
	close(peer.fd);
	begin_request("GET");
	end_request(NULL, 0);
	assert_int_equal(exchange(), PTN_OK);
	assert_false(peer.req.authorizer);
}

/* A socket for that role is deaf to others. */
static void
test_authorizer_only(void **state)
{
	(void)state;
	ask_to_authorize();
	close(peer.fd);
	begin_request("GET");
	end_request(NULL, 0);
	assert_int_equal(exchange(), PTN_E_INPUT);
	assert_string_equal(answer(), "");
}

/* A peer that breaks off after each byte of a request, or talks nonsense. */
static void
test_broken(void **state)
{
	static const char http[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
	size_t cut, whole;
	enum ptn_err r;

	(void)state;
	begin_request("POST");
	end_request("hello", 5);
	whole = peer.len;
	for (cut = 1; cut < whole; cut++) {
		peer.len = cut;
		r = exchange();
		assert_true(r == PTN_E_NOT_FOUND || r == PTN_E_INPUT);
		close(peer.fd);
	}
	peer.len = 0;
	put(http, sizeof(http) - 1);
	assert_int_equal(exchange(), PTN_E_INPUT);
	assert_string_equal(answer(), "");

	begin_request("GET");
	end_request(NULL, 0);
	assert_int_equal(exchange(), PTN_OK);
}

static void
reply_with(int status, const char *reason, const char *body)
{
	struct ptn_reply rep;

	ptn_reply_init(&rep, peer.arena);
	ptn_reply_header(&rep, "X-Request-Id", "1");
	rep.status = status;
	rep.reason = reason;
	rep.type = "text/plain";
	rep.body = ptn_bytes_of(body);
	ptn_gateway_send(peer.gw, &peer.req, &rep);
}

static void
test_replies(void **state)
{
	static const struct {
		const char *method;
		int status;
		const char *reason;
		const char *body;
		const char *want;
	} cases[] = {
		{ "GET", 200, "OK", "hello",
		    "Status: 200 OK\r\nX-Request-Id: 1\r\n"
		    "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\n"
		    "hello" },
		{ "HEAD", 200, "OK", "hello",
		    "Status: 200 OK\r\nX-Request-Id: 1\r\n"
		    "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\n" },
		{ "POST", 204, "No Content", "",
		    "Status: 204 No Content\r\nX-Request-Id: 1\r\n\r\n" },
		{ "GET", 200, "OK", "",
		    "Status: 200 OK\r\nX-Request-Id: 1\r\n"
		    "Content-Length: 0\r\n\r\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin_request(cases[i].method);
		end_request(NULL, 0);
		assert_int_equal(exchange(), PTN_OK);
		reply_with(cases[i].status, cases[i].reason, cases[i].body);
		assert_string_equal(answer(), cases[i].want);
	}
}

/* Also a connection that the web server would keep ends with the reply. */
static void
test_keep_conn(void **state)
{
	(void)state;
	begin(RESPONDER, KEEP_CONN);
	param("REQUEST_METHOD", "GET");
	param("REQUEST_URI", "/");
	end_request(NULL, 0);
	assert_int_equal(exchange(), PTN_OK);
	reply_with(200, "OK", "hello");
	assert_non_null(strstr(answer(), "\r\n\r\nhello"));
	assert_int_equal(take(), PTN_E_NOT_FOUND);
}

/* The reply of a client that has gone is nobody's problem. */
static void
test_client_gone(void **state)
{
	(void)state;
	begin_request("GET");
	end_request(NULL, 0);
	assert_int_equal(exchange(), PTN_OK);
	close(peer.fd);
	peer.fd = -1;
	reply_with(200, "OK", "hello");
	assert_int_equal(take(), PTN_E_NOT_FOUND);
}

int
main(void)
{
	bool authorizes = true;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_request, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lengths, setup, teardown),
		cmocka_unit_test_setup_teardown(test_body_limit, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_param_count, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_param_size, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_authorizer, setup,
		    teardown),
		cmocka_unit_test_prestate_setup_teardown(test_authorizer_only,
		    setup, teardown, &authorizes),
		cmocka_unit_test_setup_teardown(test_broken, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replies, setup, teardown),
		cmocka_unit_test_setup_teardown(test_keep_conn, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_client_gone, setup,
		    teardown),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
