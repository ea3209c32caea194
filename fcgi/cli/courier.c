#include "fcgi/cli/cli.h"

#include <stdbool.h>
#include <stdio.h>

#include "fcgi/cli/option.h"
#include "fcgi/process.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/crypto/secrets.h"

/* Send and expire, as what the configuration says we are. */
static enum ptn_err
run_once(const struct ptn_conf *cf, const struct ptn_secrets *secrets)
{
	struct ptn_identity id;
	enum ptn_err r;

	ptn_log_init((enum ptn_log_level)cf->log_level, "courier");
	r = ptn_process_identity(cf, &id);
	if (r == PTN_OK)
		r = ptn_process_confine(cf, &id, PTN_COURIER);
	if (r == PTN_OK)
		r = ptn_courier_once(cf, secrets, true);
	return r;
}

/*
 * postern courier --once: for cron, where the web server starts the workers
 * and there is no supervisor with a courier of its own.
 */
int
ptn_cli_courier(int argc, char **argv, const char *conf_path,
    const char *const *set)
{
	const struct ptn_start start = { .conf_path = conf_path, .set = set };
	bool once = false;
	const struct ptn_cli_option option = { "--once", NULL, &once, NULL, 0 };
	struct ptn_secrets *secrets = NULL;
	struct ptn_conf *cf = NULL;
	enum ptn_err r;

	if (ptn_cli_options("courier", &option, 1, &argc, argv) >= 0 ||
	    ptn_cli_words("courier", "", 0, 0, argc, argv) >= 0)
		return 2;
	if (!once)
		return ptn_cli_complain("courier", "--once is missing");
	r = ptn_process_load(&start, stderr, &cf, &secrets);
	if (r != PTN_OK)
		return 1;
	r = run_once(cf, secrets);
	if (r != PTN_OK)
		fprintf(stderr,
		    "postern: the outbox could not be drained: %s\n",
		    ptn_err_name(r));
	ptn_secrets_free(&secrets);
	ptn_conf_free(&cf);
	return r == PTN_OK ? 0 : 1;
}
