/* What fetching a certificate and fetching a key have in common. */
#ifndef VECS_TOOL_GET_H
#define VECS_TOOL_GET_H

#include "tool/entries.h"
#include "tool/pem.h"
#include "tool/print.h"
#include "tool/verbs.h"

/* The textual dump of the first certificate, or of the CRL, on stdout. */
void cert_text(const struct entry *entry, const struct ders *ders);

/* All of them as PEM. */
CK_RV ders_pem(const struct entry *entry, const struct ders *ders,
    BIO *out) MUST_USE;
json_t *json_ders(const struct entry *entry, const struct ders *ders);

/* Store opened and entry found, or the original's complaint. */
CK_RV entry_open(const struct args *args, struct p11 *p11, enum login how,
    struct token *token, struct entries *found) MUST_USE;

/* The BIO's bytes to --output or stdout. */
CK_RV bio_output(const struct args *args, BIO *bio) MUST_USE;

#endif
