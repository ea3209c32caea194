#include "fcgi/family.h"

const struct ptn_auth ptn_auth_anybody = { NULL };

void
ptn_family_write_error(struct ptn_reply *rep, const struct ptn_request *req,
    int status, const char *message)
{
	(void)req;
	ptn_jsonw_object(&rep->json, NULL);
	ptn_jsonw_int(&rep->json, "code", status);
	ptn_jsonw_str(&rep->json, "message", message);
	ptn_jsonw_end_object(&rep->json);
}

bool
ptn_family_complete(const struct ptn_family *f)
{
	return f->on != NULL && f->body_max > 0 &&
	    f->depth > 0 && f->type != NULL && f->problem != NULL &&
	    f->last_resort != NULL && f->write_error != NULL &&
	    f->authenticate != NULL;
}
