/* A configuration's text: a fresh one, one that is changed, and its file. */
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/conf/conf.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static char dir[] = "/tmp/test-conf-edit.XXXXXX";
static char file[64];
static struct ptn_arena *arena;
static char *said;

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(file, sizeof(file), "%s/postern.yaml", dir);
	arena = ptn_arena_new((size_t)16 * 1024 * 1024);
	return arena != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	free(said);
	(void)unlink(file);
	ptn_arena_free(&arena);
	return rmdir(dir);
}

static FILE *
listen_to(size_t *len)
{
	FILE *f;

	free(said);
	said = NULL;
	f = open_memstream(&said, len);
	assert_non_null(f);
	return f;
}

static void
write_text(const char *path, const char *text, bool replace, enum ptn_err want)
{
	size_t len;
	FILE *err = listen_to(&len);
	enum ptn_err r = ptn_conf_write(path, text, replace, err);

	assert_int_equal(fclose(err), 0);
	if (r != want)
		fail_msg("%s", said);
}

static struct ptn_conf *
load(void)
{
	struct ptn_conf *cf = NULL;
	size_t len;
	FILE *err = listen_to(&len);

	if (ptn_conf_load(&cf, file, NULL, err) != PTN_OK)
		(void)fflush(err);
	assert_int_equal(fclose(err), 0);
	if (cf == NULL)
		fail_msg("%s", said);
	assert_string_equal(said, "");
	return cf;
}

static const char *
edited(const char *text, const char *path, const char *value)
{
	const char *out = NULL;
	enum ptn_err r = ptn_conf_edit(arena, text, path, value, &out);

	if (r != PTN_OK)
		fail_msg("%s: %s", path, ptn_err_name(r));
	return out;
}

/* What is fresh can be used as it is, and no two have the same secret. */
static void
test_fresh(void **state)
{
	const char *text = ptn_conf_fresh(arena);
	struct ptn_conf *cf;
	char first[64];

	(void)state;
	assert_non_null(text);
	write_text(file, text, false, PTN_OK);
	cf = load();
	assert_int_equal(cf->secrets.n, 1);
	assert_int_equal(strlen(cf->secrets.v[0]), 43);
	(void)snprintf(first, sizeof(first), "%s", cf->secrets.v[0]);
	ptn_conf_free(&cf);
	write_text(file, ptn_conf_fresh(arena), true, PTN_OK);
	cf = load();
	assert_string_not_equal(cf->secrets.v[0], first);
	ptn_conf_free(&cf);
	assert_int_equal(unlink(file), 0);
}

/* One that exists is replaced by order only, and keeps whom it is for. */
static void
test_write(void **state)
{
	char deep[256], parent[128];
	struct stat st;

	(void)state;
	write_text(file, "# one\n", false, PTN_OK);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0037, 0);
	write_text(file, "# two\n", false, PTN_E_CONFLICT);
	assert_non_null(strstr(said, "exists, and is left as it is"));
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_size, 6);
	assert_int_equal(chmod(file, 0400), 0);
	write_text(file, "# three\n", true, PTN_OK);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0400);
	assert_int_equal(st.st_size, 8);
	assert_int_equal(unlink(file), 0);
	/* Its folder is made, and where there can be none it is said. */
	(void)snprintf(parent, sizeof(parent), "%s/a", dir);
	(void)snprintf(deep, sizeof(deep), "%s/b/postern.yaml", parent);
	write_text(deep, "# one\n", false, PTN_OK);
	assert_int_equal(unlink(deep), 0);
	(void)snprintf(deep, sizeof(deep), "%s/b", parent);
	assert_int_equal(rmdir(deep), 0);
	assert_int_equal(rmdir(parent), 0);
	write_text("/proc/none/postern.yaml", "#\n", false, PTN_E_INTERNAL);
	assert_non_null(strstr(said,
	    "/proc/none/postern.yaml: cannot be "
	    "written: "));
}

/* A link leads to the file: that is changed, and the link stays. */
static void
test_link(void **state)
{
	char link_path[128], text[16] = "";
	struct stat st;
	FILE *f;

	(void)state;
	(void)snprintf(link_path, sizeof(link_path), "%s/link", dir);
	write_text(file, "# one\n", false, PTN_OK);
	assert_int_equal(symlink(file, link_path), 0);
	write_text(link_path, "# two\n", true, PTN_OK);
	assert_int_equal(lstat(link_path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	f = fopen(file, "r");
	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	(void)fclose(f);
	assert_string_equal(text, "# two\n");
	(void)unlink(link_path);
	(void)unlink(file);
}

static void
test_edit(void **state)
{
	static const struct {
		const char *text, *path, *value, *out;
	} cases[] = {
		/* A value on its line; the comment stays in its column. */
		{ "service:\n  name: \"x\"      # people see it\n",
		    "service.name", "Ann's \"Shop\"",
		    "service:\n  name: \"Ann's \\\"Shop\\\"\" # people see it\n" },
		{ "service:\n  name: 'a # b'     # c\n", "service.name", "d",
		    "service:\n  name: \"d\"         # c\n" },
		/* Without quotes what is no text. */
		{ "session:\n  limit: 5\n", "session.limit", "7",
		    "session:\n  limit: 7\n" },
		{ "session:\n  cookie:\n    secure: true\n",
		    "session.cookie.secure", "false",
		    "session:\n  cookie:\n    secure: false\n" },
		/* A list of lines becomes one of one; what is said stays. */
		{ "webauthn:\n  relying_party:\n    origins: # where\n"
		  "      - \"http://a\"\n      # and\n      - \"http://b\"\n"
		  "    id: \"a\"\n",
		    "webauthn.relying_party.origins", "https://c, https://d",
		    "webauthn:\n  relying_party:\n"
		    "    origins: [\"https://c\", \"https://d\"] # where\n"
		    "      # and\n    id: \"a\"\n" },
		/* As deep as its section, or at the end of it. */
		{ "service:\n  name: \"x\"\nserver:\n    workers: 3\n\n"
		  "# The log.\nlog:\n  level: info\n",
		    "server.public.base_path", "/id",
		    "service:\n  name: \"x\"\nserver:\n    workers: 3\n"
		    "    public:\n      base_path: \"/id\"\n\n"
		    "# The log.\nlog:\n  level: info\n" },
		/* A section of comments only, and none at all. */
		{ "database:\n  # socket: \"x\"\nlog:\n  level: info\n",
		    "database.user", "me",
		    "database:\n  user: \"me\"\n  # socket: \"x\"\nlog:\n"
		    "  level: info\n" },
		{ "log:\n  level: info\n", "database.user", "me",
		    "log:\n  level: info\n\ndatabase:\n  user: \"me\"\n" },
		{ "# nothing\n", "database.user", "me",
		    "# nothing\n\ndatabase:\n  user: \"me\"\n" },
		/* The name of a key is not that of its like elsewhere. */
		{ "email_delivery:\n  smtp:\n    user: \"a\"\n"
		  "database:\n  user: \"b\"\n",
		    "database.user", "c",
		    "email_delivery:\n  smtp:\n    user: \"a\"\n"
		    "database:\n  user: \"c\"\n" },
		{ "log:\n  level: info", "log.level", "warn",
		    "log:\n  level: warn\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++)
		assert_string_equal(
		    edited(cases[i].text, cases[i].path, cases[i].value),
		    cases[i].out);
}

/* Rather nothing than something else. */
static void
test_edit_refused(void **state)
{
	static const struct {
		const char *text, *path;
		enum ptn_err r;
	} cases[] = {
		{ "", "database.nothing", PTN_E_NOT_FOUND },
		{ "", "database", PTN_E_NOT_FOUND },
		{ "", "third_party.x", PTN_E_NOT_FOUND },
		{ "database: {port: 1}\n", "database.user",
		    PTN_E_UNPROCESSABLE },
		{ "tenants:\n  hosts: [\"a x\",\n    \"b y\"]\n",
		    "tenants.paths", PTN_OK },
		{ "database:\n  user: >\n    folded\n    text\n",
		    "database.user", PTN_OK },
		{ "\"database\":\n  user: \"x\"\n", "database.user",
		    PTN_E_UNPROCESSABLE },
		{ "database.user: \"x\"\n", "database.user",
		    PTN_E_UNPROCESSABLE },
		{ "a: &b c\n", "database.user", PTN_E_INPUT },
		{ "a: b\na: c\n", "database.user", PTN_E_INPUT },
	};
	const char *out;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		out = NULL;
		assert_int_equal(ptn_conf_edit(arena, cases[i].text,
				     cases[i].path, "x", &out),
		    cases[i].r);
		assert_true((out != NULL) == (cases[i].r == PTN_OK));
	}
	/* A word where a number belongs is for the check to find. */
	assert_int_equal(
	    ptn_conf_edit(arena, "", "session.limit", "a: b", &out),
	    PTN_E_UNPROCESSABLE);
}

static void
test_set_in(void **state)
{
	static const char text[] =
	    "service: {name: Postern}\n"
	    "database:\n  user: \"me\"\n  password: \"\"\n"
	    "webauthn:\n  relying_party:\n    origins:\n"
	    "      - \"https://a\"\n      - https://b\n"
	    "email_delivery:\n  smtp: {port: 465}\n";

	(void)state;
	assert_string_equal(ptn_conf_set_in(arena, text, "database.user"),
	    "me");
	assert_string_equal(
	    ptn_conf_set_in(arena, text, "webauthn.relying_party.origins"),
	    "https://a,https://b");
	/* The default, nothing, nowhere, no such key. */
	assert_null(ptn_conf_set_in(arena, text, "service.name"));
	assert_null(ptn_conf_set_in(arena, text, "email_delivery.smtp.port"));
	assert_null(ptn_conf_set_in(arena, text, "database.password"));
	assert_null(ptn_conf_set_in(arena, text, "database.host"));
	assert_null(ptn_conf_set_in(arena, text, "database.nothing"));
}

/* Every key can be set in a fresh one, and what comes of it loads. */
static void
test_edit_fresh(void **state)
{
	const char *text = ptn_conf_fresh(arena);
	struct ptn_conf *cf;

	(void)state;
	text = edited(text, "webauthn.relying_party.id", "example.org");
	text = edited(text, "webauthn.relying_party.origins",
	    "https://www.example.org");
	text = edited(text, "session.cookie.name", "__Host-hanko");
	text = edited(text, "server.public.base_path", "/id");
	text = edited(text, "server.socket.mode", "0600");
	text = edited(text, "database.migrate_user", "two");
	text = edited(text, "database.password", "a\\b\"c'd#e");
	text = edited(text, "email_delivery.transport", "sendmail");
	text = edited(text, "session.lifespan", "1h");
	write_text(file, text, false, PTN_OK);
	cf = load();
	assert_string_equal(cf->rp_id, "example.org");
	assert_int_equal(cf->rp_origins.n, 1);
	assert_string_equal(cf->cookie_name, "__Host-hanko");
	assert_string_equal(cf->base_path, "/id");
	assert_int_equal(cf->socket_mode, 0600);
	assert_string_equal(cf->db_migrate_user, "two");
	assert_string_equal(cf->db_password, "a\\b\"c'd#e");
	assert_int_equal(cf->mail_transport, PTN_MAIL_SENDMAIL);
	assert_int_equal(cf->session_lifespan_s, 3600);
	ptn_conf_free(&cf);
	(void)unlink(file);
}

static void
test_tells_secret(void **state)
{
	(void)state;
	assert_true(ptn_conf_tells_secret("database.password", "x"));
	assert_true(ptn_conf_tells_secret("secrets.keys", "x"));
	assert_false(ptn_conf_tells_secret("database.password", "file:/x"));
	assert_false(ptn_conf_tells_secret("database.password", "env:X"));
	assert_false(ptn_conf_tells_secret("database.password", ""));
	assert_false(ptn_conf_tells_secret("database.user", "x"));
	assert_false(ptn_conf_tells_secret("nothing", "x"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fresh),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_link),
		cmocka_unit_test(test_edit),
		cmocka_unit_test(test_edit_refused),
		cmocka_unit_test(test_set_in),
		cmocka_unit_test(test_edit_fresh),
		cmocka_unit_test(test_tells_secret),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
