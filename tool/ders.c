/* An entry's certificates, in the order of their chain. */
#include "tool/cert.h"
#include "tool/entries.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

static CK_RV
ders_read(const struct token *token, const struct entry *entry,
    struct ders *out)
{
	for (size_t i = 0; i < entry->count; i++) {
		const struct object *o = entry->objects[i];

		if (o->role != ROLE_CERT && o->role != ROLE_CRL)
			continue;
		TRY(object_get(token, o->handle, CKA_VALUE,
		    &out->list[out->count]));
		out->count++;
	}
	return CKR_OK;
}

/* The certificate that has the private key's id goes first. */
static void
leaf_first(const struct entry *entry, struct ders *ders)
{
	const struct object *key = entry_object(entry, ROLE_PRIVATE);
	size_t at = 0;

	for (size_t i = 0; key != NULL && i < entry->count; i++) {
		const struct object *o = entry->objects[i];

		if (o->role != ROLE_CERT && o->role != ROLE_CRL)
			continue;
		if (o->role == ROLE_CERT && o->id.len != 0 &&
		    o->id.len == key->id.len &&
		    memcmp(o->id.data, key->id.data, o->id.len) == 0) {
			struct secret leaf = ders->list[at];

			memmove(ders->list + 1, ders->list,
			    at * sizeof(leaf));
			ders->list[0] = leaf;
			return;
		}
		at++;
	}
}

/* The certificate of this encoding, or NULL when it does not parse. */
static X509 *
cert_of(const struct secret *der)
{
	const unsigned char *at = der->data;
	X509 *cert = d2i_X509(NULL, &at, (long)der->len);

	ERR_clear_error();
	return cert;
}

/* True if the one issued the other. */
static bool
der_issued(const struct secret *issuer, const struct secret *subject)
{
	_cleanup_(X509_freep) X509 *a = cert_of(issuer);
	_cleanup_(X509_freep) X509 *b = cert_of(subject);

	return a != NULL && b != NULL && X509_check_issued(a, b) == X509_V_OK;
}

static void
der_swap(struct ders *ders, size_t a, size_t b)
{
	struct secret kept = ders->list[a];

	ders->list[a] = ders->list[b];
	ders->list[b] = kept;
}

/* Without a key, the leaf is a certificate that issued none of the others. */
static void
leaf_guess(struct ders *ders)
{
	for (size_t i = 0; i < ders->count; i++) {
		bool issuer = false;

		for (size_t k = 0; k < ders->count && !issuer; k++)
			issuer = k != i &&
			         der_issued(&ders->list[i], &ders->list[k]);
		if (!issuer) {
			der_swap(ders, 0, i);
			return;
		}
	}
}

static void
chain_follow(struct ders *ders)
{
	for (size_t i = 1; i < ders->count; i++) {
		size_t next = i;

		while (next < ders->count &&
		       !der_issued(&ders->list[next], &ders->list[i - 1]))
			next++;
		if (next == ders->count)
			return;
		der_swap(ders, i, next);
	}
}

CK_RV
entry_ders(const struct token *token, const struct entry *entry,
    struct ders *out)
{
	_cleanup_(ders_free) struct ders ders = { NULL, 0 };

	ders.list = calloc(entry->count + 1, sizeof(*ders.list));
	if (ders.list == NULL)
		return CKR_HOST_MEMORY;
	TRY(ders_read(token, entry, &ders));
	if (ders.count > 1) {
		if (entry_object(entry, ROLE_PRIVATE) != NULL)
			leaf_first(entry, &ders);
		else
			leaf_guess(&ders);
		chain_follow(&ders);
	}
	*out = ders;
	ders = (struct ders){ NULL, 0 };
	return CKR_OK;
}

void
ders_free(struct ders *ders)
{
	for (size_t i = 0; i < ders->count; i++)
		secret_wipe(&ders->list[i]);
	free(ders->list);
	*ders = (struct ders){ NULL, 0 };
}

const char *
entry_heading(const struct entry *entry)
{
	return entry->type == ENTRY_CRL ? "X509 CRL" : "CERTIFICATE";
}
