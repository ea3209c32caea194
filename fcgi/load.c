#include "fcgi/process.h"

#include <stdio.h>

#include "lib/conf/conf.h"
#include "lib/crypto/secrets.h"

enum ptn_err
ptn_process_load(const struct ptn_start *start, FILE *err, struct ptn_conf **cf,
    struct ptn_secrets **secrets)
{
	enum ptn_err r;

	r = ptn_conf_load(cf, start->conf_path, start->set, err);
	if (r != PTN_OK)
		return PTN_E_CONFIG;
	r = ptn_secrets_new(secrets, &(*cf)->secrets);
	if (r != PTN_OK) {
		fprintf(err, "%s: secrets.keys: no keys can be derived: %s\n",
		    ptn_conf_file(*cf), ptn_err_name(r));
		ptn_conf_free(cf);
		return PTN_E_CONFIG;
	}
	return PTN_OK;
}
