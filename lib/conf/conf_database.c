#include "lib/base/array.h"
#include "lib/conf/conf_row.h"

#include <string.h>

#include "lib/format/place.h"
#include "lib/format/url.h"

/* What would say nothing is a mistake: there is no TLS, or not all of it. */
static void
check_tls(struct ptn_conf_load *ld)
{
	const struct ptn_conf *cf = ld->cf;
	const char *const *also[] = { &cf->db_tls_ca, &cf->db_tls_cert,
		&cf->db_tls_key, &cf->db_tls_cipher };
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(also); i++)
		if ((*also[i])[0] != '\0' && cf->db_tls == PTN_DB_TLS_OFF)
			ptn_conf_fault(ld, also[i],
			    "says nothing while database.tls.mode is off");
	if (cf->db_tls_ca[0] != '\0' && cf->db_tls == PTN_DB_TLS_REQUIRED)
		ptn_conf_fault(ld, &cf->db_tls_ca,
		    "says nothing unless database.tls.mode is verify");
	if (cf->db_tls_cert[0] != '\0' && cf->db_tls_key[0] == '\0')
		ptn_conf_fault(ld, &cf->db_tls_key,
		    "must not be empty with database.tls.cert_file");
	if (cf->db_tls_key[0] != '\0' && cf->db_tls_cert[0] == '\0')
		ptn_conf_fault(ld, &cf->db_tls_cert,
		    "must not be empty with database.tls.key_file");
}

/* From 3.4 on the client library compares no name with these two. */
static bool
is_nameless(const char *host)
{
	return strcmp(host, "127.0.0.1") == 0 || strcmp(host, "::1") == 0;
}

static void
check_name(struct ptn_conf_load *ld, const void *member, const char *host)
{
	if (ld->cf->db_tls == PTN_DB_TLS_VERIFY && is_nameless(host))
		ptn_conf_fault(ld, member,
		    "is an address of this host, "
		    "for which no certificate is verified; write a name, "
		    "such as localhost");
}

static void
check_hosts(struct ptn_conf_load *ld)
{
	const struct ptn_conf *cf = ld->cf;
	struct ptn_place at;
	size_t i;

	for (i = 0; i < cf->db_hosts.n; i++) {
		if (ptn_place_of(cf->db_hosts.v[i], cf->db_port, &at))
			check_name(ld, &cf->db_hosts, at.host);
		else
			ptn_conf_fault(ld, &cf->db_hosts,
			    "\"%.80s\" is no host with or without a port, "
			    "and no path of a socket",
			    cf->db_hosts.v[i]);
	}
	if (cf->db_hosts.n > PTN_DB_HOSTS_MAX)
		ptn_conf_fault(ld, &cf->db_hosts, "has more than %d",
		    PTN_DB_HOSTS_MAX);
	if (cf->db_hosts.n > 0 && cf->db_socket[0] != '\0')
		ptn_conf_fault(ld, &cf->db_socket,
		    "says nothing beside database.hosts, where it can stand");
}

void
ptn_conf_database_check(struct ptn_conf_load *ld)
{
	const struct ptn_conf *cf = ld->cf;

	check_tls(ld);
	check_hosts(ld);
	if (cf->db_hosts.n == 0 && cf->db_socket[0] == '\0')
		check_name(ld, &cf->db_host, cf->db_host);
	if (cf->db_host[0] == '\0' && cf->db_socket[0] == '\0')
		ptn_conf_fault(ld, &cf->db_host,
		    "must not be empty without database.socket");
	if (cf->db_host[0] == '/')
		ptn_conf_fault(ld, &cf->db_host,
		    "is not a host; write a socket's path into "
		    "database.socket");
	else if (cf->db_host[0] != '\0' && !ptn_url_ip_ok(cf->db_host) &&
	    !ptn_url_host_ok(cf->db_host, strlen(cf->db_host)))
		ptn_conf_no_host(ld, &cf->db_host,
		    "a host (the port goes into database.port)");
	if (cf->db_name[0] == '\0')
		ptn_conf_fault(ld, &cf->db_name, "must not be empty");
	if (cf->db_user[0] == '\0')
		ptn_conf_fault(ld, &cf->db_user, "must not be empty");
}
