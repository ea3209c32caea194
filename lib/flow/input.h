#ifndef PTN_FLOW_INPUT_H
#define PTN_FLOW_INPUT_H

#include "lib/flow/step.h"

/*
 * Read the inputs of step->action from what the client sent into step->in, and
 * note what is wrong with each.  Booleans, and what is any JSON, are never
 * wrong.  Addresses arrive canonical (lib/format/address.h).  PTN_E_NOMEM, and
 * what the choices of an input return.
 *
 * json	an object, or NULL
 */
enum ptn_err ptn_flow_input_read(struct ptn_flow_step *step,
    const struct ptn_json *json) PTN_MUST_USE;

#endif
