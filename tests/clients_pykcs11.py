"""A Python program with PyKCS11: prints the tokens, writes the certificate of
an entry to "read" and its key's signature of the file "data" to "sig".

Usage: clients_pykcs11.py MODULE TOKEN LABEL
"""
import sys

import PyKCS11
from PyKCS11 import (CKA_CLASS, CKA_LABEL, CKA_VALUE, CKM_SHA256_RSA_PKCS,
                     CKO_CERTIFICATE, CKO_PRIVATE_KEY, Mechanism)


def only(objects):
    assert len(objects) == 1, f"{len(objects)} objects instead of one"
    return objects[0]


def main(module, token, label):
    lib = PyKCS11.PyKCS11Lib()
    lib.load(module)
    slots = {lib.getTokenInfo(slot).label.rstrip(" \0"): slot
             for slot in lib.getSlotList(tokenPresent=True)}
    for name in slots:
        print(name)

    session = lib.openSession(slots[token])
    cert = only(session.findObjects([(CKA_CLASS, CKO_CERTIFICATE),
                                     (CKA_LABEL, label)]))
    with open("read", "wb") as out:
        out.write(bytes(session.getAttributeValue(cert, [CKA_VALUE])[0]))

    key = only(session.findObjects([(CKA_CLASS, CKO_PRIVATE_KEY),
                                    (CKA_LABEL, label)]))
    with open("data", "rb") as data, open("sig", "wb") as out:
        out.write(bytes(session.sign(key, data.read(),
                                     Mechanism(CKM_SHA256_RSA_PKCS, None))))
    session.closeSession()


main(*sys.argv[1:])
