#ifndef PTN_CLI_H
#define PTN_CLI_H

#include <stdio.h>

#include "fcgi/cli/setup_cause.h"
#include "lib/base/err.h"
#include "lib/db/db.h"

struct ptn_conf;

/*
 * The sub-commands that are not "serve".  All have one shape:
 *
 * argc, argv	argv[0] is the sub-command's own name ("config"), argv[1] and
 *		on its arguments; NULL-terminated; borrowed.
 * conf_path	the file named by --config, or NULL to search for it.
 * set		NULL-terminated "PATH=VALUE" strings of --set, or NULL.
 *
 * What was asked for goes to standard output, everything else to standard
 * error.  Returns the exit status: 0, 1 (it failed), 2 (wrong usage).
 */

/* config init [PATH] | check | print */
int ptn_cli_config(int argc, char **argv, const char *conf_path,
    const char *const *set);

/* setup: the options are in setup_question.c */
int ptn_cli_setup(int argc, char **argv, const char *conf_path,
    const char *const *set);

/*
 * The same where there is no configuration yet, for who wants to know more than
 * a status.  placed is called once the configuration is in its place, whatever
 * goes wrong behind that.
 */
enum ptn_setup_cause ptn_cli_setup_first(int argc, char **argv,
    const char *conf_path, const char *const *set,
    void (*placed)(const char *conf_path));

/* Remove what one has left that was killed, unless there is another one. */
void ptn_cli_setup_clear(const char *conf_path);

/* snippet WEB [--into WHERE] */
int ptn_cli_snippet(int argc, char **argv, const char *conf_path,
    const char *const *set);

/* migrate up | status */
int ptn_cli_migrate(int argc, char **argv, const char *conf_path,
    const char *const *set);

/*
 * migrate up, of a configuration that is loaded; what the database had against
 * it is fault.
 */
enum ptn_err ptn_cli_migrate_up(const struct ptn_conf *cf,
    enum ptn_db_fault *fault) PTN_MUST_USE;

/* jwk rotate | list */
int ptn_cli_jwk(int argc, char **argv, const char *conf_path,
    const char *const *set);

/* org COMMAND ...: the table is in org.c */
int ptn_cli_org(int argc, char **argv, const char *conf_path,
    const char *const *set);

/* user COMMAND ...: the table is in user.c */
int ptn_cli_user(int argc, char **argv, const char *conf_path,
    const char *const *set);

/* import-from PROGRAM ...: the table is in from.c */
int ptn_cli_from(int argc, char **argv, const char *conf_path,
    const char *const *set);

/* doctor [--json] [--report] [--url URL] [--ca FILE] [--mail-to ADDRESS] */
int ptn_cli_doctor(int argc, char **argv, const char *conf_path,
    const char *const *set);

/* hash-bench [--json] */
int ptn_cli_hash_bench(int argc, char **argv, const char *conf_path,
    const char *const *set);

/* backup check FILE|- */
int ptn_cli_backup(int argc, char **argv, const char *conf_path,
    const char *const *set);

/* admin-key create NAME [OPTION]... | list | revoke NAME */
int ptn_cli_admin_key(int argc, char **argv, const char *conf_path,
    const char *const *set);

/* operator add|remove WHO | list */
int ptn_cli_operator(int argc, char **argv, const char *conf_path,
    const char *const *set);

/* tenant COMMAND ...: the table is in tenant.c */
int ptn_cli_tenant(int argc, char **argv, const char *conf_path,
    const char *const *set);

/* limits show | clear [--org ORG] WHOM */
int ptn_cli_limits(int argc, char **argv, const char *conf_path,
    const char *const *set);

/* webhook COMMAND ...: the table is in webhook.c */
int ptn_cli_webhook(int argc, char **argv, const char *conf_path,
    const char *const *set);

/* courier --once */
int ptn_cli_courier(int argc, char **argv, const char *conf_path,
    const char *const *set);

/* What "postern COMMAND --help" has of these beyond a line. */
void ptn_cli_setup_help(FILE *out);
void ptn_cli_snippet_help(FILE *out);
void ptn_cli_org_help(FILE *out);
void ptn_cli_user_help(FILE *out);
void ptn_cli_admin_key_help(FILE *out);
void ptn_cli_operator_help(FILE *out);
void ptn_cli_tenant_help(FILE *out);
void ptn_cli_from_help(FILE *out);
void ptn_cli_limits_help(FILE *out);
void ptn_cli_webhook_help(FILE *out);
void ptn_cli_doctor_help(FILE *out);
void ptn_cli_hash_bench_help(FILE *out);

#endif
