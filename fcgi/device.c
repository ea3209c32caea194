#include "fcgi/device.h"

#include <string.h>

#include "fcgi/cookie.h"
#include "lib/account/device.h"
#include "lib/base/clock.h"
#include "lib/conf/conf.h"

#define COOKIES_MAX 4 /* that are looked at */

static const char *
name_of(const struct ptn_request *req)
{
	return ptn_arena_printf(req->sc.arena, "%s_device",
	    req->sc.cf->cookie_name);
}

static int64_t
now_s(void)
{
	return ptn_clock_us() / PTN_US_PER_S;
}

/* Of several, from other paths or domains, the first that is ours. */
void
ptn_device_load(struct ptn_request *req)
{
	const char *name, *text[COOKIES_MAX];
	size_t i, n;

	req->actor.device = NULL;
	if (!req->sc.cf->rate_enabled || (name = name_of(req)) == NULL)
		return;
	n = ptn_cookie_values(req, name, text, COOKIES_MAX);
	for (i = 0; i < n && req->actor.device == NULL; i++)
		if (ptn_device_read(&req->sc, text[i], now_s(), &req->device))
			req->actor.device = &req->device;
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
	    ptn_device_write(&req->sc, actor->device,
		&actor->remembered.user_id, actor->remembered.epoch, now_s(),
		&text) != PTN_OK)
		rep->bad = true;
	else
		ptn_cookie_set_device(req, rep, name, text);
}
