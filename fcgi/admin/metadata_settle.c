#include "fcgi/admin/admin.h"

#include "lib/account/metadata.h"

/* "public_metadata, unsafe_metadata": those that are wrong. */
static const char *
join_wrong(struct ptn_arena *a, const bool *wrong, const char *before,
    const char *behind)
{
	struct ptn_buf b;
	bool first = true;
	int i;

	ptn_buf_init(&b, a);
	ptn_buf_str(&b, before);
	for (i = 0; i < PTN_METADATA__MAX; i++) {
		if (!wrong[i])
			continue;
		ptn_buf_printf(&b, "%s%s %s", first ? "" : ", ",
		    ptn_metadata_names[i], behind);
		first = false;
	}
	return b.bad ? NULL : b.p;
}

static enum ptn_err
refuse(struct ptn_reply *rep, const char *why)
{
	return why != NULL ? ptn_reply_say(rep, PTN_E_INPUT, why) : PTN_E_NOMEM;
}

enum ptn_err
ptn_admin_metadata_settle(struct ptn_reply *rep, const bool *wrong,
    enum ptn_metadata_result what)
{
	switch (what) {
	case PTN_METADATA_DONE:
		return PTN_OK;
	case PTN_METADATA_UNFIT:
		return refuse(rep,
		    join_wrong(rep->arena, wrong, "",
			"must be an object, whose whole numbers have 64 bits "
			"at most, or null"));
	case PTN_METADATA_LONG:
		return refuse(rep,
		    join_wrong(rep->arena, wrong, "metadata limit exceeded: ",
			"has more than 3000 characters"));
	case PTN_METADATA_OUTDATED:
		return ptn_reply_say(rep, PTN_E_OUTDATED,
		    "the metadata has been changed meanwhile");
	case PTN_METADATA_UNKNOWN:
	case PTN_METADATA_RESULT__MAX:
	default:
		return PTN_E_NOT_FOUND;
	}
}
