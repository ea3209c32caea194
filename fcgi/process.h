#ifndef PTN_PROCESS_H
#define PTN_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "fcgi/orphan.h"
#include "fcgi/side.h"
#include "fcgi/tally.h"
#include "lib/base/beat.h"
#include "lib/base/err.h"
#include "lib/crypto/hashgate.h"
#include "lib/crypto/secrets.h"

struct ptn_conf;
struct ptn_receipt;

#define PTN_START_MS 30000     /* a child is ready by then */
#define PTN_WAIT_BEAT_MS 10000 /* who waits shows that often that it does */

/* What a process of ours is there for. */
enum ptn_process_role {
	PTN_WORKER = 0,
	PTN_COURIER,  /* writes mail, and starts programs that send it */
	PTN_RECEIVER, /* takes requests that are not whole, until they are */
	PTN_ALONE,    /* a worker that is its own courier and receiver */
	PTN_ROLE__MAX
};

/*
 * What the supervisor shares with its children: a line for each, in memory
 * mapped before forking.  The child writes, the supervisor reads.
 */
struct ptn_score {
	struct ptn_beat beat;
	_Atomic int64_t busy_since_ms; /* monotonic; 0: waiting for a request */
	_Atomic uint64_t requests;
	_Atomic int ready; /* 1: in its accept loop */
	_Atomic int64_t memory; /* bytes, as last seen (memory.h) */
};

/*
 * What a courier knows of the mails that are being delivered outlives it: when
 * it dies, the programs that deliver become children of the supervisor, which
 * notes how they end, and the next courier goes on with both.
 */
#define PTN_COURIER_MEMORY 32768 /* bytes, of zeros at first */

struct ptn_deliveries {
	struct ptn_orphans orphans;
	_Alignas(16) unsigned char memory[PTN_COURIER_MEMORY];
};

/* What a child of the supervisor, or a lone worker, runs with. */
struct ptn_child {
	const struct ptn_conf *cf;
	const struct ptn_secrets *secrets;
	struct ptn_hashgate *gate;
	struct ptn_score *score;	   /* NULL without a supervisor */
	struct ptn_deliveries *deliveries; /* NULL without a supervisor */
	struct ptn_receipt *receipts;	   /* of these; the same */
	int receipts_fd;		   /* -1 */
	const struct ptn_tally *tally;   /* NULL without a supervisor */
	/* Of all children: workers, then courier and receiver; NULL. */
	const struct ptn_score *scores;
	size_t nworkers;
	int listen_fd[PTN_SIDE__MAX];	   /* by enum ptn_side; -1: none */
	int wake_fd[2]; /* pipe: the courier reads [0], workers write [1] */
	int receive_fd; /* to the receiver (handover.h); -1: none */
	int whole_fd;	/* and back, to any worker; -1: none */
	pid_t parent;	/* the supervisor; 0: none */
	const _Atomic int *draining; /* 1: told to leave are all of us; NULL */
	bool alone; /* no supervisor: drain the outbox after replies */
};

/*
 * Told to leave, a child goes at once, or with all others of its generation:
 * then it stays for what the receiver holds.
 */
bool ptn_child_drains(const struct ptn_child *child);

/*
 * Sub-command serve: pick the way we were started, and run until told.
 *
 * conf_path	the configuration, or NULL to search for it.
 * set		NULL-terminated overrides "PATH=VALUE", or NULL.
 *
 * Sockets in LISTEN_FDS, or none at all: the supervisor.  A listening socket
 * on descriptor 0: one worker on it, in this process.  Returns the exit
 * status.
 */
int ptn_serve(const char *conf_path, const char *const *set);

/* How the program was started; lives as long as the process. */
struct ptn_start {
	const char *conf_path;	      /* or NULL */
	const char *const *set;	      /* or NULL */
	int inherited[PTN_SIDE__MAX]; /* sockets bound by others; -1: none */
};

/*
 * Load and check a configuration and derive its keys (main.c has started the
 * cryptography).  Faults go to err, in plain words.  Returns PTN_OK, or
 * PTN_E_CONFIG with nothing to release.
 */
enum ptn_err ptn_process_load(const struct ptn_start *start, FILE *err,
    struct ptn_conf **cf, struct ptn_secrets **secrets) PTN_MUST_USE;

/*
 * Bind, fork, reap and replace until told to leave.  Takes cf and secrets
 * over.  Returns the exit status.
 */
int ptn_supervisor_run(const struct ptn_start *start, struct ptn_conf *cf,
    struct ptn_secrets *secrets);

/* The bodies of the children.  They return when told to leave. */
int ptn_worker_run(const struct ptn_child *child);
int ptn_courier_run(const struct ptn_child *child);
int ptn_receiver_run(const struct ptn_child *child);

/*
 * Send what is due, once, and expire old rows if expire is set: what
 * "postern courier --once" and a lone worker do.
 */
enum ptn_err ptn_courier_once(const struct ptn_conf *cf,
    const struct ptn_secrets *secrets, bool expire) PTN_MUST_USE;

/*
 * Signals: TERM, INT and USR1 ask to leave, HUP to reload (supervisor only),
 * CHLD tells of a child.  Handlers set a flag and nothing else.
 */
struct ptn_signals {
	_Atomic int leave;
	_Atomic int reload;
	_Atomic int child;
};
extern struct ptn_signals ptn_signals;

/*
 * Install the handlers and block the signals: from here on they arrive only
 * while a wait function below waits, so that none is lost between looking at
 * a flag and going to sleep, and none interrupts a library's system call.
 * Programs started from here must get an empty signal mask of their own.
 */
void ptn_signals_block(void);

/* In a child of the supervisor: forget its flags; INT and HUP are its own. */
void ptn_signals_child(void);

/*
 * Wait for any of n descriptors to be readable, with the signals let
 * through.
 *
 * readable	n truths, written with PTN_OK only; or NULL when n is 0.
 * timeout_ms	< 0 waits for ever.
 *
 * Returns PTN_OK, PTN_E_NOT_FOUND (a signal came: look at the flags),
 * PTN_E_EXPIRED (timeout_ms passed) or PTN_E_INTERNAL.
 */
enum ptn_err ptn_wait_fds(const int *fds, size_t n, int timeout_ms,
    bool *readable) PTN_MUST_USE;

/*
 * The same for sockets that many processes wait for: a connection wakes one
 * of the waiting processes instead of all (epoll(7), EPOLLEXCLUSIVE).
 *
 * waiter	a descriptor; close(2) it.  Not to be shared across fork(2).
 * fds		n descriptors; -1 are skipped.
 * which	index into fds of one that is readable; they take turns.
 *
 * Codes as of ptn_wait_fds().
 */
enum ptn_err ptn_waiter_open(const int *fds, size_t n,
    int *waiter) PTN_MUST_USE;
enum ptn_err ptn_waiter_add(int waiter, int fd, size_t which) PTN_MUST_USE;
/* To be told not that there is something to read, but room to write. */
enum ptn_err ptn_waiter_add_room(int waiter, int fd, size_t which) PTN_MUST_USE;
/* A descriptor that others have as well is not forgotten by closing it. */
void ptn_waiter_remove(int waiter, int fd);
enum ptn_err ptn_waiter_wait(int waiter, int timeout_ms,
    size_t *which) PTN_MUST_USE;

/* Whom to run as: looked up once, before forking. */
#define PTN_GROUPS_MAX 64
struct ptn_identity {
	bool change; /* started by root: become this */
	uid_t uid;
	gid_t gid;
	gid_t group[PTN_GROUPS_MAX]; /* supplementary */
	int ngroups;
};

/*
 * The configured user and group, who must be named when we are root, and are
 * left alone when we are not.  PTN_E_CONFIG: no such user or group, none
 * named, or root.
 */
enum ptn_err ptn_process_identity(const struct ptn_conf *cf,
    struct ptn_identity *id) PTN_MUST_USE;

/*
 * Lock the process down, for good: the identity, no core file, not dumpable,
 * few descriptors, no new privileges, and no more memory than its role can
 * have a use for.
 *
 * A local sendmail is often set-group-id (Postfix's postdrop), so whoever
 * hands mail to one keeps the possibility of new privileges.
 *
 * Returns PTN_OK or PTN_E_INTERNAL.
 */
enum ptn_err ptn_process_confine(const struct ptn_conf *cf,
    const struct ptn_identity *id, enum ptn_process_role role) PTN_MUST_USE;

/*
 * Bound the address space: what there is now, and headroom bytes more; 0
 * takes the bound away.  It is a soft limit, which programs started from here
 * inherit.
 */
void ptn_process_bound(size_t headroom);
/* How many bytes it may be for a role; 0: not bounded. */
size_t ptn_process_headroom(const struct ptn_conf *cf,
    enum ptn_process_role role);

/*
 * Descriptors that the receiver may have beside one a request: of its own, and
 * of the file by which the request that is just handed on goes.
 */
#define PTN_FILES_SPARE 64

/* Secrets stay out of core files and of other processes' sight. */
void ptn_process_hide(void);

/*
 * Ask for TERM when the parent dies, so that nothing is orphaned.  After
 * ptn_process_confine(): a change of user clears the wish.  PTN_E_GONE if
 * the parent is dead already.
 */
enum ptn_err ptn_process_follow(pid_t parent) PTN_MUST_USE;

/* A number from the environment; -1 if there is none. */
long ptn_process_env_number(const char *name);

/* Tell systemd, if it asked: "READY=1".  See sd_notify(3). */
void ptn_process_notify(const char *state);

/*
 * How often this process is to tell systemd "WATCHDOG=1", in milliseconds:
 * twice in the time after which it is taken for dead.  0: never, nobody
 * waits for it.  See sd_watchdog_enabled(3).
 */
int64_t ptn_process_watchdog_ms(void);

#endif
