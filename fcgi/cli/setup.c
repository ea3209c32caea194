#include "fcgi/cli/setup.h"

#include <sys/stat.h>

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "fcgi/cli/cli.h"
#include "fcgi/cli/context.h"
#include "fcgi/cli/option.h"
#include "lib/account/keysets.h"
#include "lib/conf/conf.h"

#define ARENA_MAX ((size_t)64 * 1024 * 1024) /* of it, what is used */
#define TEXT_MAX 262144			     /* bytes of a configuration */

/*
 * "postern setup": from a fresh host to a server that can be started.
 *
 * The answers make a text, which is the configuration that is there with more
 * said in it, or a fresh one.  That lies beside its place, and all that follows
 * is done with it: the database is made, and looked at, as it may be another's,
 * then the schema.  Only then it is put where it belongs.  Whatever fails
 * before leaves the host as it was.
 *
 * Keys are made when the secrets that seal them are in place: nobody could open
 * them, if we were killed between.
 */

/* A file as a text; NULL if there is none. */
static const char *
read_text(struct ptn_arena *a, const char *path)
{
	char *text = ptn_arena_alloc(a, TEXT_MAX + 1);
	FILE *f = fopen(path, "re");
	size_t len;

	if (f == NULL || text == NULL)
		return NULL;
	len = fread(text, 1, TEXT_MAX, f);
	text[len] = '\0';
	(void)fclose(f);
	return text;
}

/* ------------------------------------------------------------ what is done */

/*
 * The first look at the keys makes them, and shows whether somebody else has
 * made some meanwhile.
 */
static enum ptn_err
make_keys(const struct ptn_setup *s)
{
	struct ptn_cli_context d;
	enum ptn_err r;

	r = ptn_cli_context_open(&d, "setup", PTN_API_HANKO, s->file, NULL);
	if (r == PTN_OK)
		r = ptn_keysets_refresh_of(&d.sc, d.api, true);
	ptn_cli_context_close(&d);
	if (r == PTN_E_CONFIG)
		(void)fprintf(stderr,
		    "postern: setup: the secrets of this configuration do not "
		    "open the key that signs: bring secrets.keys along from "
		    "the host that made it\n");
	return r;
}

static enum ptn_err
migrate(struct ptn_setup *s, const struct ptn_conf *cf)
{
	enum ptn_db_fault fault;
	enum ptn_err r;

	r = ptn_cli_migrate_up(cf, &fault);
	if (r != PTN_OK)
		s->cause = ptn_db_denied(fault) ? PTN_CAUSE_SCHEMA
						: ptn_setup_cause_of(fault);
	return r;
}

static enum ptn_err
put_in_place(const struct ptn_setup *s)
{
	const bool new = access(s->file, F_OK) != 0;
	const char *is = new ? NULL : read_text(s->a, s->file);
	enum ptn_err r;

	if (s->was_there && is != NULL && strcmp(is, s->text) == 0) {
		(void)printf("%s: %s\n", s->file,
		    ptn_conf_give(s->file) ? "the group postern may read it now"
					   : "nothing to change");
		return PTN_OK;
	}
	/* One that came meanwhile is its owner's, with secrets of its own. */
	r = ptn_conf_write(s->file, s->text, s->was_there, stderr);
	if (r == PTN_OK)
		(void)printf("%s: %s\n", s->file, new ? "written" : "changed");
	return r;
}

/* What was told to be done when that is in place may not be left out. */
static enum ptn_err
place(struct ptn_setup *s)
{
	enum ptn_err r;

	if ((r = put_in_place(s)) != PTN_OK)
		return r;
	s->placed = true;
	if (s->on_placed != NULL)
		s->on_placed(s->file);
	return PTN_OK;
}

static enum ptn_err
carry_out(struct ptn_setup *s, const struct ptn_conf *cf)
{
	enum ptn_err r;

	if ((r = ptn_setup_database_make(s, cf)) != PTN_OK)
		return r;
	if ((r = ptn_setup_database_enter(s, cf)) != PTN_OK ||
	    (r = ptn_setup_database_look(s, cf)) != PTN_OK ||
	    (r = migrate(s, cf)) != PTN_OK || (r = place(s)) != PTN_OK) {
		ptn_setup_database_undo(s);
		return r;
	}
	return make_keys(s);
}

static int
check(const struct ptn_setup *s)
{
	char name[] = "config", what[] = "check";
	char *argv[] = { name, what, NULL };

	return ptn_cli_config(2, argv, s->file, NULL);
}

/* ------------------------------------------------------------ from the top */

static enum ptn_err
name_files(struct ptn_setup *s, const char *conf_path)
{
	s->file = ptn_conf_home(conf_path);
	s->staged = ptn_arena_printf(s->a, "%s.setup", s->file);
	s->lock = ptn_arena_printf(s->a, "%s.lock", s->file);
	return s->staged != NULL && s->lock != NULL ? PTN_OK : PTN_E_NOMEM;
}

/*
 * What a run that was cut short has left: then s->old is that.  It is over if
 * the configuration is newer, as it was put in place, or changed by hand.
 */
static enum ptn_err
resume(struct ptn_setup *s)
{
	struct stat begun, there;
	enum ptn_err r;

	r = ptn_conf_staged(s->a, s->staged, &s->old, stderr);
	if (r == PTN_E_NOT_FOUND)
		return PTN_OK;
	if (r != PTN_OK)
		return r;
	if (stat(s->file, &there) == 0 && stat(s->staged, &begun) == 0 &&
	    (there.st_mtim.tv_sec > begun.st_mtim.tv_sec ||
		(there.st_mtim.tv_sec == begun.st_mtim.tv_sec &&
		    there.st_mtim.tv_nsec >= begun.st_mtim.tv_nsec))) {
		(void)printf("%s: is newer than what was begun: that is over\n",
		    s->file);
		s->old = NULL;
		return PTN_OK;
	}
	(void)printf("%s: going on with what was begun\n", s->staged);
	s->resumed = true;
	return PTN_OK;
}

/*
 * What is there already, or was left by a run that was cut short.  The form of
 * the web asks for all there is, and begins afresh.
 */
static enum ptn_err
begin(struct ptn_setup *s)
{
	const char *origins;
	enum ptn_err r;

	s->was_there = access(s->file, F_OK) == 0;
	if (!s->first && (r = resume(s)) != PTN_OK)
		return r;
	if (!s->first && s->old == NULL)
		s->old = read_text(s->a, s->file);
	s->text = s->old != NULL ? s->old : ptn_conf_fresh(s->a);
	if (s->text == NULL)
		return PTN_E_NOMEM;
	origins =
	    ptn_conf_set_in(s->a, s->text, "webauthn.relying_party.origins");
	s->site_was_known = s->old != NULL && origins != NULL;
	if (s->site_was_known && !s->given[PTN_SETUP_URL] &&
	    ptn_site_of(s->a, origins, &s->site) != NULL)
		memset(&s->site, 0, sizeof(s->site)); /* one of several */
	return PTN_OK;
}

static enum ptn_err
run(struct ptn_setup *s)
{
	struct ptn_conf *cf = NULL;
	enum ptn_err r;

	if ((r = ptn_setup_ask(s)) != PTN_OK ||
	    (r = ptn_setup_compose(s)) != PTN_OK ||
	    (r = ptn_conf_stage(s->staged, s->text, stderr)) != PTN_OK)
		return r;
	r = ptn_conf_load(&cf, s->staged, NULL, stderr);
	if (r == PTN_OK)
		r = carry_out(s, cf);
	if (r == PTN_OK) {
		s->unfit = check(s) != 0;
		ptn_setup_print_next(s, cf);
	}
	ptn_conf_free(&cf);
	return r;
}

/* One at a time: two would take each other's file for their own. */
static enum ptn_err
run_alone(struct ptn_setup *s)
{
	enum ptn_err r;

	r = ptn_conf_lock(s->lock, &s->lock_fd, stderr);
	if (r != PTN_OK)
		return r;
	if (s->first && ptn_conf_is_there(s->file)) {
		(void)fprintf(stderr, "%s: is there already\n", s->file);
		return PTN_E_CONFLICT;
	}
	r = begin(s);
	return r == PTN_OK ? run(s) : r;
}

/* What was begun is kept if it was begun before: it has passwords in it. */
static void
leave(struct ptn_setup *s, enum ptn_err r)
{
	if (s->text != NULL && (r == PTN_OK || s->placed || !s->resumed))
		(void)unlink(s->staged);
	if (r != PTN_OK && !s->placed && s->file != NULL)
		(void)fprintf(stderr, "postern: setup: %s is %s\n", s->file,
		    access(s->file, F_OK) == 0 ? "as it was" : "not written");
	ptn_conf_unlock(s->lock, &s->lock_fd);
}

/* The exit status: 0, 1 or 2. */
static int
set_up(struct ptn_setup *s, int argc, char **argv, const char *conf_path)
{
	enum ptn_err r = PTN_E_NOMEM;
	int status = -1;

	ptn_cli_log_begin("setup");
	/* Whoever reads along may leave: what was begun is finished. */
	(void)signal(SIGPIPE, SIG_IGN);
	s->a = ptn_arena_new(ARENA_MAX);
	s->lock_fd = -1;
	s->terminal = isatty(STDIN_FILENO);
	if (s->a != NULL)
		r = name_files(s, conf_path);
	if (r == PTN_OK)
		status = ptn_setup_options(s, argc, argv);
	if (r == PTN_OK && status < 0)
		r = run_alone(s);
	if (status < 0)
		leave(s, r);
	ptn_arena_free(&s->a);
	if (status >= 0)
		return status;
	if (r == PTN_E_BUSY || r == PTN_E_CONFLICT)
		s->cause = PTN_CAUSE_OTHER;
	return r == PTN_OK && !s->unfit ? 0 : r == PTN_E_INPUT ? 2 : 1;
}

int
ptn_cli_setup(int argc, char **argv, const char *conf_path,
    const char *const *set)
{
	struct ptn_setup s = { .set = set };

	return set_up(&s, argc, argv, conf_path);
}

enum ptn_setup_cause
ptn_cli_setup_first(int argc, char **argv, const char *conf_path,
    const char *const *set, void (*placed)(const char *conf_path))
{
	struct ptn_setup s = { .set = set,
		.first = true,
		.cause = PTN_CAUSE_UNKNOWN,
		.on_placed = placed };

	(void)set_up(&s, argc, argv, conf_path);
	return s.placed ? PTN_CAUSE_DONE : s.cause;
}

/* What is written before it has its name. */
static void
clear_beside(struct ptn_setup *s, const char *path)
{
	const char *beside = ptn_arena_printf(s->a, "%s.new", path);

	if (beside != NULL)
		(void)unlink(beside);
}

void
ptn_cli_setup_clear(const char *conf_path)
{
	struct ptn_setup s = { .a = ptn_arena_new(ARENA_MAX), .lock_fd = -1 };

	if (s.a != NULL && name_files(&s, conf_path) == PTN_OK &&
	    ptn_conf_lock(s.lock, &s.lock_fd, stderr) == PTN_OK) {
		clear_beside(&s, s.file);
		clear_beside(&s, s.staged);
		(void)unlink(s.staged);
		ptn_conf_unlock(s.lock, &s.lock_fd);
	}
	ptn_arena_free(&s.a);
}
