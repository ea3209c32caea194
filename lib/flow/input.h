#ifndef PTN_FLOW_INPUT_H
#define PTN_FLOW_INPUT_H

#include "lib/flow/step.h"

/*
 * Read the inputs of step->action from what the client sent into step->in, and
 * note what is wrong with each.  Booleans are never wrong.  Addresses arrive
 * canonical (lib/format/address.h).  Only PTN_E_NOMEM is returned.
 *
 * json	an object, or NULL
 */
enum ptn_err ptn_flow_input_read(struct ptn_flow_step *step,
    const struct ptn_json *json) PTN_MUST_USE;

#endif
