#include "lib/flow/schedule.h"

/* The first row whose facts are so decides; of the last one all are. */
struct row {
	unsigned are;
	unsigned are_not;
	enum ptn_flow_at at;
};

static const struct row use[] = {
	{ 0, PTN_FLOW_USE_ON, PTN_FLOW_AT_NONE },
	{ PTN_FLOW_USE_DONE, 0, PTN_FLOW_AT_NONE },
	{ PTN_FLOW_USE_PASSKEY, 0, PTN_FLOW_AT_NONE },
	{ PTN_FLOW_USE_KEY | PTN_FLOW_USE_ABLE, 0, PTN_FLOW_AT_LOGIN_KEY },
	{ PTN_FLOW_USE_OTP, 0, PTN_FLOW_AT_LOGIN_OTP },
	{ PTN_FLOW_USE_KEY, 0, PTN_FLOW_AT_ERROR },
	{ 0, 0, PTN_FLOW_AT_NONE },
};

static const struct row offer[] = {
	{ 0, PTN_FLOW_OFFER_ON, PTN_FLOW_AT_NONE },
	{ 0, PTN_FLOW_OFFER_WANTED, PTN_FLOW_AT_NONE },
	{ PTN_FLOW_OFFER_HAS, 0, PTN_FLOW_AT_NONE },
	{ PTN_FLOW_OFFER_ASKED, 0, PTN_FLOW_AT_NONE },
	{ PTN_FLOW_OFFER_LATER, 0, PTN_FLOW_AT_NONE },
	{ 0, PTN_FLOW_OFFER_PROTECTS, PTN_FLOW_AT_NONE },
	{ PTN_FLOW_OFFER_OTP, 0, PTN_FLOW_AT_MFA_METHOD },
	{ PTN_FLOW_OFFER_KEY, 0, PTN_FLOW_AT_MFA_METHOD },
	{ PTN_FLOW_OFFER_OPTIONAL, 0, PTN_FLOW_AT_NONE },
	{ 0, 0, PTN_FLOW_AT_ERROR },
};

static enum ptn_flow_at
decide(const struct row *row, unsigned facts)
{
	while ((facts & row->are) != row->are || (facts & row->are_not) != 0)
		row++;
	return row->at;
}

enum ptn_flow_at
ptn_flow_schedule_use(unsigned facts)
{
	return decide(use, facts);
}

enum ptn_flow_at
ptn_flow_schedule_offer(unsigned facts)
{
	return decide(offer, facts);
}

bool
ptn_flow_schedule_trust(bool on, enum ptn_device_trust policy,
    enum ptn_flow_factor proved)
{
	return on && policy == PTN_TRUST_PROMPT &&
	    proved != PTN_FLOW_FACTOR_NONE;
}
