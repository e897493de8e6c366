/* The module under test and input for its calls. */
#include "tests/fuzz/token.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "common/ckname.h"
#include "tests/fuzz/fuzz.h"

const CK_FUNCTION_LIST_3_2 *p11;

static CK_SLOT_ID slot;
static CK_SESSION_HANDLE session;

static void
environment_make(void)
{
	static const char conf[] = "argon2-memory = 64\nargon2-passes = 1\n"
	    "argon2-lanes = 1\nlog = none\n";

	setenv("VECS_CONF", fuzz_file("vecs.conf", conf, strlen(conf)), 1);
	setenv("VECS_HOME", fuzz_folder(), 1);
}

static void
module_load(void)
{
	void *so = dlopen(VECS_FUZZ_MODULE, RTLD_NOW | RTLD_LOCAL);
	CK_RV (*get)(CK_UTF8CHAR *, CK_VERSION *, CK_INTERFACE **, CK_FLAGS);
	CK_INTERFACE *interface = NULL;

	FUZZ_HOLDS(so != NULL);
	*(void **)&get = dlsym(so, "C_GetInterface");
	FUZZ_HOLDS(get != NULL && get(NULL, NULL, &interface, 0) == CKR_OK);
	p11 = interface->pFunctionList;
	FUZZ_HOLDS(p11->C_Initialize(NULL) == CKR_OK);
}

CK_SESSION_HANDLE
token_session(void)
{
	CK_SLOT_ID slots[16];
	CK_ULONG n = COUNT(slots);

	if (session != 0)
		return session;
	environment_make();
	module_load();
	FUZZ_HOLDS(p11->C_GetSlotList(CK_TRUE, slots, &n) == CKR_OK);
	slot = slots[0];
	FUZZ_HOLDS(p11->C_OpenSession(slot, CKF_SERIAL_SESSION |
	    CKF_RW_SESSION, NULL, NULL, &session) == CKR_OK);
	return session;
}

CK_SLOT_ID
token_slot(void)
{
	return slot;
}

void
token_answer(const char *call, CK_RV rv)
{
	static const CK_RV broken[] = { CKR_GENERAL_ERROR, CKR_DEVICE_ERROR,
		CKR_DEVICE_MEMORY, CKR_DEVICE_REMOVED,
		CKR_CRYPTOKI_NOT_INITIALIZED, CKR_SESSION_HANDLE_INVALID,
		CKR_TOKEN_NOT_PRESENT };

	if (ckname_rv(rv) == NULL && (rv & CKR_VENDOR_DEFINED) == 0)
		fuzz_die(call, 0, "the answer is the standard's");
	for (size_t i = 0; i < COUNT(broken); i++)
		if (rv == broken[i])
			fuzz_die(call, 0, ckname_rv(rv));
}

CK_ULONG
input_number(struct reader *r)
{
	static const CK_ULONG edges[] = { (CK_ULONG)-1, (CK_ULONG)-2,
		(CK_ULONG)-8, (CK_ULONG)1 << 63, ((CK_ULONG)1 << 63) - 1,
		(CK_ULONG)1 << 32, ((CK_ULONG)1 << 32) - 1,
		(CK_ULONG)1 << 31, (CK_ULONG)1 << 61 };
	uint8_t low = reader_u8(r), high = reader_u8(r);

	return low == 0xff ? edges[high % COUNT(edges)]
	                   : (CK_ULONG)high << 8 | low;
}

#define ROOMS 256
static void *rooms[ROOMS];
static size_t room_count;

void *
input_room(size_t size)
{
	FUZZ_HOLDS(room_count < ROOMS);
	rooms[room_count] = calloc(1, size != 0 ? size : 1);
	FUZZ_HOLDS(rooms[room_count] != NULL);
	return rooms[room_count++];
}

void
input_release(void)
{
	while (room_count != 0)
		free(rooms[--room_count]);
}

void
input_bytes(struct reader *r, void **data, CK_ULONG *len)
{
	size_t n = reader_u8(r);

	*data = NULL;
	*len = n == 0xff ? 16 : 0;
	if (n >= 0xfe)
		return;
	*len = n == 0xfd ? 256 : n;
	*data = input_room(*len);
	n = *len < r->left ? *len : r->left;
	if (n != 0)
		memcpy(*data, reader_bytes(r, n), n);
}
