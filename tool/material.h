/*
 * What the command line's files hold, checked and in order, before any token
 * is touched: the making of one entry, or of several roots or CRLs.
 */
#ifndef VECS_TOOL_MATERIAL_H
#define VECS_TOOL_MATERIAL_H

#include "tool/batch.h"
#include "tool/cert.h"
#include "tool/key.h"

struct material {
	struct secret cert_file, key_file, crl_file, pkcs12_file;
	STACK_OF(X509) *certs;
	STACK_OF(X509_CRL) *crls;
	EVP_PKEY *key;
	struct secret sealed; /* the key encrypted, for --password */
	bool trusted; /* mark certificates CKA_TRUSTED, as the SO may */
	struct input_password input;
	struct key_policy policy;
};

#define MATERIAL_INIT { .certs = NULL }

/* Reads the files; an empty one counts as not given. */
CK_RV material_read(const struct args *args,
    struct material *out) MUST_USE;

/* Parses key and certificates, sorts the chain, matches, seals. */
CK_RV material_parse(const struct args *args, struct material *m) MUST_USE;

/* The first certificate's alias, for an entry that was given none. */
CK_RV material_alias(struct material *m, char out[SHA1_HEX]) MUST_USE;

/* One certificate as an object of this label. */
CK_RV material_cert(const struct material *m, int index, const char *alias,
    struct batch *batch) MUST_USE;

void material_free(struct material *m);

/* Creates the entry's objects in a batch. */
CK_RV material_create(const struct material *m, const char *alias,
    struct batch *batch) MUST_USE;

#endif
