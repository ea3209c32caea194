#include "fcgi/cli/setup.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define LINE_MAX_BYTES 4096

static volatile sig_atomic_t interrupted;

static void
on_interrupt(int sig)
{
	interrupted = sig;
}

/* No buffer, as a password may be the line behind. */
const char *
ptn_setup_read_line(struct ptn_arena *a, int fd)
{
	char line[LINE_MAX_BYTES];
	const char *copy;
	size_t len = 0;
	ssize_t n = 0;

	while (len < sizeof(line) && (n = read(fd, line + len, 1)) == 1 &&
	    line[len] != '\n')
		len++;
	copy = (n > 0 || len > 0) && n >= 0 && len < sizeof(line)
	    ? ptn_arena_strndup(a, line, len)
	    : NULL;
	ptn_wipe(line, sizeof(line));
	return copy;
}

/*
 * With the terminal as it was afterwards, whatever key was pressed.  What was
 * typed before is dropped, so the question comes after that.
 */
const char *
ptn_setup_read_hidden(struct ptn_arena *a, const char *question)
{
	struct sigaction sa = { .sa_handler = on_interrupt }, was;
	struct termios seen, hidden;
	const char *line;

	if (tcgetattr(STDIN_FILENO, &seen) != 0)
		return NULL;
	hidden = seen;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	sigemptyset(&sa.sa_mask);
	interrupted = 0;
	(void)sigaction(SIGINT, &sa, &was);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	(void)printf("%s: ", question);
	(void)fflush(stdout);
	line = ptn_setup_read_line(a, STDIN_FILENO);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &seen);
	(void)sigaction(SIGINT, &was, NULL);
	(void)fputc('\n', stdout);
	if (interrupted != 0)
		(void)raise(SIGINT);
	return line;
}

const char *
ptn_setup_read_file(struct ptn_arena *a, const char *path)
{
	const char *line;
	int fd;

	if (strcmp(path, "-") == 0)
		return ptn_setup_read_line(a, STDIN_FILENO);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return NULL;
	line = ptn_setup_read_line(a, fd);
	(void)close(fd);
	return line;
}
