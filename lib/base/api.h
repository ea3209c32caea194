#ifndef PTN_BASE_API_H
#define PTN_BASE_API_H

/*
 * The wire protocols that tokens and sessions belong to.  Each has signature
 * keys of its own, so that no token of one is valid in the other.
 */
enum ptn_api { PTN_API_HANKO, PTN_API_DFNS, PTN_API__MAX };

/* The name in the columns "api": "hanko", "dfns". */
const char *ptn_api_name(enum ptn_api api);

/* The API of that name; any other text is the Hanko API. */
enum ptn_api ptn_api_of(const char *name);

/* What people call it: "Hanko API", "Dfns API". */
const char *ptn_api_title(enum ptn_api api);

#endif
