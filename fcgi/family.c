#include "fcgi/family.h"

const struct ptn_auth ptn_auth_anybody = { NULL };

bool
ptn_family_complete(const struct ptn_family *f)
{
	return f->on != NULL && f->body_max > 0 &&
	    f->depth > 0 && f->type != NULL && f->problem != NULL &&
	    f->last_resort != NULL && f->write_error != NULL &&
	    f->authenticate != NULL;
}
