/*
 * How long from exec to the first answer: start a command, ask it over its
 * unix socket (a FastCGI GET) until the answer is 200, end it with TERM.
 *
 * usage: start COUNT SOCKET URI COMMAND...
 *
 * Prints one line a start: milliseconds.
 */
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <fastcgi.h>

#define DEADLINE_S 20
#define LOOK_US 100
#define RECORD_MAX 1024
#define ANSWER_MAX 8192

static pid_t child;

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "start: %s\n", what);
	if (child > 0)
		(void)kill(child, SIGTERM);
	exit(1);
}

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Put a record of type and content behind what p holds. */
static size_t
record(uint8_t *p, uint8_t type, const uint8_t *content, size_t len)
{
	const uint8_t head[FCGI_HEADER_LEN] = { FCGI_VERSION_1, type, 0, 1,
		(uint8_t)(len >> 8), (uint8_t)len };

	memcpy(p, head, sizeof(head));
	if (len > 0)
		memcpy(p + sizeof(head), content, len);
	return sizeof(head) + len;
}

static size_t
pair(uint8_t *p, const char *name, const char *value)
{
	size_t n = strlen(name), v = strlen(value);

	if (n > 127 || v > 127)
		die("URI is too long");
	p[0] = (uint8_t)n;
	p[1] = (uint8_t)v;
	memcpy(p + 2, name, n);
	memcpy(p + 2 + n, value, v);
	return 2 + n + v;
}

static size_t
make_request(uint8_t out[RECORD_MAX], const char *uri)
{
	const uint8_t begin[8] = { 0, FCGI_RESPONDER };
	uint8_t params[RECORD_MAX / 2];
	size_t len = 0, n = 0;

	n += pair(params + n, "REQUEST_METHOD", "GET");
	n += pair(params + n, "REQUEST_URI", uri);
	n += pair(params + n, "REMOTE_ADDR", "127.0.0.1");
	len += record(out + len, FCGI_BEGIN_REQUEST, begin, sizeof(begin));
	len += record(out + len, FCGI_PARAMS, params, n);
	len += record(out + len, FCGI_PARAMS, NULL, 0);
	len += record(out + len, FCGI_STDIN, NULL, 0);
	return len;
}

/* One question; true if the answer has status 200. */
static bool
ask(const char *path, const uint8_t *request, size_t len)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char text[ANSWER_MAX + 1];
	size_t got = 0;
	ssize_t n = 0;
	int fd;

	if ((fd = socket(AF_UNIX, SOCK_STREAM, 0)) < 0)
		die("no socket");
	strcpy(to.sun_path, path);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 &&
	    write(fd, request, len) == (ssize_t)len)
		while (got < ANSWER_MAX &&
		    (n = read(fd, text + got, ANSWER_MAX - got)) > 0)
			got += (size_t)n;
	close(fd);
	text[got] = '\0';
	return got > FCGI_HEADER_LEN &&
	    strstr(text + FCGI_HEADER_LEN, "Status: 200") != NULL;
}

static double
start_once(const char *path, const uint8_t *request, size_t len, char **command)
{
	const struct timespec look = { 0, LOOK_US * 1000L };
	double began, at;

	(void)unlink(path);
	began = now();
	if ((child = fork()) < 0)
		die("fork failed");
	if (child == 0) {
		execv(command[0], command);
		_exit(127);
	}
	while (!ask(path, request, len)) {
		if (now() - began > DEADLINE_S)
			die("no answer");
		if (waitpid(child, NULL, WNOHANG) != 0)
			die("the command ended");
		(void)nanosleep(&look, NULL);
	}
	at = now();
	(void)kill(child, SIGTERM);
	(void)waitpid(child, NULL, 0);
	return (at - began) * 1000;
}

int
main(int argc, char **argv)
{
	struct sockaddr_un to;
	uint8_t request[RECORD_MAX];
	size_t len;
	int i;

	if (argc < 5)
		die("usage: start COUNT SOCKET URI COMMAND...");
	if (strlen(argv[2]) >= sizeof(to.sun_path))
		die("SOCKET is too long");
	len = make_request(request, argv[3]);
	for (i = 0; i < atoi(argv[1]); i++)
		printf("%.3f\n", start_once(argv[2], request, len, argv + 4));
	return 0;
}
