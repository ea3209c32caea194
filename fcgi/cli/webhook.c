#include "fcgi/cli/cli.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "fcgi/cli/context.h"
#include "fcgi/cli/option.h"
#include "fcgi/cli/print.h"
#include "fcgi/process.h"
#include "fcgi/tell.h"
#include "lib/account/hookmessage.h"
#include "lib/account/hooks.h"
#include "lib/account/keysets.h"
#include "lib/account/tenant.h"
#include "lib/base/array.h"
#include "lib/conf/conf.h"
#include "lib/format/json.h"

#define WORDS_MAX 40

/* What stands behind a sub-command. */
struct words {
	char **v;
	int n;
	bool json;
};

static const char *
state_of(const struct ptn_hooks_one *h)
{
	return h->configured ? "file" : h->enabled ? "on" : "off";
}

static void
print_json(struct ptn_cli_context *d, const struct ptn_hooks_one *h, size_t n)
{
	char id[PTN_UUID_STR];
	struct ptn_jsonw w;
	size_t i;

	ptn_jsonw_init(&w, d->sc.arena);
	ptn_jsonw_array(&w, NULL);
	for (i = 0; i < n; i++) {
		ptn_uuid_format(&h[i].id, id);
		ptn_jsonw_object(&w, NULL);
		ptn_jsonw_str(&w, "id", id);
		ptn_jsonw_str(&w, "state", state_of(&h[i]));
		ptn_jsonw_int(&w, "failures", h[i].failures);
		ptn_jsonw_int(&w, "waiting", h[i].waiting);
		ptn_jsonw_int(&w, "parked", h[i].parked);
		ptn_jsonw_str(&w, "callback", h[i].callback);
		ptn_jsonw_str(&w, "events", h[i].events);
		ptn_jsonw_end_object(&w);
	}
	ptn_jsonw_end_array(&w);
	if (!w.buf.bad)
		(void)puts(w.buf.p);
}

/* webhook list: one line each. */
static enum ptn_err
list(struct ptn_cli_context *d, const struct words *w)
{
	struct ptn_hooks_one *h;
	char id[PTN_UUID_STR];
	enum ptn_err r;
	size_t i, n;

	if ((r = ptn_hooks_list(&d->sc, &h, &n)) != PTN_OK)
		return r;
	if (w->json) {
		print_json(d, h, n);
		return PTN_OK;
	}
	(void)printf("%-36s  %-5s  %8s  %7s  %6s  %s\n", "ID", "STATE",
	    "FAILURES", "WAITING", "PARKED", "CALLBACK EVENT...");
	for (i = 0; i < n; i++) {
		ptn_uuid_format(&h[i].id, id);
		(void)printf("%-36s  %-5s  %8" PRId64 "  %7" PRId64
			     "  %6" PRId64 "  ",
		    id, state_of(&h[i]), h[i].failures, h[i].waiting,
		    h[i].parked);
		ptn_cli_print_text(h[i].callback);
		(void)printf(" %s\n", h[i].events);
	}
	return PTN_OK;
}

/* webhook add: the id and the secret of the new one. */
static enum ptn_err
add(struct ptn_cli_context *d, const struct words *w)
{
	const char *events = "", *why = NULL, *secret;
	char text[PTN_UUID_STR];
	struct ptn_uuid id;
	enum ptn_err r;
	int i;

	for (i = 1; events != NULL && i < w->n; i++)
		events = ptn_arena_printf(d->sc.arena, "%s%s%s", events,
		    i > 1 ? " " : "", w->v[i]);
	if (events == NULL)
		return PTN_E_NOMEM;
	r = ptn_hooks_add(&d->sc, w->v[0], events, &id, &why);
	if (r != PTN_OK)
		return ptn_cli_context_fail(d, r, why);
	if ((secret = ptn_hookmessage_secret(&d->sc, &id)) == NULL)
		return PTN_E_NOMEM;
	ptn_uuid_format(&id, text);
	(void)printf("%s %s\n", text, secret);
	if (!d->cf->hooks_on)
		(void)fputs("postern: webhook add: nobody is told anything "
			    "before webhooks.enabled is true\n",
		    stderr);
	return PTN_OK;
}

/* The one that is named, be it by the file. */
static enum ptn_err
find(struct ptn_cli_context *d, const struct words *w,
    struct ptn_hooks_one *out)
{
	struct ptn_uuid id;
	enum ptn_err r = PTN_E_NOT_FOUND;

	if (ptn_uuid_parse(w->v[0], &id))
		r = ptn_hooks_get(&d->sc, &id, out);
	return r == PTN_E_NOT_FOUND
	    ? ptn_cli_context_fail(d, r, "there is no such webhook")
	    : r;
}

static enum ptn_err
remove_it(struct ptn_cli_context *d, const struct words *w)
{
	struct ptn_hooks_one h;
	enum ptn_err r;

	if ((r = find(d, w, &h)) != PTN_OK)
		return r;
	if (h.configured)
		return ptn_cli_context_fail(d, PTN_E_FORBIDDEN,
		    "it stands in the configuration: remove it there");
	return ptn_hooks_remove(&d->sc, &h.id);
}

static enum ptn_err
secret(struct ptn_cli_context *d, const struct words *w)
{
	struct ptn_hooks_one h;
	const char *text;
	enum ptn_err r;

	if ((r = find(d, w, &h)) != PTN_OK)
		return r;
	if ((text = ptn_hookmessage_secret(&d->sc, &h.id)) == NULL)
		return PTN_E_NOMEM;
	(void)puts(text);
	return PTN_OK;
}

/* Wait for what was begun. */
static enum ptn_err
wait_for(struct ptn_cli_context *d, struct ptn_deliver_job *job)
{
	enum ptn_delivery what;
	bool readable[1];
	enum ptn_err r;
	size_t n;

	while (!ptn_deliver_ended(job, &what)) {
		n = job->err_fd >= 0 ? 1 : 0;
		r = ptn_wait_fds(&job->err_fd, n, n > 0 ? 1000 : 20, readable);
		if (r == PTN_E_INTERNAL)
			return r;
	}
	if (what == PTN_DELIVERY_DONE)
		return PTN_OK;
	return ptn_cli_context_fail(d, PTN_E_UNAVAILABLE,
	    job->said[0] != '\0' ? ptn_arena_strdup(d->sc.arena, job->said)
				 : "no reason");
}

/* webhook test: tell it of nothing, now, and say what it makes of that. */
static enum ptn_err
test(struct ptn_cli_context *d, const struct words *w)
{
	const struct ptn_uuid id = ptn_uuid_new();
	const struct ptn_webhook_told told = { .event = "test", .json = "{}" };
	struct ptn_hookmessage m;
	struct ptn_deliver_job job;
	struct ptn_hooks_one h;
	enum ptn_err r;

	if ((r = find(d, w, &h)) != PTN_OK ||
	    (r = ptn_keysets_refresh_of(&d->sc, PTN_API_HANKO, false)) !=
		PTN_OK ||
	    (r = ptn_hookmessage_write(&d->sc, &id, &h, &told, &m)) != PTN_OK)
		return r;
	if ((r = ptn_tell_start(&d->sc, &h, &m, &job)) != PTN_OK)
		return ptn_cli_context_fail(d, r, "postern-hook cannot be run");
	return wait_for(d, &job);
}

/* webhook replay: how much is told again. */
static enum ptn_err
replay(struct ptn_cli_context *d, const struct words *w)
{
	struct ptn_hooks_one h;
	enum ptn_err r;
	uint64_t n;

	if ((r = find(d, w, &h)) != PTN_OK ||
	    (r = ptn_hooks_replay(&d->sc, &h.id, &n)) != PTN_OK)
		return r;
	(void)printf("%" PRIu64 "\n", n);
	return PTN_OK;
}

/* THE table of sub-commands. */
static const struct {
	const char *title;
	const char *names; /* of the words */
	int min, max;
	enum ptn_err (*run)(struct ptn_cli_context *d, const struct words *w);
} commands[] = {
	{ "webhook list", "", 0, 0, list },
	{ "webhook add", "URL EVENT", 2, WORDS_MAX, add },
	{ "webhook remove", "ID", 1, 1, remove_it },
	{ "webhook secret", "ID", 1, 1, secret },
	{ "webhook test", "ID", 1, 1, test },
	{ "webhook replay", "ID", 1, 1, replay },
};
#define COMMANDS PTN_ARRAY_LEN(commands)

void
ptn_cli_webhook_help(FILE *out)
{
	(void)fputs("  list [--json]\n"
		    "  add URL EVENT...\n"
		    "  remove ID\n"
		    "  secret ID\n"
		    "  test ID\n"
		    "  replay ID\n"
		    "of the organisation \"default\", or by --org ORG of "
		    "another; postern-hooks(7) has the events.\n",
	    out);
}

static enum ptn_err
run(struct ptn_cli_context *d, size_t command, const char *org,
    const struct words *w)
{
	struct ptn_org_row row;
	enum ptn_err r;

	if ((r = ptn_cli_context_org(d, org, &row)) != PTN_OK)
		return r;
	return commands[command].run(d, w);
}

int
ptn_cli_webhook(int argc, char **argv, const char *conf_path,
    const char *const *set)
{
	const char *org = PTN_TENANT_DEFAULT;
	struct words w = { .json = false };
	const struct ptn_cli_option options[] = {
		{ "--org", &org, NULL, NULL, 0 },
		{ "--json", NULL, &w.json, NULL, 0 },
	};
	const char *titles[COMMANDS];
	struct ptn_cli_context d;
	enum ptn_err r;
	size_t n;
	int i;

	for (n = 0; n < COMMANDS; n++)
		titles[n] = commands[n].title;
	i = ptn_cli_verb("webhook", titles, n, argc, argv);
	if (i < 0 ||
	    ptn_cli_options(commands[i].title, options, i == 0 ? 2 : 1, &argc,
		argv) >= 0 ||
	    ptn_cli_words(commands[i].title, commands[i].names, commands[i].min,
		commands[i].max, argc - 1, argv + 1) >= 0)
		return 2;
	w.v = argv + 2;
	w.n = argc - 2;
	r = ptn_cli_context_open(&d, "webhook", PTN_API_HANKO, conf_path, set);
	if (r == PTN_OK)
		r = run(&d, (size_t)i, org, &w);
	if (r != PTN_OK)
		ptn_cli_failed(commands[i].title, r, d.why);
	ptn_cli_context_close(&d);
	return r == PTN_OK ? 0 : 1;
}
