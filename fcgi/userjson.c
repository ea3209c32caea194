#include "fcgi/userjson.h"

#include "fcgi/jsonval.h"
#include "fcgi/profile.h"

void
ptn_userjson_email(struct ptn_jsonw *w, const struct ptn_email *e)
{
	ptn_jsonw_object(w, NULL);
	ptn_jsonval_uuid(w, "id", &e->id);
	ptn_jsonval_address(w, "address", e->address);
	ptn_jsonw_bool(w, "is_verified", e->verified);
	ptn_jsonw_bool(w, "is_primary", e->is_primary);
	ptn_jsonval_time(w, "created_at", e->created_at_us);
	ptn_jsonval_time(w, "updated_at", e->updated_at_us);
	ptn_jsonw_end_object(w);
}

static void
write_times(struct ptn_jsonw *w, int64_t created_at_us, int64_t updated_at_us)
{
	ptn_jsonval_time(w, "created_at", created_at_us);
	ptn_jsonval_time(w, "updated_at", updated_at_us);
}

static void
write_lists(struct ptn_jsonw *w, const struct ptn_person *p)
{
	size_t i;

	if (p->credentials > 0) {
		ptn_jsonw_array(w, "webauthn_credentials");
		for (i = 0; i < p->credentials; i++)
			ptn_profile_passkey(w, &p->credential[i]);
		ptn_jsonw_end_array(w);
	}
	if (p->emails > 0) {
		ptn_jsonw_array(w, "emails");
		for (i = 0; i < p->emails; i++)
			ptn_userjson_email(w, &p->email[i]);
		ptn_jsonw_end_array(w);
	}
}

/* A user has one password, and one app: their ids are the user's. */
void
ptn_userjson_password(struct ptn_jsonw *w, const char *name,
    const struct ptn_scope *sc, const struct ptn_person *p)
{
	ptn_jsonw_object(w, name);
	ptn_jsonval_uuid(w, "id", &p->user.id);
	ptn_jsonval_uuid(w, "tenant_id", &sc->tenant_id);
	write_times(w, p->password_at_us, p->password_set_at_us);
	ptn_jsonw_end_object(w);
}

void
ptn_userjson_otp(struct ptn_jsonw *w, const char *name,
    const struct ptn_person *p)
{
	ptn_jsonw_object(w, name);
	ptn_jsonval_uuid(w, "id", &p->user.id);
	ptn_jsonval_time(w, "created_at", p->otp_at_us);
	ptn_jsonw_end_object(w);
}

void
ptn_userjson_person(struct ptn_jsonw *w, const struct ptn_scope *sc,
    const struct ptn_person *p, bool of_list)
{
	ptn_jsonw_object(w, NULL);
	ptn_jsonval_uuid(w, "id", &p->user.id);
	write_lists(w, p);
	ptn_profile_username(w, &p->username);
	write_times(w, p->user.created_at_us, p->user.updated_at_us);
	if (p->locked_at_us != 0)
		ptn_jsonval_time(w, "locked_at", p->locked_at_us);
	if (!of_list) {
		if (p->password_at_us != 0)
			ptn_userjson_password(w, "password", sc, p);
		if (p->otp_at_us != 0)
			ptn_userjson_otp(w, "otp", p);
		ptn_metadata_write(w, "metadata", &p->metadata, true);
	}
	ptn_person_text_write(w, p->text);
	ptn_jsonw_end_object(w);
}

void
ptn_userjson_session(struct ptn_jsonw *w, const struct ptn_uuid *user,
    const struct ptn_session_row *s)
{
	ptn_jsonw_object(w, NULL);
	ptn_jsonval_uuid(w, "id", &s->id);
	ptn_jsonval_uuid(w, "user_id", user);
	ptn_jsonw_str(w, "user_agent", s->user_agent);
	ptn_jsonw_str(w, "ip_address", s->ip_address);
	ptn_jsonval_time(w, "created_at", s->created_at_us);
	ptn_jsonval_time(w, "updated_at", s->last_used_us);
	ptn_jsonval_time(w, "expires_at", s->expires_at_us);
	ptn_jsonval_time(w, "last_used", s->last_used_us);
	ptn_jsonw_end_object(w);
}
