/* What a token fills in from an X.509 certificate or a CRL in DER. */
#ifndef VECS_CERT_H
#define VECS_CERT_H

#include <stdbool.h>

#include "common/secret.h"
#include "common/span.h"

struct cert_facts {
	struct secret subject, issuer, serial; /* DER Name, Name, INTEGER */
	struct secret spki;                    /* DER SubjectPublicKeyInfo */
	struct secret key_id;    /* SHA-1 of the public key's bits, 20 bytes */
	struct secret sha1;      /* of the whole certificate */
	char start[8], end[8];   /* YYYYMMDD */
	bool is_ca;
};

/* CKR_ATTRIBUTE_VALUE_INVALID unless der is exactly one certificate. */
CK_RV cert_read(struct span der, struct cert_facts *out) MUST_USE;
void cert_facts_wipe(struct cert_facts *facts);

/* The issuer's DER Name of a CRL; CKR_ATTRIBUTE_VALUE_INVALID. */
CK_RV crl_issuer(struct span der, struct secret *out) MUST_USE;

#endif
