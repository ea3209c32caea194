#ifndef PTN_FLOW_SCHEDULE_H
#define PTN_FLOW_SCHEDULE_H

#include <stdbool.h>

#include "lib/conf/conf_words.h"
#include "lib/flow/flow.h"

/*
 * When a second factor is asked for, and when whoever has none is asked to set
 * one up: two tables over what is known.
 */

/* What the first one is asked by: bits. */
enum {
	PTN_FLOW_USE_ON = 1 << 0,   /* there are second factors */
	PTN_FLOW_USE_DONE = 1 << 1, /* proved or set up here, or not needed */
	PTN_FLOW_USE_PASSKEY = 1 << 2, /* the first factor is one: it is two */
	PTN_FLOW_USE_OTP = 1 << 3,     /* they have an app that counts */
	PTN_FLOW_USE_KEY = 1 << 4,     /* they have a security key */
	PTN_FLOW_USE_ABLE = 1 << 5,    /* the browser can show one */
	PTN_FLOW_USE__ALL = (1 << 6) - 1
};

/* And the other one. */
enum {
	PTN_FLOW_OFFER_ON = 1 << 0,	  /* there are second factors */
	PTN_FLOW_OFFER_WANTED = 1 << 1,	  /* at this time */
	PTN_FLOW_OFFER_HAS = 1 << 2,	  /* they have one */
	PTN_FLOW_OFFER_ASKED = 1 << 3,	  /* they were asked */
	PTN_FLOW_OFFER_PROTECTS = 1 << 4, /* there is what it would protect */
	PTN_FLOW_OFFER_LATER = 1 << 5,	  /* a password is asked for first */
	PTN_FLOW_OFFER_OTP = 1 << 6,	  /* it can be an app */
	PTN_FLOW_OFFER_KEY = 1 << 7,	  /* or a security key, here */
	PTN_FLOW_OFFER_OPTIONAL = 1 << 8, /* nobody must have one */
	PTN_FLOW_OFFER__ALL = (1 << 9) - 1
};

/*
 * The state that asks for a second factor, and the one that offers to set one
 * up; PTN_FLOW_AT_NONE: nothing is asked; PTN_FLOW_AT_ERROR: what is demanded
 * this browser cannot do.
 */
enum ptn_flow_at ptn_flow_schedule_use(unsigned facts);
enum ptn_flow_at ptn_flow_schedule_offer(unsigned facts);

/*
 * Is whoever logs in asked if the browser may do without?  Only who has proved
 * a second factor: behind a passkey nothing was asked that could be left out.
 */
bool ptn_flow_schedule_trust(bool on, enum ptn_device_trust policy,
    enum ptn_flow_factor proved);

#endif
