#ifndef PTN_MAIL_DELIVER_H
#define PTN_MAIL_DELIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/format/address.h"

struct ptn_conf;

/*
 * Mail handed over to whoever carries it, by cf->mail_transport: the helper
 * postern-smtp (which alone links libcurl) or a local sendmail.  Both are
 * programs that get all they need on standard input: nothing secret is in
 * their arguments or environment, and no descriptor of ours is open in them.
 */

/* What became of a mail that was handed over. */
enum ptn_delivery {
	PTN_DELIVERY_LATER = 0, /* try again */
	PTN_DELIVERY_REFUSED,	/* that, but it is we who are refused */
	PTN_DELIVERY_NEVER,	/* this mail is refused for good */
	PTN_DELIVERY_DONE
};

#define PTN_DELIVER_TIMEOUT_S 60 /* then the program is killed */
#define PTN_DELIVER_STEP_S 20	 /* to start it, or to see its end */
#define PTN_DELIVER_SAID_MAX 256

/*
 * A mail that is being handed over: a program at work.  In memory that outlives
 * this process it has at every moment what the next one needs to go on.
 */
struct ptn_deliver_job {
	pid_t pid;	     /* 0: none */
	int err_fd;	     /* readable when there is a reason to ask; or -1 */
	int64_t deadline_ms; /* monotonic */
	bool smtp;
	bool adopted;			 /* somebody else is told of its end */
	bool known;			 /* it has ended: status */
	bool lost;			 /* how it ends will not be known */
	int status;			 /* as of waitpid(2) */
	char said[PTN_DELIVER_SAID_MAX]; /* its standard error, first line */
	size_t said_len;
};

/*
 * Begin to hand a message over.
 *
 * to		canonical address.
 * message	as ptn_mail_write() makes it; copied.  With p NULL nothing is
 *		sent: an SMTP server is asked whether it would take one.
 *
 * Returns PTN_OK; PTN_E_INPUT if the address is not fit for an envelope;
 * PTN_E_CONFIG (no such program, a setting with a line break in it);
 * PTN_E_NOMEM, PTN_E_INTERNAL.  All but PTN_E_INPUT are logged, and passing;
 * of a program that cannot be started job->said has the reason.
 */
enum ptn_err ptn_deliver_start(const struct ptn_conf *cf, const char *to,
    struct ptn_bytes message, struct ptn_deliver_job *job) PTN_MUST_USE;

/* One of several mails. */
struct ptn_deliver_letter {
	const char *to;
	struct ptn_bytes message;
};

/*
 * Begin to hand several over by SMTP, over one connection; each has a receipt
 * (receipt.h).  An address that is not fit is told there.
 *
 * fd	the file of the receipts; theirs begin at place at.
 * run	its number; receipts were cleared for it.
 */
enum ptn_err ptn_deliver_many(const struct ptn_conf *cf,
    const struct ptn_deliver_letter *letter, size_t n, int fd, size_t at,
    uint32_t run, struct ptn_deliver_job *job) PTN_MUST_USE;

/* What it means that postern-smtp leaves with that status (exit(3)). */
enum ptn_delivery ptn_deliver_judge(int status);

/*
 * Begin any other helper of ours, by its name, with an input.
 *
 * fd	what it reads, above 2; stays the caller's.
 * PTN_E_CONFIG, logged: it cannot be started.
 */
enum ptn_err ptn_deliver_program(const char *name, int fd,
    struct ptn_deliver_job *job) PTN_MUST_USE;

/*
 * Has it ended?  Does not block; kills it when its time is over.  True once,
 * with what set and job->said complete; job->pid is 0 from then on.
 */
bool ptn_deliver_ended(struct ptn_deliver_job *job,
    enum ptn_delivery *what) PTN_MUST_USE;

/*
 * Go on with a job of a process that died: its program is not our child, and
 * somebody has to say how it ended, by ptn_deliver_told(), or that this will
 * not be known, by ptn_deliver_lost().  Until then, whoever that is has not
 * reaped it: at its deadline it is killed, and PTN_DELIVERY_LATER.
 *
 * The bytes are anybody's: false if they are no job of ours.
 */
bool ptn_deliver_adopt(struct ptn_deliver_job *job) PTN_MUST_USE;
void ptn_deliver_told(struct ptn_deliver_job *job, int status);
void ptn_deliver_lost(struct ptn_deliver_job *job);

/*
 * The configured sender as an envelope takes it: its domain as A-labels.
 * PTN_E_CONFIG, logged, if it is no address.
 */
enum ptn_err ptn_deliver_sender(const struct ptn_conf *cf,
    char out[PTN_ADDRESS_MAX + 1]) PTN_MUST_USE;

#endif
