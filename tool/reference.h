/* Files that stand for a key in a token. */
#ifndef VECS_TOOL_REFERENCE_H
#define VECS_TOOL_REFERENCE_H

#include "tool/entries.h"

#define REFERENCE_HEADING "PKCS#11 PROVIDER URI"

/* The DER that names the entry's private key; exact adds serial and id.  Knows
 * nothing of libcrypto, whose headers and libtasn1's do not go together. */
CK_RV reference_der(const struct token *token, const struct entry *entry,
    bool exact, struct secret *out) MUST_USE;

#endif
