#define _GNU_SOURCE /* memfd_create(2) */

#include "fcgi/tell.h"

#include <sys/mman.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fcgi/slot.h"
#include "lib/account/hookmessage.h"
#include "lib/account/hooks.h"
#include "lib/account/keysets.h"
#include "lib/account/org.h"
#include "lib/account/tenant.h"
#include "lib/base/clock.h"
#include "lib/base/count.h"
#include "lib/base/home.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/event/webhook.h"

#define RECORD_MS 1000 /* between attempts to write down an outcome */

/* Lines of "NAME VALUE", an empty line, the body: see hook.c. */
static void
put_input(FILE *f, const struct ptn_conf *cf, const struct ptn_hooks_one *hook,
    const struct ptn_hookmessage *m)
{
	const char *ca = cf->hook_ca_file[0] != '\0' ? cf->hook_ca_file
						     : ptn_home_authorities();
	size_t i;

	fprintf(f, "url %s\n", hook->callback);
	if (*ca != '\0')
		fprintf(f, "ca %s\n", ca);
	if (cf->hook_http)
		fputs("http yes\n", f);
	for (i = 0; i < cf->hook_networks.n; i++)
		fprintf(f, "allow %s\n", cf->hook_networks.v[i]);
	fprintf(f,
	    "header webhook-id: %s\nheader webhook-timestamp: %s\n"
	    "header webhook-signature: %s\n\n%s",
	    m->id, m->timestamp, m->signature, m->body);
}

/* As a file in memory, which is written whatever the program does. */
static int
make_input(const struct ptn_conf *cf, const struct ptn_hooks_one *hook,
    const struct ptn_hookmessage *m)
{
	int fd = memfd_create("hook", MFD_CLOEXEC), copy = -1;
	FILE *f = NULL;
	bool bad;

	if (fd >= 0)
		copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (copy >= 0 && (f = fdopen(copy, "w")) == NULL)
		close(copy);
	if (f != NULL) {
		put_input(f, cf, hook, m);
		bad = ferror(f) != 0;
		bad = fclose(f) != 0 || bad;
		if (!bad && lseek(fd, 0, SEEK_SET) == 0)
			return fd;
	}
	ptn_error("webhook: no memory file: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

enum ptn_err
ptn_tell_start(const struct ptn_scope *sc, const struct ptn_hooks_one *hook,
    const struct ptn_hookmessage *m, struct ptn_deliver_job *job)
{
	int fd = make_input(sc->cf, hook, m);
	enum ptn_err r;

	if (fd < 0)
		return PTN_E_INTERNAL;
	r = ptn_deliver_program("postern-hook", fd, job);
	close(fd);
	return r;
}

/* What the record says of the scope of a row. */
static struct ptn_scope
scope_of(const struct ptn_scope *sc, const struct ptn_outbox_told *told)
{
	return ptn_scope_at(sc, &told->tenant_id);
}

static void
say(const struct ptn_tell_slot *s)
{
	char hook[PTN_UUID_STR], id[PTN_UUID_STR];
	static const enum ptn_count counts[] = {
		[PTN_DELIVERY_LATER] = PTN_COUNT_HOOK_LATER,
		[PTN_DELIVERY_REFUSED] = PTN_COUNT_HOOK_LATER,
		[PTN_DELIVERY_NEVER] = PTN_COUNT_HOOK_REFUSED,
		[PTN_DELIVERY_DONE] = PTN_COUNT_HOOK_TOLD,
	};
	const char *said = s->job.said[0] != '\0' ? s->job.said : "no reason";

	ptn_count(counts[s->what]);
	ptn_uuid_format(&s->hook, hook);
	ptn_uuid_format(&s->told.id, id);
	if (s->what == PTN_DELIVERY_DONE)
		ptn_info("webhook %s: told msg_%s", hook, id);
	else
		ptn_warn("webhook %s: attempt %lld of msg_%s failed: %s", hook,
		    (long long)s->told.attempts + 1, id, said);
}

static void
record(struct ptn_tell *t, const struct ptn_scope *sc, struct ptn_tell_slot *s)
{
	const struct ptn_scope at = scope_of(sc, &s->told);
	enum ptn_err r;

	r = s->what == PTN_DELIVERY_DONE
	    ? ptn_hooks_worked(&at, &s->told, &s->hook)
	    : ptn_hooks_failed(&at, &s->told, &s->hook,
		  s->what == PTN_DELIVERY_NEVER,
		  ptn_slot_delay(s->told.attempts));
	ptn_arena_reset(sc->arena);
	if (r == PTN_OK) {
		s->used = false;
		t->more = true; /* what comes behind it */
	} else {
		t->record_ms = ptn_clock_mono_ms() + RECORD_MS;
	}
}

void
ptn_tell_serve(struct ptn_tell *t, const struct ptn_scope *sc)
{
	const bool due = ptn_clock_mono_ms() >= t->record_ms;
	struct ptn_tell_slot *s;

	for (s = t->slot; s < t->slot + PTN_TELL_SLOTS; s++) {
		if (!s->used)
			continue;
		if (!s->ended) {
			if (!ptn_deliver_ended(&s->job, &s->what))
				continue;
			s->ended = true;
			say(s);
			record(t, sc, s);
		} else if (due) {
			record(t, sc, s);
		}
	}
}

static struct ptn_tell_slot *
free_slot(struct ptn_tell *t)
{
	struct ptn_tell_slot *s;

	for (s = t->slot; s < t->slot + PTN_TELL_SLOTS; s++)
		if (!s->used)
			return s;
	return NULL;
}

static size_t
slots_free(const struct ptn_tell *t)
{
	size_t i, n = 0;

	for (i = 0; i < PTN_TELL_SLOTS; i++)
		n += !t->slot[i].used;
	return n;
}

/* Whose slots are used, one for each. */
static size_t
find_busy(const struct ptn_tell *t, struct ptn_uuid busy[PTN_TELL_SLOTS])
{
	size_t i, n = 0;

	for (i = 0; i < PTN_TELL_SLOTS; i++)
		if (t->slot[i].used)
			busy[n++] = t->slot[i].told.tenant_id;
	return n;
}

/* What cannot be begun has failed, as if its hook had. */
static void
begin(struct ptn_tell *t, const struct ptn_scope *at,
    const struct ptn_outbox_told *told, const struct ptn_hooks_one *hook,
    const struct ptn_webhook_told *what)
{
	struct ptn_tell_slot *s = free_slot(t);
	struct ptn_hookmessage m;
	enum ptn_err r;

	*s = (struct ptn_tell_slot){ .used = true,
		.told = *told,
		.hook = hook->id };
	s->told.text = PTN_BYTES(NULL, 0);
	r = ptn_hookmessage_write(at, &told->id, hook, what, &m);
	if (r == PTN_OK)
		r = ptn_tell_start(at, hook, &m, &s->job);
	if (r == PTN_OK)
		return;
	s->ended = true;
	s->what = PTN_DELIVERY_LATER;
	if (s->job.said[0] == '\0')
		(void)snprintf(s->job.said, sizeof(s->job.said), "%s",
		    ptn_err_name(r));
	say(s);
	t->record_ms = 0; /* written down in the next turn */
}

/* A token names its tenant, but for the default one. */
static enum ptn_err
name_tenant(struct ptn_tell *t, struct ptn_scope *at)
{
	struct ptn_org_row home = { .id = t->home };
	enum ptn_err r = PTN_OK;

	if (ptn_uuid_is_nil(&t->home))
		r = ptn_org_find(at, PTN_TENANT_DEFAULT, &home);
	t->home = home.id;
	at->tenant_named = !ptn_uuid_equal(&at->tenant_id, &t->home);
	return r;
}

static enum ptn_err
take_one(struct ptn_tell *t, const struct ptn_scope *sc,
    const struct ptn_outbox_told *told)
{
	struct ptn_scope at = scope_of(sc, told);
	struct ptn_webhook_told what;
	struct ptn_hooks_one hook;
	enum ptn_err r;

	r = ptn_webhook_read(sc, told->text, &what);
	if (r == PTN_OK)
		r = ptn_hooks_get(&at, &what.hook, &hook);
	if (r == PTN_E_NOT_FOUND || r == PTN_E_INPUT)
		return ptn_outbox_sent(sc, &told->id); /* nobody's any more */
	if (r != PTN_OK)
		return r;
	if (!hook.enabled)
		return ptn_hooks_park(&at, told);
	if ((r = name_tenant(t, &at)) == PTN_OK)
		begin(t, &at, told, &hook, &what);
	return r;
}

enum ptn_err
ptn_tell_take(struct ptn_tell *t, const struct ptn_scope *sc, size_t *taken)
{
	struct ptn_uuid busy[PTN_TELL_SLOTS];
	const struct ptn_outbox_told_room room = { slots_free(t), busy,
		find_busy(t, busy) };
	struct ptn_outbox_told *told;
	enum ptn_err r;
	size_t i;

	*taken = 0;
	t->more = false;
	if (!sc->cf->hooks_on || room.all == 0)
		return PTN_OK;
	r = ptn_outbox_claim_told(sc, &room, &told, taken);
	if (r == PTN_OK && *taken > 0)
		r = ptn_keysets_refresh_of(sc, PTN_API_HANKO, false);
	for (i = 0; r == PTN_OK && i < *taken; i++)
		r = take_one(t, sc, &told[i]);
	return r;
}

size_t
ptn_tell_fds(const struct ptn_tell *t, int *fds)
{
	size_t i, n = 0;

	for (i = 0; i < PTN_TELL_SLOTS; i++)
		if (t->slot[i].used && !t->slot[i].ended &&
		    t->slot[i].job.err_fd >= 0)
			fds[n++] = t->slot[i].job.err_fd;
	return n;
}

int64_t
ptn_tell_until(const struct ptn_tell *t, int64_t soon)
{
	const struct ptn_tell_slot *s;
	int64_t until = INT64_MAX, at;

	for (s = t->slot; s < t->slot + PTN_TELL_SLOTS; s++) {
		if (!s->used)
			continue;
		at = s->ended		 ? t->record_ms
		    : s->job.err_fd >= 0 ? s->job.deadline_ms
					 : soon;
		if (at < until)
			until = at;
	}
	return until;
}

bool
ptn_tell_wants(const struct ptn_tell *t)
{
	return t->more && slots_free(t) > 0;
}

bool
ptn_tell_idle(const struct ptn_tell *t)
{
	return slots_free(t) == PTN_TELL_SLOTS;
}
