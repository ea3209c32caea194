#include "lib/event/actor.h"

void
ptn_actor_is(const struct ptn_scope *sc, const struct ptn_uuid *user_id,
    const char *email)
{
	if (sc->actor == NULL)
		return;
	if (sc->actor->operator_name != NULL) {
		if (user_id != NULL)
			sc->actor->about = *user_id;
		return;
	}
	if (user_id != NULL)
		sc->actor->user_id = *user_id;
	if (email != NULL)
		sc->actor->email = email;
}
