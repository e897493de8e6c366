/* The products that are compared. */
#include "tests/bench/brand.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/bench/bench.h"
#include "tests/bench/process.h"

static char nss_parameters[BENCH_PATH + 64];

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (f == NULL)
		die("%s: %s", path, strerror(errno));
	fputs(text, f);
	NEED(fclose(f) == 0);
}

static void
vecs_settle(const char *home)
{
	char conf[BENCH_PATH];

	bench_path(conf, "vecs.conf");
	write_file(conf, "");
	setenv("VECS_HOME", home, 1);
	setenv("VECS_CONF", conf, 1);
}

static void
softhsm_settle(const char *home)
{
	char conf[BENCH_PATH + 32], text[BENCH_PATH + 128];

	snprintf(conf, sizeof(conf), "%s/softhsm2.conf", home);
	snprintf(text, sizeof(text), "directories.tokendir = %s\n"
	    "objectstore.backend = file\nlog.level = ERROR\n", home);
	write_file(conf, text);
	setenv("SOFTHSM2_CONF", conf, 1);
}

static void
nss_settle(const char *home)
{
	snprintf(nss_parameters, sizeof(nss_parameters),
	    "configdir='sql:%s' certPrefix='' keyPrefix='' "
	    "secmod='secmod.db' flags=", home);
}

static const char *
nss_get_parameters(void)
{
	return nss_parameters;
}

/* C_InitToken on the slot whose token is not initialised. */
static void
token_init(CK_FUNCTION_LIST *f, const char *label, const char *so_pin)
{
	CK_SLOT_ID slots[64];
	CK_ULONG n = COUNT(slots);
	CK_UTF8CHAR padded[32];
	CK_TOKEN_INFO info;

	memset(padded, ' ', sizeof(padded));
	memcpy(padded, label, strlen(label));
	NEED_OK(f->C_GetSlotList(CK_TRUE, slots, &n));
	for (CK_ULONG i = 0; i < n; i++) {
		NEED_OK(f->C_GetTokenInfo(slots[i], &info));
		if (info.flags & CKF_TOKEN_INITIALIZED)
			continue;
		NEED_OK(f->C_InitToken(slots[i],
		    (CK_UTF8CHAR *)(uintptr_t)so_pin,
		    so_pin != NULL ? strlen(so_pin) : 0, padded));
		return;
	}
	die("no slot for a new token");
}

static void
pin_init(CK_FUNCTION_LIST *f, const char *label, const char *so_pin,
    const char *pin)
{
	CK_SESSION_HANDLE s;
	CK_SLOT_ID slot;

	NEED(module_slot(f, label, &slot));
	s = module_session(f, slot, true, NULL);
	NEED_OK(f->C_Login(s, CKU_SO, (CK_UTF8CHAR *)(uintptr_t)so_pin,
	    strlen(so_pin)));
	NEED_OK(f->C_InitPIN(s, (CK_UTF8CHAR *)(uintptr_t)pin, strlen(pin)));
	NEED_OK(f->C_CloseSession(s));
}

static void
vecs_birth(CK_FUNCTION_LIST *f)
{
	token_init(f, vecs_brand.token, NULL);
}

static void
softhsm_birth(CK_FUNCTION_LIST *f)
{
	token_init(f, softhsm_brand.token, "5678");
	pin_init(f, softhsm_brand.token, "5678", softhsm_brand.pin);
}

static void
nss_birth(CK_FUNCTION_LIST *f)
{
	pin_init(f, nss_brand.token, "", "");
}

const struct brand vecs_brand = {
	.name = "VECS",
	.folder = "vecs",
	.path = &bench.module,
	.token = "BENCH",
	.batches = true,
	.settle = vecs_settle,
	.birth = vecs_birth,
};

const struct brand softhsm_brand = {
	.name = "SoftHSM2",
	.folder = "softhsm",
	.path = &bench.softhsm,
	.token = "bench",
	.pin = "1234",
	.settle = softhsm_settle,
	.birth = softhsm_birth,
};

const struct brand nss_brand = {
	.name = "NSS",
	.folder = "nss",
	.path = &bench.nss,
	.token = "NSS Certificate DB",
	.settle = nss_settle,
	.birth = nss_birth,
	.parameters = nss_get_parameters,
};

const struct brand *const brands[] = { &vecs_brand, &softhsm_brand,
	&nss_brand, NULL };

/* Loads it in another process, to leave no trace in this one. */
static void
try_to_load(const void *arg)
{
	const struct brand *brand = arg;

	if (dlopen(*brand->path, RTLD_LAZY | RTLD_LOCAL) == NULL)
		_exit(1);
}

bool
brand_is_there(const struct brand *brand)
{
	return process_do(try_to_load, brand);
}

CK_FUNCTION_LIST *
brand_open(const struct brand *brand, const char *home)
{
	CK_FUNCTION_LIST *f;
	CK_SLOT_ID slot;
	bool is_new = mkdir(home, 0700) == 0;

	if (!is_new && errno != EEXIST)
		die("%s: %s", home, strerror(errno));
	brand->settle(home);
	f = module_open(*brand->path,
	    brand->parameters != NULL ? brand->parameters() : NULL);
	if (is_new)
		brand->birth(f);
	if (!module_slot(f, brand->token, &slot))
		die("%s: no token %s", brand->name, brand->token);
	return f;
}

static void
print_info(const void *arg)
{
	const struct brand *brand = arg;
	char home[BENCH_PATH];
	CK_INFO info;

	bench_path(home, "%s-info", brand->folder);
	NEED_OK(brand_open(brand, home)->C_GetInfo(&info));
	printf("%s %d.%d, PKCS#11 %d.%d\n", brand->name,
	    info.libraryVersion.major, info.libraryVersion.minor,
	    info.cryptokiVersion.major, info.cryptokiVersion.minor);
	fflush(stdout);
}

void
brand_report(const char *prefix)
{
	for (size_t i = 0; brands[i] != NULL; i++) {
		printf("%s", prefix);
		if (!brand_is_there(brands[i]))
			printf("%s: no module %s\n", brands[i]->name,
			    *brands[i]->path);
		else if (!process_do(print_info, brands[i]))
			printf("%s does not start\n", brands[i]->name);
	}
}

CK_SESSION_HANDLE
brand_session(const struct brand *brand, CK_FUNCTION_LIST *f, bool rw)
{
	CK_SLOT_ID slot;

	NEED(module_slot(f, brand->token, &slot));
	return module_session(f, slot, rw, brand->pin);
}
