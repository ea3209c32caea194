#ifndef TEST_CEREMONY_H
#define TEST_CEREMONY_H

/*
 * What is expected of a ceremony, and what clients and authenticators say that
 * is judged alike in both.
 */

#include <string.h>

#include "lib/webauthn/webauthn.h"
#include "tests/unit/authenticator.h"
#include "tests/unit/oracle.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define HEX(s) auth_unhex(s)

static char *origins[] = { (char *)(uintptr_t)AUTH_ORIGIN,
	(char *)(uintptr_t) "https://login.example.org:8443",
	(char *)(uintptr_t) "android:apk-key-hash:pNiP5iKyQ8JwgGOaKA1zGPUPJIS-"
			    "0H1xKCQcfIoGLck" };
static char *tops[] = { (char *)(uintptr_t) "https://portal.example.com" };

static struct ptn_webauthn_rp rp;
static struct ptn_webauthn_want want;

static inline int
each(void **state)
{
	(void)state;
	auth_expect(&rp, &want);
	rp.origins = (struct ptn_strs){ origins, N(origins) };
	return 0;
}

#define JSON_REST                                                              \
	"\"challenge\":\"dGhpcnR5LXR3byBieXRlcyB0aGF0IHdlcmUgcmFuZG9t\","      \
	"\"origin\":\"https://example.org\"}"
#define JSON(type) "{\"type\":\"webauthn." type "\"," JSON_REST

// clang-format off
static const struct {
	const char *name;
	struct auth_client client;
	enum ptn_finding_reason reason;
} client_cases[] = {
	{ "as a whole text", { .json = "%s" }, PTN_REASON_NONE },
	{ "the other ceremony", { .type = "other" }, PTN_REASON_TYPE },
	{ "a payment", { .type = "payment.get" }, PTN_REASON_TYPE },
	{ "a type in capitals", { .type = "WebAuthn.Create" }, PTN_REASON_TYPE },
	{ "an empty type", { .type = "" }, PTN_REASON_TYPE },
	{ "another challenge", { .challenge = "dGhpcnR5LXR3byBieXRlcyB0aGF0IHdlcmUgcmFuZG9u" }, PTN_REASON_CHALLENGE },
	{ "a shorter challenge", { .challenge = "dGhpcnR5LXR3byBieXRlcyB0aGF0IHdlcmUgcmFuZG9" }, PTN_REASON_CHALLENGE },
	{ "a longer challenge", { .challenge = "dGhpcnR5LXR3byBieXRlcyB0aGF0IHdlcmUgcmFuZG9tA" }, PTN_REASON_CHALLENGE },
	{ "a padded challenge", { .challenge = "dGhpcnR5LXR3byBieXRlcyB0aGF0IHdlcmUgcmFuZG9t=" }, PTN_REASON_CHALLENGE },
	{ "an empty challenge", { .challenge = "" }, PTN_REASON_CHALLENGE },
	{ "another origin", { .origin = "https://example.com" }, PTN_REASON_ORIGIN },
	{ "a look-alike behind", { .origin = "https://example.org.evil.test" }, PTN_REASON_ORIGIN },
	{ "a look-alike before", { .origin = "https://evilexample.org" }, PTN_REASON_ORIGIN },
	{ "a homograph", { .origin = "https://ex\xd0\xb0mple.org" }, PTN_REASON_ORIGIN },
	{ "a subdomain", { .origin = "https://www.example.org" }, PTN_REASON_ORIGIN },
	{ "a parent", { .origin = "https://org" }, PTN_REASON_ORIGIN },
	{ "another scheme", { .origin = "http://example.org" }, PTN_REASON_ORIGIN },
	{ "another port", { .origin = "https://example.org:8443" }, PTN_REASON_ORIGIN },
	{ "no port where there is one", { .origin = "https://login.example.org" }, PTN_REASON_ORIGIN },
	{ "one digit less of the port", { .origin = "https://login.example.org:844" }, PTN_REASON_ORIGIN },
	{ "a trailing dot", { .origin = "https://example.org." }, PTN_REASON_ORIGIN },
	{ "a path", { .origin = "https://example.org/" }, PTN_REASON_ORIGIN },
	{ "user information", { .origin = "https://example.org@evil.test" }, PTN_REASON_ORIGIN },
	{ "a NUL in the origin", { .origin = "https://example.org\\u0000" }, PTN_REASON_CLIENT_DATA },
	{ "an opaque origin", { .origin = "null" }, PTN_REASON_ORIGIN },
	{ "an empty origin", { .origin = "" }, PTN_REASON_ORIGIN },
	{ "an origin in capitals", { .origin = "HTTPS://Example.Org" }, PTN_REASON_NONE },
	{ "the second origin", { .origin = "https://login.example.org:8443" }, PTN_REASON_NONE },
	{ "the application", { .origin = "android:apk-key-hash:pNiP5iKyQ8JwgGOaKA1zGPUPJIS-0H1xKCQcfIoGLck" }, PTN_REASON_NONE },
	{ "another application", { .origin = "android:apk-key-hash:PNIP5iKyQ8JwgGOaKA1zGPUPJIS-0H1xKCQcfIoGLck" }, PTN_REASON_ORIGIN },
	{ "crossOrigin", { .more = ",\"crossOrigin\":true" }, PTN_REASON_CROSS_ORIGIN },
	{ "crossOrigin and topOrigin", { .more = ",\"crossOrigin\":true,\"topOrigin\":\"https://portal.example.com\"" }, PTN_REASON_CROSS_ORIGIN },
	{ "topOrigin", { .more = ",\"topOrigin\":\"https://portal.example.com\"" }, PTN_REASON_TOP_ORIGIN },
	{ "not crossOrigin", { .more = ",\"crossOrigin\":false" }, PTN_REASON_NONE },
	{ "crossOrigin of null", { .more = ",\"crossOrigin\":null" }, PTN_REASON_NONE },
	{ "crossOrigin as text", { .more = ",\"crossOrigin\":\"true\"" }, PTN_REASON_CLIENT_DATA },
	{ "members we do not know", { .more = ",\"new\":{\"a\":[1,2.5,null]}" }, PTN_REASON_NONE },
	{ "token binding", { .more = ",\"tokenBinding\":{\"status\":\"supported\"}" }, PTN_REASON_NONE },
	{ "odd token binding", { .more = ",\"tokenBinding\":{\"status\":\"maybe\"}" }, PTN_REASON_CLIENT_DATA },
	{ "a member twice", { .more = ",\"origin\":\"https://example.org\"" }, PTN_REASON_CLIENT_DATA },
	{ "nothing", { .json = "" }, PTN_REASON_CLIENT_DATA },
	{ "no object", { .json = "[]" }, PTN_REASON_CLIENT_DATA },
	{ "null", { .json = "null" }, PTN_REASON_CLIENT_DATA },
	{ "an empty object", { .json = "{}" }, PTN_REASON_CLIENT_DATA },
};

static const struct {
	const char *name;
	uint8_t set;
	uint8_t clear;
	bool require_uv;
	enum ptn_finding_reason reason;
} flag_cases[] = {
	{ "UP and UV", 0, 0, true, PTN_REASON_NONE },
	{ "no UV", 0, PTN_AUTHDATA_UV, false, PTN_REASON_NONE },
	{ "no UV, required", 0, PTN_AUTHDATA_UV, true, PTN_REASON_UV },
	{ "no UP", 0, PTN_AUTHDATA_UP, false, PTN_REASON_UP },
	{ "neither UP nor UV", 0, PTN_AUTHDATA_UP | PTN_AUTHDATA_UV, true, PTN_REASON_UP },
	{ "BE", PTN_AUTHDATA_BE, 0, false, PTN_REASON_NONE },
	{ "BE and BS", PTN_AUTHDATA_BE | PTN_AUTHDATA_BS, 0, false, PTN_REASON_NONE },
	{ "BS without BE", PTN_AUTHDATA_BS, 0, false, PTN_REASON_BACKUP },
	{ "RFU1", PTN_AUTHDATA_RFU1, 0, false, PTN_REASON_RESERVED },
	{ "RFU2", PTN_AUTHDATA_RFU2, 0, false, PTN_REASON_RESERVED },
	{ "ED without extensions", PTN_AUTHDATA_ED, 0, false, PTN_REASON_AUTH_DATA },
};
// clang-format on

/* The rows serve both ceremonies. */
static inline struct auth_client
client_of(size_t i, const char *json, const char *other)
{
	struct auth_client client = client_cases[i].client;

	if (client.json != NULL && strcmp(client.json, "%s") == 0)
		client.json = json;
	if (client.type != NULL && strcmp(client.type, "other") == 0)
		client.type = other;
	return client;
}

#endif
