#include "lib/flow/person.h"

#include <string.h>

#include "lib/account/policy.h"
#include "lib/base/arena.h"
#include "lib/format/address.h"

enum ptn_err
ptn_flow_person_read(struct ptn_flow_step *step)
{
	const struct ptn_scope *sc = step->sc;
	const struct ptn_uuid *user = &step->by->sub;
	struct ptn_flow_person *p;
	enum ptn_err r;

	if ((p = ptn_arena_calloc(sc->arena, 1, sizeof(*p))) == NULL)
		return PTN_E_NOMEM;
	p->current = step->by->session_id;
	step->person = p;
	if ((r = ptn_profile_load(sc, user, &p->profile)) != PTN_OK ||
	    (r = ptn_membership_get(sc, user, &p->membership)) != PTN_OK)
		return r == PTN_E_NOT_FOUND ? PTN_E_DENIED : r;
	return ptn_sessions_of(sc, user, &p->session, &p->sessions);
}

bool
ptn_flow_person_names(const struct ptn_flow_step *step, const char **name,
    const char **shown)
{
	const struct ptn_profile *p = &step->person->profile;
	const char *address = NULL;
	size_t i;

	for (i = 0; i < p->emails; i++)
		if (p->email[i].is_primary)
			address = p->email[i].address;
	*name = address != NULL ? address : p->username.name;
	*shown = p->username.name != NULL ? p->username.name : address;
	return *name != NULL;
}

bool
ptn_flow_person_may_give_up(const struct ptn_flow_step *step,
    enum ptn_ways_kind way)
{
	const struct ptn_ways ways = ptn_profile_ways(&step->person->profile);

	return ptn_ways_may_give_up(step->sc->cf, &ways, way);
}

/* A list of so many at most, in the arena. */
static enum ptn_err
begin(const struct ptn_flow_step *step, size_t most,
    struct ptn_flow_choices *out)
{
	out->n = 0;
	out->choice =
	    ptn_arena_calloc(step->sc->arena, most + 1, sizeof(*out->choice));
	return out->choice != NULL ? PTN_OK : PTN_E_NOMEM;
}

/* One more, by its id; without a name it is called by that. */
static enum ptn_err
add(const struct ptn_flow_step *step, struct ptn_flow_choices *out,
    const struct ptn_uuid *id, const char *name)
{
	struct ptn_flow_choice *c = &out->choice[out->n++];
	char text[PTN_UUID_STR];

	ptn_uuid_format(id, text);
	c->value = ptn_arena_strdup(step->sc->arena, text);
	c->name = name != NULL ? name : c->value;
	return c->value != NULL ? PTN_OK : PTN_E_NOMEM;
}

bool
ptn_flow_person_may_drop(const struct ptn_flow_step *step,
    const struct ptn_email *email)
{
	const struct ptn_flow_person *p = step->person;

	if (email->is_primary && p->profile.emails > 1)
		return false;
	return ptn_flow_person_may_give_up(step, PTN_WAY_ADDRESS) &&
	    ptn_policy_remove_address(step->sc->cf, &p->membership, &email->id);
}

enum ptn_err
ptn_flow_person_addresses(const struct ptn_flow_step *step,
    struct ptn_flow_choices *out)
{
	const struct ptn_profile *p = &step->person->profile;
	enum ptn_err r = begin(step, p->emails, out);
	size_t i;

	for (i = 0; r == PTN_OK && i < p->emails; i++)
		if (ptn_flow_person_may_drop(step, &p->email[i]))
			r = add(step, out, &p->email[i].id,
			    ptn_address_shown(step->sc->arena,
				p->email[i].address));
	return r;
}

enum ptn_err
ptn_flow_person_sessions(const struct ptn_flow_step *step,
    struct ptn_flow_choices *out)
{
	const struct ptn_flow_person *p = step->person;
	enum ptn_err r = begin(step, p->sessions, out);
	size_t i;

	for (i = 0; r == PTN_OK && i < p->sessions; i++)
		if (!ptn_uuid_equal(&p->session[i].id, &p->current))
			r = add(step, out, &p->session[i].id, NULL);
	return r;
}
