/* Keys and random numbers: PKCS#11 5.18, 5.19. */
#include "module/with.h"

#define TEMPLATE(list, count) &(struct template){ (list), (count) }

CK_RV
C_GenerateKey(CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
    CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulCount, CK_OBJECT_HANDLE_PTR phKey)
{
	WITH_SESSION(hSession, s, generate_key(s, pMechanism, pTemplate,
	    ulCount, phKey));
}

CK_RV
C_GenerateKeyPair(CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
    CK_ATTRIBUTE_PTR pPublicKeyTemplate, CK_ULONG ulPublicKeyAttributeCount,
    CK_ATTRIBUTE_PTR pPrivateKeyTemplate, CK_ULONG ulPrivateKeyAttributeCount,
    CK_OBJECT_HANDLE_PTR phPublicKey, CK_OBJECT_HANDLE_PTR phPrivateKey)
{
	WITH_SESSION(hSession, s, generate_key_pair(s, pMechanism,
	    pPublicKeyTemplate, ulPublicKeyAttributeCount,
	    pPrivateKeyTemplate, ulPrivateKeyAttributeCount, phPublicKey,
	    phPrivateKey));
}

CK_RV
C_SeedRandom(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pSeed, CK_ULONG ulSeedLen)
{
	WITH_SESSION(hSession, s, seed_random(s, pSeed, ulSeedLen));
}

CK_RV
C_GenerateRandom(CK_SESSION_HANDLE hSession, CK_BYTE_PTR RandomData,
    CK_ULONG ulRandomLen)
{
	WITH_SESSION(hSession, s, generate_random(s, RandomData,
	    ulRandomLen));
}

CK_RV
C_WrapKey(CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
    CK_OBJECT_HANDLE hWrappingKey, CK_OBJECT_HANDLE hKey,
    CK_BYTE_PTR pWrappedKey, CK_ULONG_PTR pulWrappedKeyLen)
{
	WITH_SESSION(hSession, s, wrap_key(s, pMechanism, hWrappingKey, hKey,
	    NULL, OUTPUT(pWrappedKey, pulWrappedKeyLen)));
}

CK_RV
C_WrapKeyAuthenticated(CK_SESSION_HANDLE hSession,
    CK_MECHANISM_PTR pMechanism, CK_OBJECT_HANDLE hWrappingKey,
    CK_OBJECT_HANDLE hKey, CK_BYTE_PTR pAssociatedData,
    CK_ULONG ulAssociatedDataLen, CK_BYTE_PTR pWrappedKey,
    CK_ULONG_PTR pulWrappedKeyLen)
{
	WITH_SESSION(hSession, s, wrap_key(s, pMechanism, hWrappingKey, hKey,
	    &SPAN(pAssociatedData, ulAssociatedDataLen),
	    OUTPUT(pWrappedKey, pulWrappedKeyLen)));
}

CK_RV
C_UnwrapKey(CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
    CK_OBJECT_HANDLE hUnwrappingKey, CK_BYTE_PTR pWrappedKey,
    CK_ULONG ulWrappedKeyLen, CK_ATTRIBUTE_PTR pTemplate,
    CK_ULONG ulAttributeCount, CK_OBJECT_HANDLE_PTR phKey)
{
	WITH_SESSION(hSession, s, unwrap_key(s, pMechanism, hUnwrappingKey,
	    SPAN(pWrappedKey, ulWrappedKeyLen), NULL,
	    TEMPLATE(pTemplate, ulAttributeCount), phKey));
}

CK_RV
C_UnwrapKeyAuthenticated(CK_SESSION_HANDLE hSession,
    CK_MECHANISM_PTR pMechanism, CK_OBJECT_HANDLE hUnwrappingKey,
    CK_BYTE_PTR pWrappedKey, CK_ULONG ulWrappedKeyLen,
    CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulAttributeCount,
    CK_BYTE_PTR pAssociatedData, CK_ULONG ulAssociatedDataLen,
    CK_OBJECT_HANDLE_PTR phKey)
{
	WITH_SESSION(hSession, s, unwrap_key(s, pMechanism, hUnwrappingKey,
	    SPAN(pWrappedKey, ulWrappedKeyLen),
	    &SPAN(pAssociatedData, ulAssociatedDataLen),
	    TEMPLATE(pTemplate, ulAttributeCount), phKey));
}

CK_RV
C_DeriveKey(CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
    CK_OBJECT_HANDLE hBaseKey, CK_ATTRIBUTE_PTR pTemplate,
    CK_ULONG ulAttributeCount, CK_OBJECT_HANDLE_PTR phKey)
{
	WITH_SESSION(hSession, s, derive_key(s, pMechanism, hBaseKey,
	    TEMPLATE(pTemplate, ulAttributeCount), phKey));
}

CK_RV
C_EncapsulateKey(CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
    CK_OBJECT_HANDLE hPublicKey, CK_ATTRIBUTE_PTR pTemplate,
    CK_ULONG ulAttributeCount, CK_BYTE_PTR pCiphertext,
    CK_ULONG_PTR pulCiphertextLen, CK_OBJECT_HANDLE_PTR phKey)
{
	WITH_SESSION(hSession, s, encapsulate_key(s, pMechanism, hPublicKey,
	    TEMPLATE(pTemplate, ulAttributeCount),
	    OUTPUT(pCiphertext, pulCiphertextLen), phKey));
}

CK_RV
C_DecapsulateKey(CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
    CK_OBJECT_HANDLE hPrivateKey, CK_ATTRIBUTE_PTR pTemplate,
    CK_ULONG ulAttributeCount, CK_BYTE_PTR pCiphertext,
    CK_ULONG ulCiphertextLen, CK_OBJECT_HANDLE_PTR phKey)
{
	WITH_SESSION(hSession, s, decapsulate_key(s, pMechanism, hPrivateKey,
	    TEMPLATE(pTemplate, ulAttributeCount),
	    SPAN(pCiphertext, ulCiphertextLen), phKey));
}
