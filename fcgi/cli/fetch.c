#define _GNU_SOURCE /* pipe2(2) */

#include "fcgi/cli/fetch.h"

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "lib/base/home.h"

#define ANSWER_MAX ((size_t)160 * 1024)
#define NO_PROGRAM 127

static void
run_program(void)
{
	static const char name[] = "postern-fetch";
	char path[PATH_MAX];

	if (ptn_home_program(name, path, sizeof(path)))
		(void)execl(path, path, (char *)NULL);
	_exit(NO_PROGRAM);
}

static void
child(const int in[2], const int out[2])
{
	if (dup2(in[0], STDIN_FILENO) < 0 || dup2(out[1], STDOUT_FILENO) < 0 ||
	    dup2(out[1], STDERR_FILENO) < 0)
		_exit(NO_PROGRAM);
	run_program();
}

/* The whole request is less than a pipe holds. */
static void
write_ask(int fd, const struct ptn_fetch *ask)
{
	FILE *f = fdopen(fd, "w");
	const char *ca = ask->ca;
	size_t i;

	if (f == NULL) {
		(void)close(fd);
		return;
	}
	(void)fprintf(f, "url %s\nmethod %s\nbody %ld\npause %ld\n", ask->url,
	    ask->method != NULL ? ask->method : "GET", ask->body,
	    ask->pause_ms);
	if (ask->ca == NULL || ask->ca[0] == '\0')
		ca = ptn_home_authorities();
	if (ca[0] != '\0')
		(void)fprintf(f, "ca %s\n", ca);
	for (i = 0; i < PTN_FETCH_HEADERS && ask->header[i] != NULL; i++)
		(void)fprintf(f, "header %s\n", ask->header[i]);
	(void)fclose(f);
}

/* All that it says, with a NUL behind it. */
static size_t
read_answer(int fd, char *buf)
{
	size_t len = 0;
	ssize_t n;

	while (len < ANSWER_MAX &&
	    ((n = read(fd, buf + len, ANSWER_MAX - len)) > 0 ||
		(n < 0 && errno == EINTR)))
		len += n > 0 ? (size_t)n : 0;
	buf[len] = '\0';
	(void)close(fd);
	return len;
}

/* Run the program; its exit status, or -1. */
static int
converse(const struct ptn_fetch *ask, char *buf)
{
	int in[2], out[2], status;
	pid_t pid;

	if (pipe2(in, O_CLOEXEC) != 0)
		return -1;
	if (pipe2(out, O_CLOEXEC) != 0) {
		(void)close(in[0]);
		(void)close(in[1]);
		return -1;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	pid = fork();
	if (pid == 0)
		child(in, out);
	(void)close(in[0]);
	(void)close(out[1]);
	write_ask(in[1], ask);
	(void)read_answer(out[0], buf);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static enum ptn_err
no_answer(struct ptn_fetch_answer *out, int status, char *said)
{
	said[strcspn(said, "\n")] = '\0';
	out->why = said;
	if (status == NO_PROGRAM || status < 0)
		out->why = "the program postern-fetch is not installed "
			   "(the package postern-mail has it)";
	return PTN_E_UNAVAILABLE;
}

/* "200 192.0.2.1\n", the head, an empty line, the body. */
static enum ptn_err
take_apart(struct ptn_fetch_answer *out, char *text)
{
	char *address = strchr(text, ' ');
	char *head = strchr(text, '\n');
	char *end;

	if (address == NULL || head == NULL || address > head)
		return no_answer(out, 0, text);
	*address++ = '\0';
	*head++ = '\0';
	out->status = atoi(text);
	out->address = address;
	out->head = head;
	out->body = "";
	if ((end = strstr(head, "\r\n\r\n")) != NULL) {
		end[2] = '\0';
		out->body = end + 4;
	}
	return PTN_OK;
}

enum ptn_err
ptn_fetch(struct ptn_arena *a, const struct ptn_fetch *ask,
    struct ptn_fetch_answer *out)
{
	char *buf = ptn_arena_alloc(a, ANSWER_MAX + 1);
	int status;

	memset(out, 0, sizeof(*out));
	out->why = "out of memory";
	if (buf == NULL)
		return PTN_E_NOMEM;
	status = converse(ask, buf);
	if (status != 0)
		return no_answer(out, status, buf);
	out->why = NULL;
	return take_apart(out, buf);
}

const char *
ptn_fetch_header(struct ptn_arena *a, const struct ptn_fetch_answer *f,
    const char *name)
{
	const size_t len = strlen(name);
	const char *p = f->head;

	while ((p = strstr(p, "\r\n")) != NULL) {
		p += 2;
		if (strncasecmp(p, name, len) == 0 && p[len] == ':') {
			p += len + 1;
			p += strspn(p, " \t");
			return ptn_arena_strndup(a, p, strcspn(p, "\r\n"));
		}
	}
	return NULL;
}
