/* The way back into the application's libcrypto: errors and its BIOs. */
#ifndef VECS_PROVIDER_CORE_H
#define VECS_PROVIDER_CORE_H

#include <openssl/core.h>
#include <stdbool.h>

#include "common/buf.h"
#include "common/pkcs11.h"

struct provider;

/* The texts of our reasons, for libcrypto. */
extern const OSSL_ITEM core_reasons[];

/* False, after the failure and this thread's reason text went to the
 * application's error queue; true for CKR_OK. */
bool core_ok(const struct provider *prov, CK_RV rv);

/* All that is left in the application's BIO, at most limit bytes. */
CK_RV core_read(const struct provider *prov, OSSL_CORE_BIO *in, size_t limit,
    struct buf *out) MUST_USE;
/* One line with its end, as NUL-terminated text; false at the end of input. */
bool core_line(const struct provider *prov, OSSL_CORE_BIO *in, char *line,
    int size);
bool core_write(const struct provider *prov, OSSL_CORE_BIO *out,
    const void *data, size_t len);

#endif
