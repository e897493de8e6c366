#! /usr/bin/python3
"""Makes the seeds of corpus/: seeds.py [TARGET...], run by hand where a target
gets new kinds of input.  Seeds that a fuzzer has found stand beside them."""
import os
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def u8(n):
    return struct.pack("<B", n)


def u32(n):
    return struct.pack("<I", n)


def u64(n):
    return struct.pack("<Q", n)


def blob(b):
    return u32(len(b)) + b


def number(n):
    return u64(n)


def record(attributes):
    """An object as docs/STORE-FORMAT.md has it: {type: bytes}."""
    out = u8(1) + u32(len(attributes))
    for kind, value in sorted(attributes.items()):
        out += u64(kind) + blob(value)
    return out


TRUE, FALSE = b"\1", b"\0"
CLASS, TOKEN, PRIVATE, LABEL, VALUE = 0, 1, 2, 3, 0x11
HEAD = {TOKEN: TRUE, PRIVATE: FALSE, LABEL: "größe".encode()}


def records():
    key = dict(HEAD)
    key.update({0x102: b"id", 0x110: b"20261125", 0x108: TRUE})
    yield "data", record({**HEAD, CLASS: number(0), 0x10: b"app",
                          0x12: b"\6\1\x2a", VALUE: b"value"})
    yield "certificate", record({**HEAD, CLASS: number(1), 0x80: number(0),
                                 0x81: b"0\0", 0x82: b"\2\1\1", 0x101: b"0\0",
                                 VALUE: b"0\3\2\1\0", 0x86: FALSE})
    yield "public", record({**HEAD, CLASS: number(2), 0x100: number(0),
                            0x120: b"\xc0" * 32, 0x121: number(256),
                            0x122: b"\1\0\1"})
    yield "private", record({**key, CLASS: number(3), 0x100: number(3),
                             0x180: b"\6\x08\x2a\x86\x48\xce\x3d\3\1\7",
                             VALUE: b"\7" * 32, 0x103: TRUE})
    wrap = record({0x103: TRUE, 0x162: FALSE, 0x100: number(0x1f)})
    yield "secret", record({**key, CLASS: number(4), 0x100: number(0x1f),
                            VALUE: b"k" * 32, 0x161: number(32),
                            0x40000600: number(0x1085) + number(2**64 - 1),
                            0x40000211: wrap})
    yield "template", wrap
    yield "empty", record({})


def openssl(*words, data=None):
    return subprocess.run(["openssl", *words], input=data, check=True,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout


KINDS = {
    "rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
    "p256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "ed25519": ["-algorithm", "ED25519"],
    "x25519": ["-algorithm", "X25519"],
}
SECRET = ["-passout", "pass:secret"]


def key(kind):
    return openssl("genpkey", *KINDS[kind])


def with_file(data, *words):
    """openssl with a file of these bytes as its last word."""
    with tempfile.NamedTemporaryFile() as f:
        f.write(data)
        f.flush()
        return openssl(*words, f.name)


def certificate(pem):
    return with_file(pem, "req", "-x509", "-subj", "/CN=a", "-days", "9999",
                     "-addext", "subjectAltName=DNS:a", "-key")


def crl(pem):
    with tempfile.TemporaryDirectory() as d:
        for name, data in (("key", pem), ("crt", certificate(pem)),
                           ("index", b""), ("number", b"01\n")):
            with open(os.path.join(d, name), "wb") as f:
                f.write(data)
        with open(os.path.join(d, "cnf"), "w") as f:
            f.write(f"[ca]\ndefault_ca=a\n[a]\ndatabase={d}/index\n"
                    f"crlnumber={d}/number\ndefault_md=sha256\n")
        return openssl("ca", "-gencrl", "-config", d + "/cnf", "-keyfile",
                       d + "/key", "-cert", d + "/crt", "-crldays", "9999")


def ders():
    for kind in KINDS:
        pem = key(kind)
        yield "key-" + kind, openssl("pkcs8", "-topk8", "-nocrypt", "-outform",
                                     "DER", data=pem)
        if kind != "x25519":
            yield "cert-" + kind, openssl("x509", "-outform", "DER",
                                          data=certificate(pem))
    yield "crl", openssl("crl", "-outform", "DER", data=crl(key("p256")))
    yield "curve-p256", bytes.fromhex("06082a8648ce3d030107")
    yield "curve-p521", bytes.fromhex("06052b81040023")
    yield "curve-name", b"\x13\x0cedwards25519"


def files():
    p256, rsa = key("p256"), key("rsa")
    leaf, other = certificate(p256), certificate(rsa)
    yield "certs.pem", leaf + other
    yield "cert.der", openssl("x509", "-outform", "DER", data=leaf)
    yield "crls.pem", crl(p256) * 2
    yield "crl.der", openssl("crl", "-outform", "DER", data=crl(p256))
    yield "key.pem", p256
    yield "sec1.pem", openssl("ec", data=p256)
    yield "pkcs1.pem", openssl("rsa", "-traditional", data=rsa)
    yield "pkcs1-sealed.pem", openssl("rsa", "-traditional", "-aes128",
                                      *SECRET, data=rsa)
    sealed = ["pkcs8", "-topk8", "-iter", "2", *SECRET]
    yield "sealed.pem", openssl(*sealed, data=p256)
    yield "sealed.der", openssl(*sealed, "-outform", "DER", data=p256)
    yield "key.der", openssl("pkey", "-outform", "DER", data=p256)
    p12 = ["pkcs12", "-export", "-iter", "2", "-name", "a", *SECRET]
    yield "both.p12", openssl(*p12, data=p256 + leaf)
    yield "certs.p12", openssl("pkcs12", "-export", "-nokeys", "-passout",
                               "pass:", "-iter", "2", data=leaf)
    yield "passphrase.vecs", b"VECSENV1\1" + blob(b"\x0a" + bytes(80))
    yield "recipient.vecs", b"VECSENV1\2" + blob(with_file(
        leaf, "cms", "-encrypt", "-outform", "DER", "-aes-256-cbc", "-in",
        "/dev/null"))


def parts(cls, kind, *values, parameter_set=0):
    """A key of the target keys: None leaves a part out."""
    out = u8(cls) + u8(kind) + u8(parameter_set)
    for value in values:
        out += (b"\xff\xff" if value is None else
                struct.pack("<H", len(value)) + value)
    return out


def numbers(pem):
    """The big-endian numbers of a key as openssl prints them, by name."""
    found, name = {}, None
    for line in openssl("pkey", "-noout", "-text",
                        data=pem).decode().splitlines():
        if not line.startswith(" ") and line.endswith(":"):
            name = line[:-1]
            found[name] = ""
        elif line.startswith(" ") and name:
            found[name] += line.strip().replace(":", "")
        else:
            name = None
    return {k: bytes.fromhex(v) for k, v in found.items()}


def keys():
    rsa, ec, ed = numbers(key("rsa")), numbers(key("p256")), numbers(
        key("ed25519"))
    names = ["modulus", "privateExponent", "prime1", "prime2", "exponent1",
             "exponent2", "coefficient"]
    n, d, p, q, dp, dq, qinv = (rsa[i].lstrip(b"\0") for i in names)
    e, no = b"\1\0\1", None
    p256 = bytes.fromhex("06082a8648ce3d030107")
    point = b"\4\x41" + ec["pub"]
    yield "rsa-public", parts(2, 0, no, no, no, n, e)
    yield "rsa-private", parts(3, 0, no, no, no, n, e, d, p, q, dp, dq, qinv)
    yield "rsa-bare", parts(3, 0, no, no, no, n, no, d)
    yield "ec-public", parts(2, 3, p256, point)
    yield "ec-private", parts(3, 3, p256, no, ec["priv"].rjust(32, b"\0"))
    yield "ed-private", parts(3, 0x40, b"\x13\x0cedwards25519", no,
                              ed["priv"])
    yield "ed-public", parts(2, 0x40, b"\6\3\x2b\x65\x70",
                             b"\4\x20" + ed["pub"])
    yield "mont-private", parts(3, 0x41, b"\6\3\x2b\x65\x6e", no,
                                ed["priv"])
    yield "aes", parts(4, 0x1f, no, no, bytes(32))
    yield "des3", parts(4, 0x15, no, no, bytes(range(24)))
    yield "generic", parts(4, 0x10, no, no, b"x")
    yield "dh-private", parts(3, 2, no, no, b"\5", no, no, no, no, no, no,
                              no, no, b"\x17", no, b"\5")
    yield "dsa-public", parts(2, 1, no, no, b"\x08", no, no, no, no, no, no,
                              no, no, b"\x17", b"\x0b", b"\4")
    yield "ml-dsa", parts(2, 0x4a, no, no, bytes(1312), parameter_set=1)


def pem_uri(uri):
    der = b"\x1a\x19PKCS#11 Provider URI v1.0" + b"\x0c" + u8(
        len(uri)) + uri
    der = b"\x30" + u8(len(der)) + der
    text = openssl("base64", data=der)
    mark = b"PKCS#11 PROVIDER URI-----\n"
    return der, b"-----BEGIN " + mark + text + b"-----END " + mark


def uris():
    uri = b"pkcs11:token=Web;object=www;type=private"
    der, pem = pem_uri(uri)
    yield "plain", uri
    yield "der", der
    yield "pem", pem
    yield "other.pem", b"-----BEGIN X-----\nAAAA\n-----END X-----\n" + pem
    yield "all", (b"pkcs11:library-manufacturer=VECS;library-description=v;"
                  b"library-version=1.2;slot-manufacturer=m;slot-id=7;"
                  b"slot-description=d;manufacturer=m;model=m;serial=01;"
                  b"token=t;object=o;id=%01%ff;type=cert?module-name=vecs-"
                  b"pkcs11&module-path=/usr/lib/libsome.so&pin-value=1234")
    yield "source", b"pkcs11:?pin-source=file:/etc/pin"
    yield "bare", b"pkcs11:"
    yield "percent", b"pkcs11:object=%C3%A9%00%2;id=%zz"


def conf():
    folder = os.path.join(HERE, "..", "..", "conf", "vecs.conf")
    with open(folder, "rb") as f:
        yield "shipped", f.read()
    yield "numbers", b"max-pin-tries = 3\nmin-pin-length=99999999999\n"
    yield "list", b"stores = a, b,,  c ,\nstores = d\n  e\n"
    yield "section", b"home = /x ; y\n[refresh a]\nurl = ldap://x\n"
    yield "bom", b"\xef\xbb\xbfmode: auto\r\nlog=file:/x\r\n"
    yield "unknown", b"colour = blue\n"
    yield "broken", b"[section\n=\nlog\n"


def edits(*all_of, replace=True):
    out = u8(3 if replace else 1)
    for what, index, offset, value in all_of:
        out += what.encode() + u8(index) + struct.pack("<H", offset) + u8(
            value)
    return out


def backups():
    yield "whole", edits()
    yield "exists", edits(replace=False)
    yield "raw", b"\0VECSBKP1\4\x08\0\0\0" + bytes(40)
    yield "name-longer", edits(("=", 0, 1, 6))
    yield "name-empty", edits(*[("=", 0, 5 + i, 0) for i in range(5)])
    yield "name-blank", edits(("=", 0, 5, 32))
    yield "name-control", edits(("=", 0, 6, 10))
    yield "name-token", edits(*[("=", 0, 5 + i, c)
                                for i, c in enumerate(b"TOKEN")])
    yield "serial", edits(("=", 0, 10, 0), ("=", 0, 11, 255))
    yield "flags", edits(("x", 0, 38, 4))
    yield "key-short", edits(("x", 0, 42, 1))
    yield "format-1", edits(("=", 0, 0, 1))
    yield "no-store", edits(("-", 0, 0, 0))
    yield "store-twice", edits(("d", 0, 0, 0))
    yield "object-gone", edits(("-", 2, 0, 0))
    yield "object-twice", edits(("d", 1, 0, 0))
    yield "object-as-slot", edits(("t", 1, 0, 2))
    yield "object-id-0", edits(("=", 1, 0, 0))
    yield "object-id-big", edits(("=", 1, 7, 255))
    yield "object-class", edits(("=", 1, 16, 1))
    yield "object-private", edits(("=", 1, 24, 1))
    yield "object-digest", edits(("x", 1, 30, 1))
    yield "slot-who", edits(("=", 4, 4, 120))
    yield "slot-cut", edits(("c", 4, 20, 0))
    yield "slot-long", edits(("+", 4, 0, 0))
    yield "type-0", edits(("t", 1, 0, 0))
    yield "type-9", edits(("t", 1, 0, 9))
    yield "end-early", edits(("t", 1, 0, 4))


CALLS = ["encrypt", "decrypt", "sign", "verify", "digest", "recover", "wrap",
         "unwrap", "derive", "generate"]
# The keys of mechanisms.c, in its order.
(RSA_PUBLIC, RSA_PRIVATE, EC_PUBLIC, EC_PRIVATE, ED_PUBLIC, ED_PRIVATE, AES16,
 AES32, GENERIC, DES3) = range(10)


def field(b):
    return u8(0xfd if len(b) == 256 else len(b)) + b


def u16(n):
    return struct.pack("<H", n)


def use(call, mechanism, which, param=None, data=b"", more=b"", other=AES16,
        how=0):
    """An input of the target mechanisms; param None: NULL and 0."""
    return (u8(CALLS.index(call)) + u16(mechanism) + u8(which) + u8(other) +
            u8(how) + (b"\xfe" if param is None else param) + field(data) +
            more)


def mechanisms():
    block, iv = bytes(range(32)), bytes(16)
    pss = u16(0x250) + u16(2) + u16(32)
    oaep = u16(0x250) + u16(2) + u16(1) + field(b"label")
    gcm = field(iv[:12]) + u16(96) + field(b"aad") + u16(128)
    ccm = u16(32) + field(iv[:12]) + field(b"aad") + u16(16)
    once, pieces, whole = b"\0", b"\3", u8(0) + u16(16)
    yield "sweep-rsa", b"\xff\0\0\1\6\0" + field(iv) + field(block) + pieces
    yield "sweep-aes", b"\xff\0\0\6\6\0" + field(iv) + field(block) + whole
    yield "sweep-generic", b"\xff\0\0\x08\6\0\xfe" + field(block) + whole
    yield "sweep-null", b"\xff\0\0\7\6\1\xff" + field(block) + pieces
    yield "sweep-numbers", b"\xff\0\0\6\6\0" + b"\xff" * 40
    for how in range(5):
        yield f"gcm-{how}", use("encrypt", 0x1087, AES16, gcm, block, once,
                                how=how)
        yield f"pss-{how}", use("sign", 0x43, RSA_PRIVATE, pss, block, once,
                                how=how)
    yield "gcm-decrypt", use("decrypt", 0x1087, AES32, gcm, block, once)
    yield "gcm-no-iv", use("encrypt", 0x1087, AES16,
                           b"\xff" + gcm[13:], block, once)
    yield "ccm", use("encrypt", 0x1088, AES16, ccm, block, once)
    yield "ccm-lengths", use("decrypt", 0x1088, AES16, b"\xff\0" + ccm[2:],
                             block, once)
    yield "cbc-pad", use("encrypt", 0x1085, AES16, field(iv), block, pieces)
    yield "cbc-unpad", use("decrypt", 0x1085, AES16, field(iv), block, pieces)
    yield "ctr", use("encrypt", 0x1086, AES32, u16(128) + iv, block, pieces)
    yield "xts", use("encrypt", 0x1071, AES32, field(iv), block, once)
    yield "des3", use("decrypt", 0x133, DES3, field(iv[:8]), block, pieces)
    yield "cmac", use("sign", 0x108a, AES16, None, block, pieces)
    yield "hmac-general", use("sign", 0x252, GENERIC, field(u64(16)), block,
                              once)
    yield "hmac-endless", use("sign", 0x252, GENERIC, field(b"\xff" * 8),
                              block, once)
    yield "oaep", use("encrypt", 9, RSA_PUBLIC, oaep, block, once)
    yield "oaep-open", use("decrypt", 9, RSA_PRIVATE, oaep, block * 8,
                           once)
    yield "rsa-raw", use("decrypt", 3, RSA_PRIVATE, None, b"\1" * 256, once)
    yield "rsa-recover", use("recover", 1, RSA_PRIVATE, None, block)
    yield "ecdsa", use("sign", 0x1041, EC_PRIVATE, None, block, once)
    yield "ecdsa-verify", use("verify", 0x1041, EC_PUBLIC, None, block,
                              field(b"\1" * 64))
    yield "eddsa", use("sign", 0x1057, ED_PRIVATE, b"\1" + field(b"c"), block,
                       once)
    yield "digest", use("digest", 0x250, GENERIC, None, block + b"x", pieces)
    yield "wrap-kwp", use("wrap", 0x210b, AES16, None, other=GENERIC)
    yield "wrap-rsa", use("wrap", 1, RSA_PUBLIC, None, other=AES32)
    yield "wrap-pkcs8", use("wrap", 0x1085, AES16, field(iv),
                            other=RSA_PRIVATE)
    yield "unwrap-kwp", use("unwrap", 0x210b, AES16, None, block[:24], whole)
    yield "unwrap-pkcs8", use("unwrap", 0x1085, AES16, field(iv), block * 2,
                              u8(3) + u16(0))
    yield "derive-cbc", use("derive", 0x1105, AES16, iv + field(block), b"",
                            whole)
    yield "derive-ecb", use("derive", 0x1104, AES16, field(block), b"", whole)
    yield "derive-ecdh", use("derive", 0x1050, EC_PRIVATE, u16(1) + field(b"")
                             + field(b"\4" + bytes(64)), b"", whole)
    yield "derive-hkdf", use("derive", 0x402a, GENERIC, b"\1\1" + u16(0x250) +
                             u16(2) + field(b"salt") + u16(0) + field(b"i"),
                             b"", whole)
    number, length = b"\0" + u16(32), u16(1) + b"\0" + u16(32)
    fixed, last = u8(4) + field(b"label"), u8(3) + u8(1) + length
    yield "derive-sp800108", use("derive", 0x3ac, GENERIC, u16(0x251) + u8(3) +
                                 u8(1) + u8(1) + number + fixed + last +
                                 u16(0), b"", whole)
    yield "derive-feedback", use("derive", 0x3ad, GENERIC, u16(0x251) + u8(4) +
                                 u8(1) + u8(0) + u8(2) + u8(1) + number +
                                 fixed + last + b"\xfe" + u16(0), b"", whole)
    yield "derive-pipeline", use("derive", 0x3ae, GENERIC, u16(0x251) + u8(3) +
                                 u8(1) + u8(0) + fixed + last + u16(0), b"",
                                 whole)
    yield "generate-aes", use("generate", 0x1080, AES16, None, b"", u8(0) +
                              b"\xff\0")
    yield "generate-generic", use("generate", 0x350, AES16, None, b"",
                                  u8(1) + b"\xff\6")


ATTRIBUTES = """CLASS TOKEN PRIVATE LABEL APPLICATION VALUE OBJECT_ID
    CERTIFICATE_TYPE ISSUER SERIAL_NUMBER TRUSTED CERTIFICATE_CATEGORY
    CHECK_VALUE KEY_TYPE SUBJECT ID SENSITIVE ENCRYPT DECRYPT WRAP UNWRAP SIGN
    VERIFY DERIVE START_DATE END_DATE MODULUS MODULUS_BITS PUBLIC_EXPONENT
    PRIVATE_EXPONENT PUBLIC_KEY_INFO VALUE_LEN EXTRACTABLE LOCAL
    NEVER_EXTRACTABLE ALWAYS_SENSITIVE KEY_GEN_MECHANISM MODIFIABLE COPYABLE
    DESTROYABLE EC_PARAMS EC_POINT ALWAYS_AUTHENTICATE WRAP_WITH_TRUSTED
    WRAP_TEMPLATE UNWRAP_TEMPLATE DERIVE_TEMPLATE ALLOWED_MECHANISMS UNIQUE_ID
    FOLDED_LABEL STORE BATCH_ID ABSENT PRINCIPAL RIGHTS NSS_URL""".split()


def template(**values):
    """A template of the target templates: bool, int, bytes, dict, None."""
    out = u8(len(values))
    for name, value in values.items():
        out += u8(ATTRIBUTES.index(name))
        if isinstance(value, bool):
            out += u8(0) + u8(value)
        elif isinstance(value, int):
            out += u8(1) + u16(value)
        elif isinstance(value, dict):
            out += u8(3) + template(**value)
        else:
            out += u8(2) + (b"\xff" if value is None else field(value))
    return out


def templates():
    create, generate, pair, find = (u8(i) for i in range(4))
    none = template()
    label = template(LABEL=b"a", ID=b"\1")
    aes = dict(CLASS=4, KEY_TYPE=0x1f, VALUE=bytes(16))
    p256 = bytes.fromhex("06082a8648ce3d030107")
    public = numbers(key("p256"))["pub"]
    cert = openssl("x509", "-outform", "DER",
                   data=certificate(key("ed25519")))[:250]
    yield "data", create + template(
        CLASS=0, LABEL=b"x", APPLICATION=b"a", OBJECT_ID=b"\6\1\x2a",
        VALUE=b"v") + label + template(LABEL=b"y")
    yield "data-constant", create + template(
        CLASS=0, MODIFIABLE=False, COPYABLE=False,
        DESTROYABLE=False) + label + label
    yield "data-null", create + template(CLASS=0, VALUE=None)
    yield "data-edge", create + template(CLASS=0, VALUE=b"", LABEL=b"\xff")
    yield "aes", create + template(**aes, ENCRYPT=True, EXTRACTABLE=True,
                                   SENSITIVE=False) + template(
        SENSITIVE=True) + template(EXTRACTABLE=False)
    yield "aes-rules", create + template(
        **aes, START_DATE=b"20261125", END_DATE=b"", WRAP=True,
        WRAP_TEMPLATE=dict(EXTRACTABLE=True, KEY_TYPE=0x1f),
        UNWRAP_TEMPLATE=dict(SENSITIVE=True),
        ALLOWED_MECHANISMS=u64(0x1085)) + none + none
    yield "aes-check", create + template(**aes, CHECK_VALUE=b"\1\2\3")
    yield "aes-length", create + template(CLASS=4, KEY_TYPE=0x1f,
                                          VALUE=bytes(17))
    yield "ec-public", create + template(
        CLASS=2, KEY_TYPE=3, EC_PARAMS=p256,
        EC_POINT=b"\4\x41" + public) + label + label
    yield "ec-private", create + template(
        CLASS=3, KEY_TYPE=3, EC_PARAMS=p256, VALUE=b"\7" * 32, SIGN=True,
        ALWAYS_AUTHENTICATE=True) + label + label
    yield "rsa-public", create + template(
        CLASS=2, KEY_TYPE=0, MODULUS=b"\xc1" * 240, PUBLIC_EXPONENT=b"\3")
    yield "certificate", create + template(CLASS=1, CERTIFICATE_TYPE=0,
                                           VALUE=cert, TRUSTED=True) + label
    yield "twice", create + u8(2) + template(CLASS=0)[1:] * 2
    yield "readonly", create + template(CLASS=4, KEY_TYPE=0x10, VALUE=b"k",
                                        LOCAL=True, UNIQUE_ID=b"1")
    yield "generate-aes", generate + template(
        VALUE_LEN=16, EXTRACTABLE=True) + b"\0" + label + label
    yield "generate-other", generate + template(
        CLASS=4, KEY_TYPE=0x13, VALUE_LEN=0xffff) + b"\1" + label
    yield "pair", pair + template(EC_PARAMS=p256, VERIFY=True) + b"\0" + (
        template(SIGN=True, SENSITIVE=False, EXTRACTABLE=True) + label * 4)
    yield "pair-edwards", pair + template(
        EC_PARAMS=b"\6\3\x2b\x65\x70") + b"\1" + none + label * 4
    yield "find", find + template(CLASS=3, LABEL=b"x", PRIVATE=True)
    yield "find-null", find + template(LABEL=None, CLASS=0)
    yield "find-vendor", find + template(FOLDED_LABEL=b"x", RIGHTS=b"")


STEPS = ["begin", "piece", "feed", "end", "message", "message_begin",
         "message_next", "message_sign", "message_end", "state", "state_raw",
         "cancel"]


def step(name, which=0, rest=b""):
    """A call of the target sequences."""
    return u8(STEPS.index(name) + len(STEPS) * which) + rest


def begun(which, mechanism, key):
    return step("begin", which, u8(mechanism) + u8(key))


def data(name, which, bytes_in=b"", room=64):
    return step(name, which, u8(room) + field(bytes_in))


def sequences():
    block = bytes(range(32))
    good = field(bytes(12)) + u16(0) + u8(0) + u8(0) + u16(128)
    made = field(bytes(12)) + u16(32) + u8(2) + u8(0) + u16(128)
    aad = field(b"aad")
    yield "cbc", (begun(0, 0, 0) + data("piece", 1, block) +
                  data("piece", 1, b"x") + data("end", 0))
    yield "cbc-back", (begun(1, 0, 0) + data("piece", 3, block) +
                       data("piece", 3, block) + data("end", 1))
    yield "cbc-small", begun(0, 1, 0) + data("piece", 0, block, 8) + data(
        "piece", 0, block, 0xff) + data("piece", 0, block, 32)
    yield "ctr-mixed", begun(0, 3, 0) + data("piece", 1, b"a") + data(
        "piece", 0, b"b") + data("end", 0)
    yield "gcm", begun(0, 4, 0) + data("piece", 0, block) + begun(
        1, 4, 0) + data("piece", 3, block) + data("end", 1)
    yield "sign", begun(2, 10, 2) + data("feed", 0, block) + data(
        "end", 2) + begun(3, 10, 1) + data("feed", 1, block) + data(
        "feed", 3, bytes(64))
    yield "sign-pss", begun(2, 12, 4) + data("piece", 4, block, 0xfe)
    yield "recover", begun(5, 13, 4) + data("piece", 6, block, 0xfe)
    yield "digest", begun(4, 8, 0) + data("feed", 2, block) + step(
        "state", 0, u16(0x1000)) + data("feed", 2, block) + data("end", 3)
    yield "state-changed", begun(4, 9, 0) + data("feed", 2, block) + step(
        "state", 0, u16(20) + b"\1\0\0") + data("end", 3)
    yield "state-raw", data("state_raw", 0, block)
    yield "dual", begun(4, 8, 0) + begun(0, 1, 0) + data(
        "piece", 8, block) + data("end", 0) + data("end", 3)
    yield "dual-sign", begun(2, 7, 0) + begun(0, 1, 0) + data(
        "piece", 10, block) + data("end", 2) + data("end", 0)
    yield "dual-back", begun(1, 1, 0) + begun(4, 8, 0) + data(
        "piece", 9, block) + data("end", 1) + data("end", 3)
    yield "message", begun(7, 5, 0) + step(
        "message", 0, good + aad + u8(64) + field(block)) * 2 + step(
        "message_end", 0)
    yield "message-made", begun(7, 5, 0) + step(
        "message", 0, made + aad + u8(64) + field(block))
    yield "message-parts", begun(7, 5, 0) + step(
        "message_begin", 0, good + aad) + step(
        "message_next", 0, b"\0" + good + u8(64) + field(block)) + step(
        "message_next", 0, b"\1" + good + u8(64) + field(block))
    yield "message-back", begun(8, 5, 0) + step(
        "message", 1, good + aad + u8(64) + field(block))
    yield "message-tag", begun(7, 5, 0) + step(
        "message", 0, good[:-2] + b"\xff\0" + aad + u8(64) + field(block))
    yield "message-sign", begun(9, 10, 2) + data(
        "message_sign", 1, block) + data("message_sign", 0) + data(
        "message_sign", 2, block)
    yield "cancel", begun(0, 0, 0) + step("cancel", 0, u16(0x100)) + data(
        "end", 0)


TARGETS = {"records": records, "ders": ders, "files": files, "keys": keys,
           "uris": uris, "conf": conf, "backups": backups,
           "mechanisms": mechanisms, "templates": templates,
           "sequences": sequences}


def main():
    for name in sys.argv[1:] or TARGETS:
        folder = os.path.join(HERE, "corpus", name)
        os.makedirs(folder, exist_ok=True)
        for seed, data in TARGETS[name]():
            with open(os.path.join(folder, seed), "wb") as f:
                f.write(data)


if __name__ == "__main__":
    main()
