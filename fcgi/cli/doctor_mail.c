#include <poll.h>
#include <stddef.h>

#include "fcgi/cli/doctor.h"
#include "lib/conf/conf.h"
#include "lib/mail/deliver.h"

#define LOOK_MS 50 /* between looks whether it has ended */

/* Wait for it: what became of it. */
static enum ptn_delivery
wait_for(struct ptn_deliver_job *job)
{
	enum ptn_delivery what;
	struct pollfd p = { .events = POLLIN };

	while (!ptn_deliver_ended(job, &what)) {
		p.fd = job->err_fd;
		(void)poll(&p, 1, LOOK_MS);
	}
	return what;
}

static void
ask_smtp(struct ptn_check *c)
{
	const struct ptn_conf *cf = c->cf;
	const char *to = ptn_doctor_of(c)->recipient;
	struct ptn_deliver_job job;
	enum ptn_delivery what;
	enum ptn_err r;

	r = ptn_deliver_start(cf, to, PTN_BYTES(NULL, 0), &job);
	if (r == PTN_E_INPUT)
		ptn_check_say(c, PTN_CHECK_ERROR, "%.254s is no address", to);
	if (r != PTN_OK)
		return; /* else the log said why */
	what = wait_for(&job);
	if (what == PTN_DELIVERY_DONE)
		ptn_check_say(c, PTN_CHECK_OK,
		    "%.200s:%lld takes mail from %.254s to %.254s (none was "
		    "sent)",
		    cf->smtp_host, (long long)cf->smtp_port, cf->mail_from, to);
	else
		ptn_check_at(c, PTN_CHECK_ERROR, &cf->smtp_host,
		    "%.200s:%lld: %s", cf->smtp_host, (long long)cf->smtp_port,
		    job.said);
}

void
ptn_doctor_mail(struct ptn_check *c)
{
	const struct ptn_conf *cf = c->cf;

	if (!cf->mail_enabled)
		ptn_check_at(c, PTN_CHECK_WARNING, &cf->mail_enabled,
		    "is off: nobody gets a passcode; write true");
	else if (cf->mail_transport == PTN_MAIL_SENDMAIL)
		ptn_check_sendmail(c);
	else
		ask_smtp(c);
}
