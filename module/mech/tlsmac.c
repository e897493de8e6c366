/* The MAC of TLS's "finished" message (PKCS#11 6.40). */
#include "module/mech/op.h"
#include "module/mech/rows.h"

#include <string.h>

#include "common/log.h"
#include "module/mech/prf.h"
#include "module/mech/tlsprf.h"

/* RFC 5246, 7.4.9: no shorter verify_data; a longer one than a digest has no
 * cipher suite. */
#define MAC_MIN 12
#define MAC_MAX 64

/* By ulServerOrClient, less one. */
static const struct span labels[] = {
	{ "server finished", 15 },
	{ "client finished", 15 },
};

static CK_RV
mac_read(const struct mech *mech, mech_use use, const CK_MECHANISM *mechanism,
    struct param *out)
{
	CK_TLS_MAC_PARAMS p;

	(void)mech;
	(void)use;
	TRY(param_copy(mechanism, &p, sizeof(p)));
	TRY(prf_digest(p.prfHashMechanism, &out->hash));
	if (p.ulMacLength < MAC_MIN || p.ulMacLength > MAC_MAX)
		return fail_quiet(CKR_MECHANISM_PARAM_INVALID,
		    "no such length of a MAC");
	if (p.ulServerOrClient < 1 || p.ulServerOrClient > COUNT(labels))
		return fail_quiet(CKR_MECHANISM_PARAM_INVALID,
		    "ulServerOrClient is neither 1 nor 2");
	out->len = p.ulMacLength;
	out->bits = p.ulServerOrClient;
	return CKR_OK;
}

static bool
mac_is_same(const struct param *a, const struct param *b)
{
	return a->hash == b->hash && a->len == b->len && a->bits == b->bits;
}

static size_t
mac_size(const struct op *op, size_t in_len)
{
	(void)in_len;
	return op->param.len;
}

static CK_RV
mac_feed(struct op *op, const void *in, size_t len)
{
	buf_bytes(&op->data, in, len);
	return buf_check(&op->data);
}

/* What has come in parts, then the rest. */
static CK_RV
mac_finish(struct op *op, const void *in, size_t in_len, void *out,
    size_t *out_len)
{
	struct span seed[] = {
		labels[op->param.bits - 1],
		{ op->data.data, op->data.len },
		{ in, in_len },
	};

	*out_len = op->param.len;
	return tls_prf(op->param.hash, key_value(op->key), seed, COUNT(seed),
	    out, op->param.len);
}

static const struct mech_ops tlsmac_ops = {
	.unit = 8,
	.read = mac_read,
	.is_same = mac_is_same,
	.size = mac_size,
	.feed = mac_feed,
	.finish = mac_finish,
	.verify = op_mac_verify,
};

static const struct mech tlsmac_rows[] = {
	{ CKM_TLS_MAC, CKK_GENERIC_SECRET, HMAC_SIZES, SV, NULL, 0,
	    &tlsmac_ops },
	{ CKM_TLS12_MAC, CKK_GENERIC_SECRET, HMAC_SIZES, SV, NULL, 0,
	    &tlsmac_ops },
};

const struct mech_family tlsmac_family = FAMILY(tlsmac_rows);
