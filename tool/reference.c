/*
 * The PEM file that stands for a key in a token: a DER sequence of a fixed
 * description and a pkcs11: URI (RFC 7512), as OpenSSL's providers read it.
 */
#include <libtasn1.h>
#include <string.h>

#include "common/buf.h"
#include "common/text.h"
#include "tool/reference.h"

#define DESCRIPTION "PKCS#11 Provider URI v1.0"

/* Unreserved characters of RFC 3986 stay, all else is percent-encoded. */
static void
uri_text(struct buf *uri, const char *name, const void *value, size_t len,
    bool binary)
{
	const uint8_t *at = value;
	char hex[3];

	buf_bytes(uri, name, strlen(name));
	for (size_t i = 0; i < len; i++) {
		bool plain = (at[i] >= 'a' && at[i] <= 'z') ||
		    (at[i] >= 'A' && at[i] <= 'Z') ||
		    (at[i] >= '0' && at[i] <= '9') ||
		    (at[i] != 0 && strchr("-._~", at[i]) != NULL);

		if (plain && !binary) {
			buf_u8(uri, at[i]);
			continue;
		}
		text_hex(&at[i], 1, hex);
		buf_u8(uri, '%');
		for (int k = 0; k < 2; k++)
			buf_u8(uri, (uint8_t)(hex[k] >= 'a'
			                          ? hex[k] - 'a' + 'A'
			                          : hex[k]));
	}
}

static void
uri_build(const struct token *token, const struct entry *entry, bool exact,
    struct buf *uri)
{
	const struct object *key = entry_object(entry, ROLE_PRIVATE);

	uri_text(uri, "pkcs11:token=", token->name, strlen(token->name),
	    false);
	if (exact)
		uri_text(uri, ";serial=", token->serial,
		    strlen(token->serial), false);
	if (key->label != NULL)
		uri_text(uri, ";object=", key->label, strlen(key->label),
		    false);
	/* A key without a label is found by its id only. */
	if ((exact || key->label == NULL) && key->id.len != 0)
		uri_text(uri, ";id=", key->id.data, key->id.len, true);
	buf_bytes(uri, ";type=private", 13);
}

/* Tag and length of value, then value. */
static void
der_append(struct buf *der, unsigned type, const void *value, size_t len)
{
	unsigned char head[ASN1_MAX_TL_SIZE];
	unsigned size = sizeof(head);

	if (asn1_encode_simple_der(type, value, (unsigned)len, head, &size) !=
	    ASN1_SUCCESS) {
		der->failed = true;
		return;
	}
	buf_bytes(der, head, size);
	buf_bytes(der, value, len);
}

CK_RV
reference_der(const struct token *token, const struct entry *entry,
    bool exact, struct secret *out)
{
	_cleanup_(buf_wipe) struct buf uri = BUF_INIT;
	_cleanup_(buf_wipe) struct buf body = BUF_INIT;
	_cleanup_(buf_wipe) struct buf der = BUF_INIT;
	unsigned char length[ASN1_MAX_LENGTH_SIZE];
	int size = sizeof(length);

	uri_build(token, entry, exact, &uri);
	der_append(&body, ASN1_ETYPE_VISIBLE_STRING, DESCRIPTION,
	    strlen(DESCRIPTION));
	der_append(&body, ASN1_ETYPE_UTF8_STRING, uri.data, uri.len);
	asn1_length_der(body.len, length, &size);
	buf_u8(&der, ASN1_TAG_SEQUENCE | ASN1_CLASS_STRUCTURED);
	buf_bytes(&der, length, (size_t)size);
	buf_bytes(&der, body.data, body.len);
	TRY(buf_check(&uri));
	TRY(buf_check(&body));
	TRY(buf_check(&der));
	return secret_dup(der.data, der.len, out);
}
