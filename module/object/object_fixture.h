/* For tests: templates that hold their own numbers, certificates, questions to
 * the objects that came of them. */
#ifndef VECS_OBJECT_FIXTURE_H
#define VECS_OBJECT_FIXTURE_H

#include "module/mech/mech_fixture.h"
#include "module/object/create.h"

#define TEMPLATE_MAX 64

/* Bytes are borrowed, numbers and booleans kept here. */
struct template {
	CK_ATTRIBUTE list[TEMPLATE_MAX];
	CK_ULONG numbers[TEMPLATE_MAX];
	CK_BBOOL bools[TEMPLATE_MAX];
	CK_ULONG n;
};

/* Over an older value of the same type, if there is one. */
void put_bytes(struct template *t, CK_ATTRIBUTE_TYPE type, const void *value,
    size_t len);
void put_ulong(struct template *t, CK_ATTRIBUTE_TYPE type, CK_ULONG value);
void put_bool(struct template *t, CK_ATTRIBUTE_TYPE type, bool value);
void drop(struct template *t, CK_ATTRIBUTE_TYPE type);

/* The least that C_CreateObject wants. */
void template_data(struct template *t);
void template_key(struct template *t, const struct key_parts *parts);
void template_secret(struct template *t, CK_KEY_TYPE type, const void *value,
    size_t len);
void template_certificate(struct template *t, struct span der);

/* A certificate of subject CN=a, kept in out; ca: by basicConstraints. */
struct span certificate_make(EVP_PKEY *pkey, bool ca, struct secret *out);

extern const struct maker nobody;  /* may not trust */
extern const struct maker officer; /* may */
extern const struct maker roots;   /* writes to a store of roots */

CK_RV create(const struct maker *who, const struct template *t,
    struct attrs *out);
/* Must succeed. */
void create_good(const struct maker *who, const struct template *t,
    struct attrs *out);

void check_bytes(const struct attrs *a, CK_ATTRIBUTE_TYPE type,
    const void *want, size_t len);
/* -1: absent */
int bool_of(const struct attrs *a, CK_ATTRIBUTE_TYPE type);

#endif
