/* A template for C_CreateObject, filled row by row with copies of values. */
#ifndef BENCH_TEMPLATE_H
#define BENCH_TEMPLATE_H

#include <string.h>

#include "common/pkcs11.h"
#include "tests/bench/die.h"

struct template {
	CK_ATTRIBUTE at[32];
	CK_ULONG count;
	size_t used;
	_Alignas(8) CK_BYTE bytes[8192];
};

static inline void
template_bytes(struct template *t, CK_ATTRIBUTE_TYPE type, const void *value,
    size_t len)
{
	NEED(t->count < COUNT(t->at) && len <= sizeof(t->bytes) - t->used);
	memcpy(t->bytes + t->used, value, len);
	t->at[t->count++] = (CK_ATTRIBUTE){ type, t->bytes + t->used, len };
	t->used += (len + 7) / 8 * 8;
}

static inline void
template_number(struct template *t, CK_ATTRIBUTE_TYPE type, CK_ULONG value)
{
	template_bytes(t, type, &value, sizeof(value));
}

static inline void
template_flag(struct template *t, CK_ATTRIBUTE_TYPE type, CK_BBOOL value)
{
	template_bytes(t, type, &value, sizeof(value));
}

#endif
