#include "lib/conf/conf_row.h"

#include <stdlib.h>
#include <string.h>

#include "lib/format/hook.h"
#include "lib/format/ip.h"

/* "3.events": which hook, and which of its members; NULL: neither. */
static const char *
take_index(const char *path, size_t *index)
{
	const size_t len = strspn(path, "0123456789");

	if (len == 0 || len > 2 || path[len] != '.' ||
	    (path[0] == '0' && len > 1))
		return NULL;
	*index = (size_t)strtoul(path, NULL, 10);
	return path + len + 1;
}

/* Names with a space between them. */
static const char *
join(struct ptn_arena *a, const char *const *v, size_t n)
{
	const char *all = "";
	size_t i;

	for (i = 0; all != NULL && i < n; i++)
		all = ptn_arena_printf(a, "%s%s%s", all, i > 0 ? " " : "",
		    v[i]);
	return all;
}

static enum ptn_err
put_events(struct ptn_arena *a, struct ptn_conf_hook *h,
    const struct ptn_conf_text *text, struct ptn_conf_why *why)
{
	struct ptn_strs list = { NULL, 0 };
	const char *const *v = text->v;
	size_t i, n = text->n;

	if (!text->list) { /* as --set has it */
		if (ptn_conf_split(a, text->v[0], &list) != PTN_OK)
			return ptn_conf_no(why, "is no list of events");
		v = (const char *const *)list.v;
		n = list.n;
	}
	for (i = 0; i < n; i++)
		if (!ptn_hook_is_name(v[i]))
			return ptn_conf_no(why,
			    "\"%.40s\" is no event of postern-hooks(7)", v[i]);
	h->events = join(a, v, n);
	if (h->events == NULL || strlen(h->events) > PTN_HOOK_EVENTS_MAX)
		return ptn_conf_no(why, "is too long");
	return PTN_OK;
}

static enum ptn_err
put_callback(struct ptn_arena *a, struct ptn_conf_hook *h,
    const struct ptn_conf_text *text, struct ptn_conf_why *why)
{
	if (text->list)
		return ptn_conf_no(why, "is one value, not a list");
	if ((h->callback = ptn_arena_strdup(a, text->v[0])) == NULL) {
		(void)ptn_conf_no(why, "out of memory");
		return PTN_E_NOMEM;
	}
	return PTN_OK;
}

enum ptn_err
ptn_conf_hooks_put(struct ptn_arena *a, struct ptn_conf_hooks *h,
    const char *path, const struct ptn_conf_text *text,
    struct ptn_conf_why *why)
{
	size_t index = 0;
	const char *name = take_index(path, &index);

	if (name == NULL || index >= PTN_CONF_HOOKS_MAX)
		return ptn_conf_no(why, "is not of the first %d elements",
		    PTN_CONF_HOOKS_MAX);
	if (h->v == NULL)
		h->v = ptn_arena_calloc(a, PTN_CONF_HOOKS_MAX, sizeof(*h->v));
	if (h->v == NULL) {
		(void)ptn_conf_no(why, "out of memory");
		return PTN_E_NOMEM;
	}
	if (index >= h->n)
		h->n = index + 1;
	if (strcmp(name, "callback") == 0)
		return put_callback(a, &h->v[index], text, why);
	if (strcmp(name, "events") == 0)
		return put_events(a, &h->v[index], text, why);
	return ptn_conf_no(why, "is neither callback nor events");
}

static void
check_one(struct ptn_conf_load *ld, size_t i)
{
	struct ptn_conf_hook *h = &ld->cf->hooks.v[i];
	const char *fault;

	if (h->callback == NULL || h->events == NULL || *h->events == '\0') {
		ptn_conf_fault(ld, &ld->cf->hooks,
		    "element %zu needs a callback, and events", i);
		h->callback = h->events = "";
		return;
	}
	fault = ptn_hook_url_fault(h->callback, ld->cf->hook_http);
	if (fault != NULL && ld->cf->hooks_on)
		ptn_conf_fault(ld, &ld->cf->hooks, "the callback of element "
		    "%zu %s", i, fault);
}

void
ptn_conf_hooks_check(struct ptn_conf_load *ld)
{
	const struct ptn_strs *l = &ld->cf->hook_networks;
	struct ptn_ip_net net;
	size_t i;

	for (i = 0; i < ld->cf->hooks.n; i++)
		check_one(ld, i);
	for (i = 0; i < l->n; i++)
		if (!ptn_ip_net_parse(l->v[i], &net))
			ptn_conf_fault(ld, l,
			    "\"%.80s\" is neither an address nor a network "
			    "(192.0.2.0/24)",
			    l->v[i]);
}
