/*
 * A program for tests that signs with a key again and again and verifies each
 * signature with libcrypto's own key, as servers do:
 *
 *	signer KEY PUBLIC once|threads|fork|pause|shared
 *
 * KEY is a URI or a file.  once: 3 signatures; threads: 8 threads with 50
 * each; fork: 4 children with 10 each while the parent signs; pause: one
 * signature, then one more for each line of standard input; shared: the program
 * ends and initialises the module between two signatures.  With SIGNER_MODULE
 * in the environment it has initialised that module before anything else.
 */
#include <dlfcn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/store.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/pkcs11.h"

static EVP_PKEY *key, *verifier;

static EVP_PKEY *
load(const char *uri)
{
	OSSL_STORE_CTX *store = OSSL_STORE_open(uri, NULL, NULL, NULL, NULL);
	OSSL_STORE_INFO *info = NULL;
	EVP_PKEY *found = NULL;

	if (store == NULL || !OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY))
		return NULL;
	while (found == NULL && !OSSL_STORE_eof(store)) {
		info = OSSL_STORE_load(store);
		if (info == NULL)
			continue;
		found = OSSL_STORE_INFO_get1_PKEY(info);
		OSSL_STORE_INFO_free(info);
	}
	OSSL_STORE_close(store);
	return found;
}

/* Signs another text each time. */
static int
sign_once(unsigned number)
{
	const char *md = EVP_PKEY_is_a(key, "ED25519") ? NULL : "SHA256";
	EVP_MD_CTX *s = EVP_MD_CTX_new(), *v = EVP_MD_CTX_new();
	unsigned char text[64] = { 0 }, sig[1024];
	size_t len = sizeof(sig);
	int ok;

	snprintf((char *)text, sizeof(text), "text %u of %d", number,
	    (int)getpid());
	ok = EVP_DigestSignInit_ex(s, NULL, md, NULL, NULL, key, NULL) == 1
	    && EVP_DigestSign(s, sig, &len, text, sizeof(text)) == 1
	    && EVP_DigestVerifyInit_ex(v, NULL, md, NULL, NULL, verifier,
	        NULL) == 1
	    && EVP_DigestVerify(v, sig, len, text, sizeof(text)) == 1;
	EVP_MD_CTX_free(s);
	EVP_MD_CTX_free(v);
	if (!ok)
		ERR_print_errors_fp(stderr);
	return ok;
}

static int
sign_many(unsigned count)
{
	int ok = 1;

	for (unsigned i = 0; i < count; i++)
		ok &= sign_once(i);
	return ok;
}

static int
once(void)
{
	return sign_many(3);
}

static void *
thread(void *arg)
{
	return sign_many(50) ? arg : NULL;
}

static int
threads(void)
{
	pthread_t id[8];
	void *result;
	int ok = 1;

	for (size_t i = 0; i < COUNT(id); i++)
		ok &= pthread_create(&id[i], NULL, thread, &ok) == 0;
	for (size_t i = 0; i < COUNT(id); i++) {
		pthread_join(id[i], &result);
		ok &= result != NULL;
	}
	return ok;
}

static int
forked(void)
{
	int ok = sign_once(0), status;

	for (int i = 0; i < 4; i++)
		if (fork() == 0)
			exit(sign_many(10) && threads() ? 0 : 1);
	ok &= sign_many(10);
	for (int i = 0; i < 4; i++) {
		wait(&status);
		ok &= WIFEXITED(status) && WEXITSTATUS(status) == 0;
	}
	return ok;
}

static int
paused(void)
{
	char line[80];
	int ok = sign_once(0);

	puts(ok ? "signed" : "failed");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		ok = sign_once(1);
		puts(ok ? "signed" : "failed");
		fflush(stdout);
	}
	return ok;
}

/* The application's own use of the module that the provider uses. */
static CK_FUNCTION_LIST *calls;

static int
calls_begin(void)
{
	void *library = dlopen(getenv("SIGNER_MODULE"), RTLD_NOW);
	__typeof__(&C_GetFunctionList) get;

	if (library == NULL)
		return 0;
	*(void **)&get = dlsym(library, "C_GetFunctionList");
	return get != NULL && get(&calls) == CKR_OK
	    && calls->C_Initialize(NULL) == CKR_OK;
}

static int
shared(void)
{
	CK_INFO info;

	return sign_once(0) && calls->C_Finalize(NULL) == CKR_OK
	    && sign_once(1)
	    && calls->C_Initialize(NULL) == CKR_CRYPTOKI_ALREADY_INITIALIZED
	    && sign_once(2) && calls->C_GetInfo(&info) == CKR_OK;
}

static const struct {
	const char *name;
	int (*run)(void);
} modes[] = {
	{ "once", once }, { "threads", threads }, { "fork", forked },
	{ "pause", paused }, { "shared", shared },
};

int
main(int argc, char *argv[])
{
	FILE *f = argc == 4 ? fopen(argv[2], "r") : NULL;

	if (f == NULL)
		return 2;
	if (getenv("SIGNER_MODULE") != NULL && !calls_begin())
		return 3;
	key = load(argv[1]);
	verifier = PEM_read_PUBKEY(f, NULL, NULL, NULL);
	fclose(f);
	if (key == NULL || verifier == NULL) {
		ERR_print_errors_fp(stderr);
		return 1;
	}
	for (size_t i = 0; i < COUNT(modes); i++)
		if (strcmp(modes[i].name, argv[3]) == 0) {
			int ok = modes[i].run();

			EVP_PKEY_free(key);
			EVP_PKEY_free(verifier);
			return ok ? 0 : 1;
		}
	return 2;
}
