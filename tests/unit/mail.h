#ifndef TEST_MAIL_H
#define TEST_MAIL_H

/* Mails, from the templates of the tree, and a folder of the test's own. */

#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/conf/conf.h"

#define PATH_LEN 512

static char dir[] = "/tmp/postern-mail-XXXXXX";
static char mail_dir[PATH_LEN];

static inline const char *
srcdir(void)
{
	const char *s = getenv("srcdir");

	return s != NULL ? s : ".";
}

static inline struct ptn_conf
make_conf(void)
{
	struct ptn_conf cf;

	memset(&cf, 0, sizeof(cf));
	cf.service_name = "Example";
	cf.mail_from = "noreply@example.org";
	cf.mail_from_name = "Example";
	cf.mail_dir = mail_dir;
	cf.mail_transport = PTN_MAIL_SENDMAIL;
	cf.email_code_in_subject = true;
	cf.smtp_host = cf.smtp_user = cf.smtp_password = cf.smtp_ca_file = "";
	return cf;
}

static inline void
write_file(const char *path, const char *text, mode_t mode)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static inline int
setup(void **state)
{
	(void)state;
	ptn_log_init(PTN_LOG_ERROR, "test");
	snprintf(mail_dir, sizeof(mail_dir), "%s/etc/mail", srcdir());
	return mkdtemp(dir) == NULL;
}

static inline int
teardown(void **state)
{
	char cmd[PATH_LEN];

	(void)state;
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

#endif
