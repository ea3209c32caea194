#ifndef PTN_FLOW_OTP_H
#define PTN_FLOW_OTP_H

#include "lib/flow/step.h"

/*
 * Give the user the app that was proved in this flow, and forget its secret;
 * inside a transaction that holds their lock.
 *
 * tell	them, by mail
 */
enum ptn_err ptn_flow_otp_store(struct ptn_flow_step *step,
    const struct ptn_uuid *user, bool tell) PTN_MUST_USE;

#endif
