#ifndef PTN_FLOW_PROFILE_H
#define PTN_FLOW_PROFILE_H

#include "lib/flow/step.h"

/*
 * What the owner of an account may do to it: the actions of profile_init, by
 * what they are about.  Each is judged by step->person (person.h), under the
 * lock of the user.
 */

/* The password. */
bool ptn_flow_profile_has_no_password(const struct ptn_flow_step *step);
bool ptn_flow_profile_has_password(const struct ptn_flow_step *step);
bool ptn_flow_profile_can_drop_password(const struct ptn_flow_step *step);
enum ptn_err ptn_flow_profile_set_password(
    struct ptn_flow_step *step) PTN_MUST_USE;
enum ptn_err ptn_flow_profile_drop_password(
    struct ptn_flow_step *step) PTN_MUST_USE;

/* Addresses, and what becomes of one whose passcode was entered. */
bool ptn_flow_profile_can_add_address(const struct ptn_flow_step *step);
bool ptn_flow_profile_can_verify(const struct ptn_flow_step *step);
bool ptn_flow_profile_can_choose_primary(const struct ptn_flow_step *step);
enum ptn_err ptn_flow_profile_add_address(
    struct ptn_flow_step *step) PTN_MUST_USE;
enum ptn_err ptn_flow_profile_verify(struct ptn_flow_step *step) PTN_MUST_USE;
enum ptn_err ptn_flow_profile_choose_primary(
    struct ptn_flow_step *step) PTN_MUST_USE;
enum ptn_err ptn_flow_profile_drop_address(
    struct ptn_flow_step *step) PTN_MUST_USE;
enum ptn_err ptn_flow_profile_proved(struct ptn_flow_step *step) PTN_MUST_USE;

/* The username. */
bool ptn_flow_profile_has_no_name(const struct ptn_flow_step *step);
bool ptn_flow_profile_has_name(const struct ptn_flow_step *step);
bool ptn_flow_profile_can_drop_name(const struct ptn_flow_step *step);
enum ptn_err ptn_flow_profile_set_name(struct ptn_flow_step *step) PTN_MUST_USE;
enum ptn_err ptn_flow_profile_drop_name(
    struct ptn_flow_step *step) PTN_MUST_USE;

/* Passkeys, and what becomes of one that was made, or of a security key. */
bool ptn_flow_profile_has_credential(const struct ptn_flow_step *step);
bool ptn_flow_profile_can_make_passkey(const struct ptn_flow_step *step);
bool ptn_flow_profile_can_drop_passkey(const struct ptn_flow_step *step);
enum ptn_err ptn_flow_profile_make_passkey(
    struct ptn_flow_step *step) PTN_MUST_USE;
enum ptn_err ptn_flow_profile_made_passkey(
    struct ptn_flow_step *step) PTN_MUST_USE;
enum ptn_err ptn_flow_profile_rename_passkey(
    struct ptn_flow_step *step) PTN_MUST_USE;
enum ptn_err ptn_flow_profile_drop_passkey(
    struct ptn_flow_step *step) PTN_MUST_USE;

/* Second factors. */
bool ptn_flow_profile_can_make_key(const struct ptn_flow_step *step);
bool ptn_flow_profile_can_drop_key(const struct ptn_flow_step *step);
enum ptn_err ptn_flow_profile_make_key(struct ptn_flow_step *step) PTN_MUST_USE;
enum ptn_err ptn_flow_profile_drop_key(struct ptn_flow_step *step) PTN_MUST_USE;
bool ptn_flow_profile_can_make_otp(const struct ptn_flow_step *step);
bool ptn_flow_profile_can_drop_otp(const struct ptn_flow_step *step);
enum ptn_err ptn_flow_profile_make_otp(struct ptn_flow_step *step) PTN_MUST_USE;
enum ptn_err ptn_flow_profile_drop_otp(struct ptn_flow_step *step) PTN_MUST_USE;

/* What pages keep about the user, and all of the account. */
bool ptn_flow_profile_can_close(const struct ptn_flow_step *step);
enum ptn_err ptn_flow_profile_patch(struct ptn_flow_step *step) PTN_MUST_USE;
enum ptn_err ptn_flow_profile_close(struct ptn_flow_step *step) PTN_MUST_USE;

/* Sessions. */
bool ptn_flow_profile_can_end_session(const struct ptn_flow_step *step);
enum ptn_err ptn_flow_profile_end_session(
    struct ptn_flow_step *step) PTN_MUST_USE;

#endif
