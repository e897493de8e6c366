/* The DER inside a "PKCS#11 PROVIDER URI" PEM block. */
#include "provider/pemuri.h"

#include <libtasn1.h>
#include <string.h>
#include <strings.h>

#define DESCRIPTION "PKCS#11 Provider URI v1.0"

/* The body of the next element, if it has this tag and lies within. */
static CK_RV
element(const uint8_t **at, size_t *left, unsigned long tag,
    const uint8_t **body, size_t *len)
{
	unsigned char class;
	unsigned long found = 0;
	int tag_len = 0, size_len = 0;
	long size;

	if (*left > INT32_MAX || asn1_get_tag_der(*at, (int)*left, &class,
	    &tag_len, &found) != ASN1_SUCCESS || found != tag
	    || (class & ~ASN1_CLASS_STRUCTURED) != ASN1_CLASS_UNIVERSAL)
		return CKR_DATA_INVALID;
	size = asn1_get_length_der(*at + tag_len, (int)*left - tag_len,
	    &size_len);
	if (size < 0 || (size_t)size > *left - (size_t)(tag_len + size_len))
		return CKR_DATA_INVALID;
	*body = *at + tag_len + size_len;
	*len = (size_t)size;
	*at = *body + *len;
	*left -= (size_t)(tag_len + size_len) + *len;
	return CKR_OK;
}

CK_RV
pemuri_parse(const uint8_t *der, size_t len, char **out)
{
	const uint8_t *body, *text;
	size_t body_len, text_len;
	char *uri;

	TRY(element(&der, &len, ASN1_TAG_SEQUENCE, &body, &body_len));
	if (len != 0)
		return CKR_DATA_INVALID;
	TRY(element(&body, &body_len, ASN1_TAG_VISIBLE_STRING, &text,
	    &text_len));
	if (text_len != strlen(DESCRIPTION)
	    || memcmp(text, DESCRIPTION, text_len) != 0)
		return CKR_DATA_INVALID;
	TRY(element(&body, &body_len, ASN1_TAG_UTF8_STRING, &text, &text_len));
	if (body_len != 0 || text_len < 7
	    || strncasecmp((const char *)text, "pkcs11:", 7) != 0
	    || memchr(text, '\0', text_len) != NULL)
		return CKR_DATA_INVALID;
	uri = strndup((const char *)text, text_len);
	if (uri == NULL)
		return CKR_HOST_MEMORY;
	*out = uri;
	return CKR_OK;
}

/* A tag, its length and what comes after; returns the bytes of the head. */
static size_t
head(uint8_t tag, size_t len, uint8_t out[12])
{
	int size_len = 0;

	out[0] = tag;
	asn1_length_der(len, out + 1, &size_len);
	return 1 + (size_t)size_len;
}

CK_RV
pemuri_build(const char *uri, uint8_t **out, size_t *len)
{
	uint8_t h1[12], h2[12], h3[12], *at;
	size_t d = strlen(DESCRIPTION), u = strlen(uri);
	size_t n2 = head(ASN1_TAG_VISIBLE_STRING, d, h2);
	size_t n3 = head(ASN1_TAG_UTF8_STRING, u, h3);
	size_t n1 = head(ASN1_TAG_SEQUENCE | ASN1_CLASS_STRUCTURED,
	    n2 + d + n3 + u, h1);
	uint8_t *der = malloc(n1 + n2 + d + n3 + u);

	if (der == NULL)
		return CKR_HOST_MEMORY;
	at = mempcpy(der, h1, n1);
	at = mempcpy(at, h2, n2);
	at = mempcpy(at, DESCRIPTION, d);
	at = mempcpy(at, h3, n3);
	at = mempcpy(at, uri, u);
	*out = der;
	*len = (size_t)(at - der);
	return CKR_OK;
}
