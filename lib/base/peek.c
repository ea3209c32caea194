#include "lib/base/peek.h"

#include <sys/wait.h>

#include <string.h>

/* The status of waitpid(2) for what waitid(2) says. */
static int
status_of(const siginfo_t *si)
{
	switch (si->si_code) {
	case CLD_EXITED:
		return W_EXITCODE(si->si_status, 0);
	case CLD_DUMPED:
		return W_EXITCODE(0, si->si_status) | WCOREFLAG;
	case CLD_STOPPED:
	case CLD_TRAPPED:
		return W_STOPCODE(si->si_status);
	case CLD_CONTINUED:
		return __W_CONTINUED;
	default:
		return W_EXITCODE(0, si->si_status);
	}
}

pid_t
ptn_peek(pid_t pid, int how, int *status)
{
	siginfo_t si;

	memset(&si, 0, sizeof(si)); /* says nothing: leaves it as it is */
	/* WUNTRACED is WSTOPPED, by another name. */
	if (waitid(pid < 0 ? P_ALL : P_PID, pid < 0 ? 0 : (id_t)pid, &si,
		how | WEXITED | WNOWAIT) != 0)
		return -1;
	if (si.si_pid != 0)
		*status = status_of(&si);
	return si.si_pid;
}
