/* The DER inside a "PKCS#11 PROVIDER URI" PEM block. */
#ifndef VECS_PROVIDER_PEMURI_H
#define VECS_PROVIDER_PEMURI_H

#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/pkcs11.h"

/*
 * SEQUENCE { VisibleString "PKCS#11 Provider URI v1.0", UTF8String URI }.
 * Lengths need not be minimal.  out is the URI with a NUL, the caller's to
 * free; CKR_DATA_INVALID for everything else.
 */
CK_RV pemuri_parse(const uint8_t *der, size_t len, char **out) MUST_USE;

/* The DER of a URI, the caller's to free. */
CK_RV pemuri_build(const char *uri, uint8_t **out, size_t *len) MUST_USE;

#endif
