#include "lib/flow/person.h"

#include <string.h>

#include "lib/base/arena.h"

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

enum ptn_err
ptn_flow_person_lock(struct ptn_flow_step *step)
{
	enum ptn_err r =
	    ptn_session_lock(step->sc, &step->by->sub, &step->by->session_id);

	return r == PTN_OK ? ptn_flow_person_read(step) : r;
}

bool
ptn_flow_person_may_give_up(const struct ptn_flow_step *step, enum ptn_way way)
{
	const struct ptn_ways ways = ptn_profile_ways(&step->person->profile);

	return ptn_ways_may_give_up(step->sc->cf, &ways, way);
}

enum ptn_err
ptn_flow_person_sessions(const struct ptn_flow_step *step,
    struct ptn_flow_choices *out)
{
	const struct ptn_flow_person *p = step->person;
	struct ptn_flow_choice *choice;
	char id[PTN_UUID_STR];
	size_t i;

	choice =
	    ptn_arena_calloc(step->sc->arena, p->sessions + 1, sizeof(*choice));
	if (choice == NULL)
		return PTN_E_NOMEM;
	*out = (struct ptn_flow_choices){ choice, 0 };
	for (i = 0; i < p->sessions; i++) {
		if (ptn_uuid_equal(&p->session[i].id, &p->current))
			continue;
		ptn_uuid_format(&p->session[i].id, id);
		choice->value = ptn_arena_strdup(step->sc->arena, id);
		if (choice->value == NULL)
			return PTN_E_NOMEM;
		choice->name = choice->value;
		choice++;
		out->n++;
	}
	return PTN_OK;
}
