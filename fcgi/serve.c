#include "fcgi/process.h"

#include <stdio.h>
#include <unistd.h>

#include "fcgi/listen.h"
#include "fcgi/routes.h"
#include "fcgi/unset.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/crypto/hashgate.h"
#include "lib/crypto/pwhash.h"
#include "lib/crypto/secrets.h"

/*
 * The web server started us with its socket on descriptor 0: one worker, in
 * this process.  The gate is files, as our siblings are not our children.
 */
static int
serve_alone(struct ptn_conf *cf, struct ptn_secrets *secrets)
{
	struct ptn_child child = { .cf = cf,
		.secrets = secrets,
		.listen_fd = { STDIN_FILENO, -1, -1 },
		.wake_fd = { -1, -1 },
		.receive_fd = -1,
		.whole_fd = -1,
		.alone = true };
	struct ptn_identity id;
	int rc = 1;

	ptn_log_init((enum ptn_log_level)cf->log_level, "worker");
	if (ptn_listen_adopt(STDIN_FILENO) == PTN_OK &&
	    ptn_process_identity(cf, &id) == PTN_OK &&
	    ptn_process_confine(cf, &id, PTN_ALONE) == PTN_OK &&
	    ptn_hashgate_open(&child.gate, cf, cf->state_dir) == PTN_OK) {
		ptn_pwhash_begin(cf);
		rc = ptn_worker_run(&child);
	}
	ptn_hashgate_close(&child.gate);
	ptn_secrets_free(&secrets);
	ptn_conf_free(&cf);
	return rc;
}

static int
serve_supervised(const struct ptn_start *start, struct ptn_conf *cf,
    struct ptn_secrets *secrets)
{
	ptn_log_init((enum ptn_log_level)cf->log_level, "supervisor");
	ptn_process_hide();
	return ptn_supervisor_run(start, cf, secrets);
}

int
ptn_serve(const char *conf_path, const char *const *set)
{
	struct ptn_start start = { .conf_path = conf_path, .set = set };
	struct ptn_secrets *secrets = NULL;
	struct ptn_conf *cf = NULL;
	bool passed;

	if (ptn_listen_is(STDIN_FILENO) && !ptn_conf_is_there(conf_path) &&
	    ptn_unset_serve(conf_path, set) != PTN_OK)
		return 1;
	ptn_signals_block();
	ptn_log_init(PTN_LOG_INFO, "serve");
	if (ptn_listen_passed(start.inherited, &passed) != PTN_OK ||
	    ptn_routes_check(ptn_routes, ptn_routes_n) != PTN_OK ||
	    ptn_process_load(&start, stderr, &cf, &secrets) != PTN_OK)
		return 1;
	if (!passed && ptn_listen_is(STDIN_FILENO))
		return serve_alone(cf, secrets);
	return serve_supervised(&start, cf, secrets);
}
