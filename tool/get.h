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

#endif
