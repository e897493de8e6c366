/*
 * Target functions: uri_parse, uri_template, uri_match_*, uri_pin,
 * pemblock_line, pemblock_der, pemuri_parse, pemuri_build.
 *
 * The input is a URI, and as well a PEM file that holds one.  A URI that a PEM
 * file gives is written so that it is read again.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "provider/pemblock.h"
#include "provider/pemuri.h"
#include "provider/uri.h"
#include "tests/fuzz/fuzz.h"

#define MODULE "/usr/lib/libsome.so"

static void
uri_ask(const struct uri *uri, const char *text)
{
	_cleanup_(secret_wipe) struct secret pin = { NULL, 0 };
	CK_ATTRIBUTE template[8];
	CK_TOKEN_INFO token;
	CK_SLOT_INFO slot;
	CK_INFO info;

	memset(&token, ' ', sizeof(token));
	memset(&slot, ' ', sizeof(slot));
	memset(&info, ' ', sizeof(info));
	FUZZ_HOLDS(strncmp(uri_text(uri), text, strlen(uri_text(uri))) == 0);
	FUZZ_HOLDS(uri_template(uri, template, COUNT(template)) <=
	    COUNT(template));
	uri_names_object(uri);
	uri_class(uri);
	uri_module_path(uri);
	uri_match_module(uri, MODULE, &info);
	uri_match_slot(uri, &slot);
	uri_match_token(uri, 1, &token);
	/* whatever file it names is not for a test to open */
	if (strstr(text, "source") == NULL && strchr(text, '%') == NULL)
		FUZZ_HOLDS(uri_pin(uri, &pin) == CKR_OK);
}

static void
uri_try(const char *text)
{
	_cleanup_(uri_freep) struct uri *uri = NULL;
	CK_RV rv = uri_parse(text, &uri);

	FUZZ_HOLDS(rv == CKR_OK || rv == CKR_ARGUMENTS_BAD);
	if (rv == CKR_OK)
		uri_ask(uri, text);
}

static void
der_try(const uint8_t *der, size_t len)
{
	_cleanup_(freep) char *uri = NULL, *same = NULL;
	_cleanup_(freep) uint8_t *again = NULL;

	if (pemuri_parse(der, len, &uri) != CKR_OK)
		return;
	uri_try(uri);
	FUZZ_HOLDS(pemuri_build(uri, &again, &len) == CKR_OK);
	FUZZ_HOLDS(pemuri_parse(again, len, &same) == CKR_OK);
	FUZZ_HOLDS(strcmp(same, uri) == 0);
}

static void
pem_try(char *text)
{
	_cleanup_(pemblock_wipe) struct pemblock block = { .open = false };
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n")) != NULL) {
		_cleanup_(buf_wipe) struct buf der = BUF_INIT;

		if (!pemblock_line(&block, line))
			continue;
		if (pemblock_der(&block, &der) == CKR_OK)
			der_try(der.data, der.len);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(freep) char *text = calloc(1, size + 1);

	FUZZ_HOLDS(text != NULL);
	memcpy(text, data, size);
	log_target("none");
	der_try(data, size);
	uri_try(text);
	pem_try(text);
	return 0;
}
