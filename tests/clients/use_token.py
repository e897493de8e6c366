"""A Python program that uses a token by PyKCS11, and checks what it says
against Python's own hashes and openssl(1).

Usage: use_token.py MODULE CASE...
"""
import hashlib
import hmac
import os
import subprocess
import sys

from PyKCS11 import *

DATA = bytes(range(256)) * 4
PIN, SO_PIN = "1234", "5678"
P256 = bytes.fromhex("06082a8648ce3d030107")


def openssl(*arguments, given=b""):
    return subprocess.run(("openssl",) + arguments, input=given, check=True,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout


def write(name, content):
    with open(name, "wb") as out:
        out.write(bytes(content))
    return name


def code(function, *arguments):
    """The name of the error that a call ends with."""
    try:
        function(*arguments)
    except PyKCS11Error as error:
        return CKR[error.value]
    return "CKR_OK"


def value(session, key, attribute):
    return session.getAttributeValue(key, [attribute])[0]


def pair(session, mechanism, ident, public, private):
    common = [(CKA_TOKEN, True), (CKA_ID, (ident,)), (CKA_LABEL, "pair")]
    return session.generateKeyPair(
        [(CKA_PRIVATE, False), (CKA_VERIFY, True)] + common + public,
        [(CKA_PRIVATE, True), (CKA_SIGN, True), (CKA_SENSITIVE, True),
         (CKA_EXTRACTABLE, False)] + common + private, mechanism)


def rsa_pair(session):
    return pair(session, MechanismRSAGENERATEKEYPAIR, 1,
                [(CKA_MODULUS_BITS, 2048), (CKA_ENCRYPT, True),
                 (CKA_PUBLIC_EXPONENT, (1, 0, 1))],
                [(CKA_DECRYPT, True)])


def ec_pair(session):
    return pair(session, MechanismECGENERATEKEYPAIR, 2,
                [(CKA_EC_PARAMS, P256)], [(CKA_DERIVE, True)])


def spki_rsa(session, public):
    """The public key as a file of OpenSSL's."""
    modulus = bytes(value(session, public, CKA_MODULUS)).hex()
    exponent = bytes(value(session, public, CKA_PUBLIC_EXPONENT)).hex()
    write("rsa.asn", (f"asn1=SEQUENCE:k\n[k]\nn=INTEGER:0x{modulus}\n"
                      f"e=INTEGER:0x{exponent}\n").encode())
    openssl("asn1parse", "-genconf", "rsa.asn", "-noout", "-out", "rsa.der")
    write("rsa.pub", openssl("rsa", "-RSAPublicKey_in", "-inform", "DER",
                             "-in", "rsa.der", "-pubout"))


def spki_ec(session, public):
    point = bytes(value(session, public, CKA_EC_POINT))[2:]
    head = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
    write("ec.der", head + point)
    write("ec.pub", openssl("pkey", "-pubin", "-inform", "DER",
                            "-in", "ec.der"))


def der_signature(raw):
    """r and s in a row as the SEQUENCE that OpenSSL reads."""
    half = len(raw) // 2
    write("sig.asn", (f"asn1=SEQUENCE:s\n[s]\nr=INTEGER:0x{raw[:half].hex()}\n"
                      f"s=INTEGER:0x{raw[half:].hex()}\n").encode())
    openssl("asn1parse", "-genconf", "sig.asn", "-noout", "-out", "sig")


def verified(public, *options):
    out = openssl("dgst", "-sha256", "-verify", public, *options,
                  "-signature", "sig", "data")
    assert out == b"Verified OK\n", out


def signatures(session):
    write("data", DATA)
    public, private = rsa_pair(session)
    spki_rsa(session, public)
    mechanism = Mechanism(CKM_SHA256_RSA_PKCS, None)
    signature = bytes(session.sign(private, DATA, mechanism))
    write("sig", signature)
    verified("rsa.pub")
    assert session.verify(public, DATA, signature, mechanism)
    assert not session.verify(public, DATA + b"x", signature, mechanism)
    pss = RSA_PSS_Mechanism(CKM_SHA256_RSA_PKCS_PSS, CKM_SHA256,
                            CKG_MGF1_SHA256, 32)
    signature = session.sign(private, DATA, pss)
    write("sig", signature)
    verified("rsa.pub", "-sigopt", "rsa_padding_mode:pss")
    assert session.verify(public, DATA, signature, pss)
    public, private = ec_pair(session)
    spki_ec(session, public)
    mechanism = Mechanism(CKM_ECDSA, None)
    digest = hashlib.sha256(DATA).digest()
    signature = bytes(session.sign(private, digest, mechanism))
    assert session.verify(public, digest, signature, mechanism)
    der_signature(signature)
    verified("ec.pub")


def encryption(session):
    public, private = rsa_pair(session)
    spki_rsa(session, public)
    for mechanism, options in (
            (MechanismRSAPKCS1, ()),
            (RSAOAEPMechanism(CKM_SHA_1, CKG_MGF1_SHA1),
             ("-pkeyopt", "rsa_padding_mode:oaep"))):
        sealed = openssl("pkeyutl", "-encrypt", "-pubin", "-inkey", "rsa.pub",
                         *options, given=DATA[:100])
        assert bytes(session.decrypt(private, sealed, mechanism)) == DATA[:100]
        sealed = session.encrypt(public, DATA[:100], mechanism)
        assert bytes(session.decrypt(private, sealed, mechanism)) == DATA[:100]
    key = session.generateKey(
        [(CKA_CLASS, CKO_SECRET_KEY), (CKA_KEY_TYPE, CKK_AES),
         (CKA_VALUE_LEN, 32), (CKA_TOKEN, False), (CKA_ENCRYPT, True),
         (CKA_DECRYPT, True), (CKA_SENSITIVE, False),
         (CKA_EXTRACTABLE, True)], MechanismAESGENERATEKEY)
    bits = bytes(value(session, key, CKA_VALUE)).hex()
    iv = os.urandom(16)
    mechanism = Mechanism(CKM_AES_CBC_PAD, iv)
    sealed = bytes(session.encrypt(key, DATA + b"tail", mechanism))
    assert sealed == openssl("enc", "-aes-256-cbc", "-K", bits, "-iv",
                             iv.hex(), given=DATA + b"tail")
    assert bytes(session.decrypt(key, sealed, mechanism)) == DATA + b"tail"


def gcm(session):
    bits = os.urandom(16)
    key = session.createObject(
        [(CKA_CLASS, CKO_SECRET_KEY), (CKA_KEY_TYPE, CKK_AES),
         (CKA_VALUE, bits), (CKA_TOKEN, False), (CKA_ENCRYPT, True),
         (CKA_DECRYPT, True)])
    mechanism = AES_GCM_Mechanism(DATA[:12], b"aad", 128)
    sealed = bytes(session.encrypt(key, DATA, mechanism))
    assert len(sealed) == len(DATA) + 16
    assert bytes(session.decrypt(key, sealed, mechanism)) == DATA


def derivation(session):
    public, private = ec_pair(session)
    spki_ec(session, public)
    write("peer.key", openssl("genpkey", "-algorithm", "EC", "-pkeyopt",
                              "ec_paramgen_curve:P-256"))
    point = openssl("pkey", "-in", "peer.key", "-pubout", "-outform",
                    "DER")[-65:]
    derived = session.deriveKey(
        private, [(CKA_CLASS, CKO_SECRET_KEY), (CKA_TOKEN, False),
                  (CKA_KEY_TYPE, CKK_GENERIC_SECRET), (CKA_VALUE_LEN, 32),
                  (CKA_SENSITIVE, False), (CKA_EXTRACTABLE, True)],
        ECDH1_DERIVE_Mechanism(point))
    expected = openssl("pkeyutl", "-derive", "-inkey", "peer.key",
                       "-peerkey", "ec.pub")
    assert bytes(value(session, derived, CKA_VALUE)) == expected


def digests(session):
    for name, mechanism in (("sha1", CKM_SHA_1), ("sha224", CKM_SHA224),
                            ("sha256", CKM_SHA256), ("sha384", CKM_SHA384),
                            ("sha512", CKM_SHA512)):
        expected = hashlib.new(name, DATA).digest()
        mechanism = Mechanism(mechanism, None)
        assert bytes(session.digest(DATA, mechanism)) == expected, name
        parts = session.digestSession(mechanism)
        parts.update(DATA[:7])
        parts.update(DATA[7:])
        assert bytes(parts.final()) == expected, name
    key = session.createObject(
        [(CKA_CLASS, CKO_SECRET_KEY), (CKA_KEY_TYPE, CKK_GENERIC_SECRET),
         (CKA_VALUE, DATA[:64]), (CKA_TOKEN, False), (CKA_SIGN, True)])
    mac = session.sign(key, DATA, Mechanism(CKM_SHA256_HMAC, None))
    assert bytes(mac) == hmac.new(DATA[:64], DATA, "sha256").digest()
    session.seedRandom(DATA)
    assert len(set(session.generateRandom(64))) > 16


def objects(session):
    for number in range(40):
        session.createObject(
            [(CKA_CLASS, CKO_DATA), (CKA_TOKEN, True), (CKA_PRIVATE, True),
             (CKA_LABEL, f"note {number}"), (CKA_APPLICATION, "app"),
             (CKA_VALUE, DATA[:number])])
    assert len(session.findObjects([(CKA_APPLICATION, "app")])) == 40
    note, = session.findObjects([(CKA_CLASS, CKO_DATA),
                                 (CKA_LABEL, "note 7")])
    assert bytes(value(session, note, CKA_VALUE)) == DATA[:7]
    session.setAttributeValue(note, [(CKA_LABEL, "other")])
    assert session.findObjects([(CKA_LABEL, "note 7")]) == []
    note, = session.findObjects([(CKA_LABEL, "other")])
    session.destroyObject(note)
    assert len(session.findObjects([(CKA_CLASS, CKO_DATA)])) == 39
    public, private = rsa_pair(session)
    assert value(session, private, CKA_SENSITIVE)
    assert value(session, private, CKA_PRIVATE_EXPONENT) is None
    assert value(session, public, CKA_MODULUS_BITS) == 2048
    assert value(session, private, CKA_LOCAL)
    # Logged out, the private objects are gone from the searches.
    session.logout()
    assert session.findObjects([(CKA_CLASS, CKO_DATA)]) == []
    assert len(session.findObjects([(CKA_CLASS, CKO_PUBLIC_KEY)])) == 1
    assert code(session.sign, private, b"x", MechanismRSAPKCS1) != "CKR_OK"


def wrapping(session):
    public, private = pair(
        session, MechanismRSAGENERATEKEYPAIR, 3,
        [(CKA_MODULUS_BITS, 2048), (CKA_PUBLIC_EXPONENT, (1, 0, 1)),
         (CKA_WRAP, True)], [(CKA_UNWRAP, True)])
    template = [(CKA_CLASS, CKO_SECRET_KEY), (CKA_KEY_TYPE, CKK_AES),
                (CKA_TOKEN, False), (CKA_SENSITIVE, False),
                (CKA_EXTRACTABLE, True)]
    key = session.generateKey(template + [(CKA_VALUE_LEN, 16)],
                              MechanismAESGENERATEKEY)
    wrapped = session.wrapKey(public, key, MechanismRSAPKCS1)
    again = session.unwrapKey(private, wrapped, template, MechanismRSAPKCS1)
    assert value(session, key, CKA_VALUE) == value(session, again, CKA_VALUE)


def pins(session):
    assert code(session.login, PIN) == "CKR_USER_ALREADY_LOGGED_IN"
    session.setPin(PIN, "123456")
    session.logout()
    assert code(session.login, PIN) == "CKR_PIN_INCORRECT"
    session.login("123456")
    session.logout()
    session.login(SO_PIN, CKU_SO)
    session.initPin(PIN)
    session.logout()
    session.login(PIN)


def slot_of(lib):
    for slot in lib.getSlotList(tokenPresent=True):
        if lib.getTokenInfo(slot).label.rstrip(" \0") == "token":
            return slot
    raise SystemExit("no token")


def main(module, *cases):
    lib = PyKCS11Lib()
    lib.load(module)
    for case in cases:
        session = lib.openSession(slot_of(lib),
                                  CKF_SERIAL_SESSION | CKF_RW_SESSION)
        session.login(PIN)
        globals()[case](session)
        session.closeSession()
        print(case, "ok")


main(*sys.argv[1:])
