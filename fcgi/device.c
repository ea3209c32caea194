#include "fcgi/device.h"

#include <string.h>

#include "fcgi/cookie.h"
#include "lib/account/device.h"
#include "lib/base/clock.h"
#include "lib/conf/conf.h"
#include "lib/db/db.h"

#define COOKIES_MAX 20 /* that are looked at */

static const char *
name_of(const struct ptn_request *req)
{
	return ptn_arena_printf(req->sc.arena, "%s_device",
	    req->sc.cf->cookie_name);
}

static int64_t
now_s(const struct ptn_request *req)
{
	return ptn_db_clock_us(req->sc.db) / PTN_US_PER_S;
}

/* In the arena; NULL: it is not ours. */
static struct ptn_device *
read_cookie(const struct ptn_request *req, const char *text)
{
	struct ptn_device d, *out;

	if (!ptn_device_read(&req->sc, text, now_s(req), &d) ||
	    (out = ptn_arena_alloc(req->sc.arena, sizeof(*out))) == NULL)
		return NULL;
	*out = d;
	return out;
}

void
ptn_device_load(struct ptn_request *req)
{
	const char *name, *text[COOKIES_MAX];
	const struct ptn_device **last = &req->actor.device;
	struct ptn_device *d;
	size_t i, n;

	req->actor.device = NULL;
	if (!req->sc.cf->rate_enabled || (name = name_of(req)) == NULL)
		return;
	n = ptn_cookie_values(req, name, text, COOKIES_MAX);
	for (i = 0; i < n; i++)
		if ((d = read_cookie(req, text[i])) != NULL) {
			*last = d;
			last = &d->next;
		}
}

/* The one that the new cookie takes the place of, as well as it can be told. */
static const struct ptn_device *
before(const struct ptn_actor *actor)
{
	const struct ptn_uuid *user = &actor->remembered.user_id;
	const struct ptn_device *d;

	if ((d = ptn_device_of(actor->device, user,
		 &actor->remembered.epoch)) != NULL ||
	    (d = ptn_device_of(actor->device, user, NULL)) != NULL ||
	    (d = ptn_device_of(actor->device, NULL, NULL)) != NULL)
		return d;
	return actor->device;
}

void
ptn_device_set(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_actor *actor = &req->actor;
	const char *name, *text = NULL;

	if (ptn_uuid_is_nil(&actor->remembered.user_id))
		return;
	name = name_of(req);
	if (name == NULL ||
	    ptn_device_write(&req->sc, before(actor),
		&actor->remembered.user_id, actor->remembered.epoch, now_s(req),
		&text) != PTN_OK)
		rep->bad = true;
	else
		ptn_cookie_set_device(req, rep, name, text);
}
