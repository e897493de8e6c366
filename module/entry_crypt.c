/* Encryption, digests, signatures and MACs: PKCS#11 5.8, 5.10, 5.12, 5.13,
 * 5.15 to 5.17. */
#include "module/with.h"

CK_RV
C_EncryptInit(CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
    CK_OBJECT_HANDLE hKey)
{
	WITH_SESSION(hSession, s, crypt_init(s, OPERATION_ENCRYPT, pMechanism,
	    hKey));
}

CK_RV
C_Encrypt(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pData, CK_ULONG ulDataLen,
    CK_BYTE_PTR pEncryptedData, CK_ULONG_PTR pulEncryptedDataLen)
{
	WITH_SESSION(hSession, s, crypt_once(s, OPERATION_ENCRYPT, pData,
	    ulDataLen, pEncryptedData, pulEncryptedDataLen));
}

CK_RV
C_EncryptUpdate(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart,
    CK_ULONG ulPartLen, CK_BYTE_PTR pEncryptedPart,
    CK_ULONG_PTR pulEncryptedPartLen)
{
	WITH_SESSION(hSession, s, crypt_update(s, OPERATION_ENCRYPT, pPart,
	    ulPartLen, pEncryptedPart, pulEncryptedPartLen));
}

CK_RV
C_EncryptFinal(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pLastEncryptedPart,
    CK_ULONG_PTR pulLastEncryptedPartLen)
{
	WITH_SESSION(hSession, s, crypt_final(s, OPERATION_ENCRYPT,
	    pLastEncryptedPart, pulLastEncryptedPartLen));
}

CK_RV
C_DecryptInit(CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
    CK_OBJECT_HANDLE hKey)
{
	WITH_SESSION(hSession, s, crypt_init(s, OPERATION_DECRYPT, pMechanism,
	    hKey));
}

CK_RV
C_Decrypt(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pEncryptedData,
    CK_ULONG ulEncryptedDataLen, CK_BYTE_PTR pData, CK_ULONG_PTR pulDataLen)
{
	WITH_SESSION(hSession, s, crypt_once(s, OPERATION_DECRYPT,
	    pEncryptedData, ulEncryptedDataLen, pData, pulDataLen));
}

CK_RV
C_DecryptUpdate(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pEncryptedPart,
    CK_ULONG ulEncryptedPartLen, CK_BYTE_PTR pPart, CK_ULONG_PTR pulPartLen)
{
	WITH_SESSION(hSession, s, crypt_update(s, OPERATION_DECRYPT,
	    pEncryptedPart, ulEncryptedPartLen, pPart, pulPartLen));
}

CK_RV
C_DecryptFinal(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pLastPart,
    CK_ULONG_PTR pulLastPartLen)
{
	WITH_SESSION(hSession, s, crypt_final(s, OPERATION_DECRYPT, pLastPart,
	    pulLastPartLen));
}

CK_RV
C_DigestInit(CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism)
{
	WITH_SESSION(hSession, s, digest_init(s, pMechanism));
}

CK_RV
C_Digest(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pData, CK_ULONG ulDataLen,
    CK_BYTE_PTR pDigest, CK_ULONG_PTR pulDigestLen)
{
	WITH_SESSION(hSession, s, crypt_once(s, OPERATION_DIGEST, pData,
	    ulDataLen, pDigest, pulDigestLen));
}

CK_RV
C_DigestUpdate(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart,
    CK_ULONG ulPartLen)
{
	WITH_SESSION(hSession, s, crypt_absorb(s, OPERATION_DIGEST, pPart,
	    ulPartLen));
}

CK_RV
C_DigestKey(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hKey)
{
	WITH_SESSION(hSession, s, digest_key(s, hKey));
}

CK_RV
C_DigestFinal(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pDigest,
    CK_ULONG_PTR pulDigestLen)
{
	WITH_SESSION(hSession, s, crypt_final(s, OPERATION_DIGEST, pDigest,
	    pulDigestLen));
}

CK_RV
C_SignInit(CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
    CK_OBJECT_HANDLE hKey)
{
	WITH_SESSION(hSession, s, crypt_init(s, OPERATION_SIGN, pMechanism,
	    hKey));
}

CK_RV
C_Sign(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pData, CK_ULONG ulDataLen,
    CK_BYTE_PTR pSignature, CK_ULONG_PTR pulSignatureLen)
{
	WITH_SESSION(hSession, s, crypt_once(s, OPERATION_SIGN, pData,
	    ulDataLen, pSignature, pulSignatureLen));
}

CK_RV
C_SignUpdate(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart, CK_ULONG ulPartLen)
{
	WITH_SESSION(hSession, s, crypt_absorb(s, OPERATION_SIGN, pPart,
	    ulPartLen));
}

CK_RV
C_SignFinal(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pSignature,
    CK_ULONG_PTR pulSignatureLen)
{
	WITH_SESSION(hSession, s, crypt_final(s, OPERATION_SIGN, pSignature,
	    pulSignatureLen));
}

CK_RV
C_VerifyInit(CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
    CK_OBJECT_HANDLE hKey)
{
	WITH_SESSION(hSession, s, crypt_init(s, OPERATION_VERIFY, pMechanism,
	    hKey));
}

CK_RV
C_Verify(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pData, CK_ULONG ulDataLen,
    CK_BYTE_PTR pSignature, CK_ULONG ulSignatureLen)
{
	WITH_SESSION(hSession, s, verify_once(s, pData, ulDataLen, pSignature,
	    ulSignatureLen));
}

CK_RV
C_VerifyUpdate(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart,
    CK_ULONG ulPartLen)
{
	WITH_SESSION(hSession, s, crypt_absorb(s, OPERATION_VERIFY, pPart,
	    ulPartLen));
}

CK_RV
C_VerifyFinal(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pSignature,
    CK_ULONG ulSignatureLen)
{
	WITH_SESSION(hSession, s, verify_final(s, pSignature,
	    ulSignatureLen));
}

CK_RV
C_SignRecoverInit(CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
    CK_OBJECT_HANDLE hKey)
{
	WITH_SESSION(hSession, s, crypt_init(s, OPERATION_SIGN_RECOVER,
	    pMechanism, hKey));
}

CK_RV
C_SignRecover(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pData,
    CK_ULONG ulDataLen, CK_BYTE_PTR pSignature, CK_ULONG_PTR pulSignatureLen)
{
	WITH_SESSION(hSession, s, crypt_once(s, OPERATION_SIGN_RECOVER, pData,
	    ulDataLen, pSignature, pulSignatureLen));
}

CK_RV
C_VerifyRecoverInit(CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
    CK_OBJECT_HANDLE hKey)
{
	WITH_SESSION(hSession, s, crypt_init(s, OPERATION_VERIFY_RECOVER,
	    pMechanism, hKey));
}

CK_RV
C_VerifyRecover(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pSignature,
    CK_ULONG ulSignatureLen, CK_BYTE_PTR pData, CK_ULONG_PTR pulDataLen)
{
	WITH_SESSION(hSession, s, crypt_once(s, OPERATION_VERIFY_RECOVER,
	    pSignature, ulSignatureLen, pData, pulDataLen));
}

CK_RV
C_DigestEncryptUpdate(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart,
    CK_ULONG ulPartLen, CK_BYTE_PTR pEncryptedPart,
    CK_ULONG_PTR pulEncryptedPartLen)
{
	WITH_SESSION(hSession, s, dual_encrypt(s, OPERATION_DIGEST, pPart,
	    ulPartLen, pEncryptedPart, pulEncryptedPartLen));
}

CK_RV
C_DecryptDigestUpdate(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pEncryptedPart,
    CK_ULONG ulEncryptedPartLen, CK_BYTE_PTR pPart, CK_ULONG_PTR pulPartLen)
{
	WITH_SESSION(hSession, s, dual_decrypt(s, OPERATION_DIGEST,
	    pEncryptedPart, ulEncryptedPartLen, pPart, pulPartLen));
}

CK_RV
C_SignEncryptUpdate(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart,
    CK_ULONG ulPartLen, CK_BYTE_PTR pEncryptedPart,
    CK_ULONG_PTR pulEncryptedPartLen)
{
	WITH_SESSION(hSession, s, dual_encrypt(s, OPERATION_SIGN, pPart,
	    ulPartLen, pEncryptedPart, pulEncryptedPartLen));
}

CK_RV
C_DecryptVerifyUpdate(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pEncryptedPart,
    CK_ULONG ulEncryptedPartLen, CK_BYTE_PTR pPart, CK_ULONG_PTR pulPartLen)
{
	WITH_SESSION(hSession, s, dual_decrypt(s, OPERATION_VERIFY,
	    pEncryptedPart, ulEncryptedPartLen, pPart, pulPartLen));
}

CK_RV
C_VerifySignatureInit(CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
    CK_OBJECT_HANDLE hKey, CK_BYTE_PTR pSignature, CK_ULONG ulSignatureLen)
{
	WITH_SESSION(hSession, s, verify_signature_init(s, pMechanism, hKey,
	    pSignature, ulSignatureLen));
}

CK_RV
C_VerifySignature(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pData,
    CK_ULONG ulDataLen)
{
	WITH_SESSION(hSession, s, verify_signature_once(s, pData, ulDataLen));
}

CK_RV
C_VerifySignatureUpdate(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart,
    CK_ULONG ulPartLen)
{
	WITH_SESSION(hSession, s, crypt_absorb(s, OPERATION_VERIFY_SIGNATURE,
	    pPart, ulPartLen));
}

CK_RV
C_VerifySignatureFinal(CK_SESSION_HANDLE hSession)
{
	WITH_SESSION(hSession, s, verify_signature_final(s));
}
