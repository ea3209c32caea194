#include "fcgi/cli/setup.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "fcgi/cli/service.h"
#include "fcgi/cli/snippet.h"
#include "lib/conf/conf.h"

/* What is to be done when it is set up. */

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
	const bool anew = s->old == NULL || !s->site_was_known;
	const bool systemd = ptn_service_has_systemd();
	char command[PTN_SERVICE_MAX];

	if (options[0] == '\0' && anew && systemd)
		(void)puts("\tsystemctl enable --now postern.socket "
			   "postern.service");
	else if (options[0] == '\0' &&
	    ptn_service_command("postern",
		anew	      ? "start"
		    : systemd ? "reload-or-restart"
			      : "restart",
		command))
		(void)printf("\t%s\n", command);
	else
		(void)printf("\tpostern%s serve\n", options);
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
	if (ptn_service_has_systemd() && usual)
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
