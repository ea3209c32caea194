#ifndef PTN_FLOW_ONBOARD_H
#define PTN_FLOW_ONBOARD_H

#include <stdbool.h>

#include "lib/conf/conf_words.h"

/*
 * What somebody is asked to set up who signs up, or has logged in, by the
 * policies of passkeys and passwords (passkey.acquire_on_*,
 * password.acquire_on_*): a table.
 */
enum ptn_flow_onboard {
	PTN_FLOW_ONBOARD_NOTHING = 0,
	PTN_FLOW_ONBOARD_PASSKEY,
	PTN_FLOW_ONBOARD_PASSWORD,
	PTN_FLOW_ONBOARD_ONE_OF_THEM,
	PTN_FLOW_ONBOARD_PASSKEY_FIRST,	 /* both */
	PTN_FLOW_ONBOARD_PASSWORD_FIRST, /* both */
	PTN_FLOW_ONBOARD_IMPOSSIBLE,	 /* what they must have, they cannot */
	PTN_FLOW_ONBOARD__MAX
};

struct ptn_flow_onboard_kind {
	bool on; /* there is such a way to log in */
	enum ptn_acquire policy;
	bool optional;
	bool had;
};

/* webauthn: the browser can make passkeys. */
enum ptn_flow_onboard ptn_flow_onboard(
    const struct ptn_flow_onboard_kind *passkey,
    const struct ptn_flow_onboard_kind *password, bool webauthn);

#endif
