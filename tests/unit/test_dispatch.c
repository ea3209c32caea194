#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fcgi/dispatch.h"
#include "fcgi/public/public.h"
#include "lib/account/keysets.h"
#include "lib/base/array.h"
#include "lib/base/log.h"
#include "lib/crypto/crypto.h"
#include "tests/unit/request.h"

/* The database is nowhere: what is asked here does without, or fails. */
static struct ptn_arena *arena;
static struct ptn_db *db;
static struct ptn_tenants *tenants;
static int pipe_fd[2];

static int
setup(void **state)
{
	static struct test_request t;

	(void)state;
	if ((arena = ptn_arena_new(65536)) == NULL ||
	    ptn_crypto_init() != PTN_OK || pipe(pipe_fd) != 0)
		return -1;
	test_request_init(&t, arena);
	t.cf.db_host = t.cf.db_user = t.cf.db_password = t.cf.db_name = "x";
	t.cf.db_socket = "/nonexistent/socket";
	t.cf.db_migrate_user = t.cf.db_migrate_password = "";
	if ((db = ptn_db_new(&t.cf, PTN_DB_SERVE)) == NULL ||
	    (tenants = ptn_tenants_new(&t.cf)) == NULL)
		return -1;
	return fcntl(pipe_fd[0], F_SETFL, O_NONBLOCK) == 0 ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	ptn_tenants_free(&tenants);
	ptn_db_free(&db);
	ptn_arena_free(&arena);
	close(pipe_fd[0]);
	close(pipe_fd[1]);
	return 0;
}

/* Ask, and see whether the request itself has a line in the log. */
static bool
is_logged(struct test_request *t, const char *path)
{
	const int saved = dup(STDERR_FILENO);
	char log[8192];
	ssize_t n;

	t->env.sc.db = t->req.sc.db = db;
	t->env.tenants = tenants;
	t->req.method = PTN_GET;
	t->req.uri = path;
	ptn_log_init(PTN_LOG_DEBUG, "worker");
	dup2(pipe_fd[1], STDERR_FILENO);
	ptn_dispatch(&t->req, &t->rep);
	dup2(saved, STDERR_FILENO);
	close(saved);
	n = read(pipe_fd[0], log, sizeof(log) - 1);
	log[n < 0 ? 0 : n] = '\0';
	return strstr(log, " statements, ") != NULL;
}

/* clang-format off */
static const struct {
	const char *path;
	int status;
	bool log_health, logged;
} requests[] = {
	{ "/health/alive", 200, false, false },
	{ "/health/alive", 200, true, true },
	{ "/health/ready", 503, false, false },
	{ "/health/ready", 503, true, true },
	{ "/.well-known/config", 200, false, true },
	{ "/nowhere", 404, false, true },
};
/* clang-format on */

static void
test_log(void **state)
{
	struct test_request t;
	size_t i;

	(void)state;
	for (i = 0; i < PTN_ARRAY_LEN(requests); i++) {
		print_message("# %s\n", requests[i].path);
		test_request_init(&t, arena);
		t.cf.log_health = requests[i].log_health;
		assert_int_equal(is_logged(&t, requests[i].path),
		    requests[i].logged);
		assert_int_equal(t.rep.status, requests[i].status);
	}
}

/* The key set needs a database once; here its handler is asked alone. */
static void
test_key_set(void **state)
{
	static char secret[] = "a secret of more than sixteen bytes";
	static char *list[] = { secret };
	const struct ptn_strs l = { list, 1 };
	struct ptn_secrets *secrets;
	struct test_request t;

	(void)state;
	test_request_init(&t, arena);
	assert_int_equal(ptn_secrets_new(&secrets, &l), PTN_OK);
	assert_int_equal(ptn_keysets_new(&t.env.sc.keys, &t.cf, secrets),
	    PTN_OK);
	t.req.sc = t.env.sc;
	assert_int_equal(ptn_public_well_known_jwks(&t.req, &t.rep), PTN_OK);
	assert_true(t.rep.routine);
	assert_string_equal((const char *)t.rep.raw.p, "{\"keys\":[]}");
	ptn_keysets_free(&t.env.sc.keys);
	ptn_secrets_free(&secrets);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_key_set),
	};

	return cmocka_run_group_tests_name("dispatch", tests, setup, teardown);
}
