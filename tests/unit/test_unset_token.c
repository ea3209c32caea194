/* What the log says of a token that is not taken: its owner has but that. */
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "fcgi/unset_token.h"
#include "lib/base/array.h"
#include "lib/base/log.h"

#define GOOD "b7Zq0YtX3mKc9RwLh2VdJ5sNe8GfAu4P"

static char folder[] = "/tmp/token-XXXXXX";
static char conf[64], token[64];

static int
make_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(conf, sizeof(conf), "%s/postern.yaml", folder);
	(void)snprintf(token, sizeof(token), "%s/setup-token", folder);
	return 0;
}

static int
remove_folder(void **state)
{
	(void)state;
	(void)unlink(token);
	return rmdir(folder);
}

static void
put(const char *text, size_t len)
{
	const int fd = open(token, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), (ssize_t)len);
	assert_int_equal(close(fd), 0);
}

static void
tell(void *arg, enum ptn_log_level level, const char *text)
{
	(void)level;
	(void)dprintf(*(int *)arg, "%s\n", text);
}

/* In a process of its own, as each place in the code speaks but seldom. */
static bool
is_taken(const char *site, const char *given, char said[512])
{
	int out[2], status;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(out), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		ptn_log_divert(tell, &out[1]);
		_exit(ptn_unset_token_is(conf, site, given) ? 0 : 1);
	}
	(void)close(out[1]);
	n = read(out[0], said, 511);
	said[n > 0 ? n : 0] = '\0';
	(void)close(out[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status) == 0;
}

static void
test_texts(void **state)
{
#define CASE(text, why)                                                        \
	{                                                                      \
		text, sizeof(text) - 1, why                                    \
	}
	static const struct {
		const char *text;
		size_t len;
		const char *why; /* NULL: it is taken */
	} cases[] = {
		CASE(GOOD, NULL),
		CASE(GOOD "\n", NULL),
		CASE(GOOD "\r\n", NULL),
		CASE(GOOD " \n", NULL),
		CASE("\xef\xbb\xbf" GOOD, "begins with a byte order mark"),
		CASE(" " GOOD, "no letter, digit or sign of ASCII"),
		CASE("b7Zq0YtX 3mKc9RwLh2VdJ5sNe8GfAu4P", "such as a space"),
		CASE("b7Zq0YtX\xc3\xa4mKc9RwLh2VdJ5sNe8GfAu4P", "of ASCII"),
		CASE("b\0" GOOD, "no letter, digit or sign of ASCII"),
		CASE(GOOD "\n" GOOD "\n", "has more than one line"),
		CASE("\n" GOOD, "has more than one line"),
		CASE("", "is too easily guessed"),
		CASE("abcdefghijklmnop", "is too easily guessed"),
		CASE("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "guessed"),
		CASE("0123456789012345678901234567890123456", "guessed"),
		CASE("012345678901234567890123456789012345678", NULL),
	};
#undef CASE
	char said[512], given[64];
	size_t i;

	(void)state;
	for (i = 0; i < PTN_ARRAY_LEN(cases); i++) {
		put(cases[i].text, cases[i].len);
		(void)snprintf(given, sizeof(given), "%.*s",
		    (int)strcspn(cases[i].text, " \r\n"), cases[i].text);
		assert_int_equal(is_taken(NULL, given, said),
		    cases[i].why == NULL);
		if (cases[i].why == NULL)
			assert_string_equal(said, "");
		else
			assert_non_null(strstr(said, cases[i].why));
		assert_int_equal(access(token, F_OK), 0);
	}
}

static void
test_place(void **state)
{
	char said[512], above[64];

	(void)state;
	put(GOOD, strlen(GOOD));
	assert_true(is_taken("/", GOOD, said));
	assert_true(is_taken("/nowhere", GOOD, said));
	assert_true(is_taken("", GOOD, said));
	(void)snprintf(above, sizeof(above), "%.*s", (int)strlen(folder) - 1,
	    folder);
	assert_true(is_taken(above, GOOD, said));
	assert_string_equal(said, "");
	assert_false(is_taken(folder, GOOD, said));
	assert_non_null(strstr(said, "lies in the site"));
	assert_false(is_taken("/tmp", GOOD, said));
	assert_int_equal(access(token, F_OK), 0);
	(void)unlink(token);
	/* Nobody is told of a place in which there is none. */
	assert_false(is_taken(folder, GOOD, said));
	assert_string_equal(said, "");
}

/* By the clock of whoever keeps the file, which is not quite this one. */
static void
test_age(void **state)
{
	static const struct {
		time_t ahead; /* seconds */
		const char *why;
	} cases[] = {
		{ 30, NULL },
		{ 300, "is of the future" },
		{ -3000, NULL },
		{ -4000, "is older than an hour" },
	};
	struct timespec times[2];
	char said[512];
	size_t i;

	(void)state;
	for (i = 0; i < PTN_ARRAY_LEN(cases); i++) {
		put(GOOD, strlen(GOOD));
		times[0].tv_sec = times[1].tv_sec =
		    time(NULL) + cases[i].ahead;
		times[0].tv_nsec = times[1].tv_nsec = 0;
		assert_int_equal(utimensat(AT_FDCWD, token, times, 0), 0);
		assert_int_equal(is_taken(NULL, GOOD, said),
		    cases[i].why == NULL);
		if (cases[i].why != NULL)
			assert_non_null(strstr(said, cases[i].why));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_place),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
