#ifndef PTN_FORMAT_LOCALE_H
#define PTN_FORMAT_LOCALE_H

/*
 * The languages of our mails.  The tag of the best match for an
 * Accept-Language header (RFC 9110 section 12.5.4, lookup of RFC 4647 3.4
 * with q-values): "pt-BR", "de", ...; "en" when nothing fits, the header is
 * NULL or not parsable.  The result is static.
 */
const char *ptn_locale_match(const char *accept_language);

/* All tags, NULL-terminated; the first is the fallback. */
extern const char *const ptn_locales[];

#endif
