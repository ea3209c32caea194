#include "fcgi/cli/setup.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "fcgi/cli/snippet.h"
#include "lib/conf/conf.h"

/* What is to be done when it is set up. */

bool
ptn_setup_has_systemd(void)
{
	return access("/run/systemd/system", F_OK) == 0;
}

/* Not installed as a package, and for the first time. */
static void
print_user(const struct ptn_setup *s)
{
	if (geteuid() == 0 && getpwnam(PTN_SETUP_USER) == NULL)
		(void)printf("\tsystemd-sysusers && systemd-tmpfiles --create\n"
			     "\tchgrp " PTN_SETUP_USER " %s && chmod 0640 %s\n",
		    s->file, s->file);
}

/* The service is started, or takes up what has changed. */
static void
print_start(const struct ptn_setup *s, const char *options)
{
	if (!ptn_setup_has_systemd() || options[0] != '\0')
		(void)printf("\tpostern%s serve\n", options);
	else if (s->old == NULL || !s->site_was_known)
		(void)fputs("\tsystemctl enable --now postern.socket "
			    "postern.service\n",
		    stdout);
	else
		(void)fputs("\tsystemctl reload-or-restart postern\n", stdout);
}

void
ptn_setup_print_next(const struct ptn_setup *s, const struct ptn_conf *cf)
{
	const char *web = s->answer[PTN_SETUP_WEB];
	const bool usual = strcmp(s->file, ptn_conf_home(NULL)) == 0;
	const char *options =
	    usual ? "" : ptn_arena_printf(s->a, " --config %s", s->file);

	if (options == NULL)
		return;
	(void)printf("\nPasskeys belong to %s, the cookie is %s.\n"
		     "Next, as root:\n\n",
	    cf->rp_id, cf->cookie_name);
	if (ptn_setup_has_systemd() && usual)
		print_user(s);
	print_start(s, options);
	if (web == NULL || web[0] == '\0') {
		(void)printf("\tpostern%s snippet apache|lighttpd|nginx\n",
		    options);
		return;
	}
	ptn_snippet_advise(s->a, cf, web, options, stdout);
	(void)printf("\nwhich has %s ask Postern:\n\n", web);
	if (ptn_snippet_print(s->a, cf, web, true, stdout) != PTN_OK)
		(void)fputs("\t(see the examples)\n", stdout);
}
