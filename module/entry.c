/*
 * All functions of PKCS#11 that this module offers: find the client's context
 * or session, hold it, call, let go.  What a call means is in calls/.
 */
#include "module/calls/calls.h"

/* Siblings of TRY: they return what the call returns, and let go. */
#define WITH_TOKEN(c, call) \
	do { \
		_cleanup_(library_leavep) struct context *c = NULL; \
		TRY(library_enter(&c)); \
		return (call); \
	} while (0)

#define WITH_SESSION(handle, s, call) \
	do { \
		_cleanup_(library_leavep) struct context *context_ = NULL; \
		_cleanup_(session_putp) struct session *s = NULL; \
		TRY(library_enter(&context_)); \
		TRY(session_get(context_, (handle), &s)); \
		return (call); \
	} while (0)

CK_RV
C_Initialize(CK_VOID_PTR pInitArgs)
{
	return library_initialise(pInitArgs, &embedded_hooks);
}

CK_RV
C_Finalize(CK_VOID_PTR pReserved)
{
	return pReserved != NULL ? CKR_ARGUMENTS_BAD : library_finalise();
}

CK_RV
C_GetInfo(CK_INFO_PTR pInfo)
{
	WITH_TOKEN(c, get_info(pInfo));
}

CK_RV
C_GetSlotList(CK_BBOOL tokenPresent, CK_SLOT_ID_PTR pSlotList,
    CK_ULONG_PTR pulCount)
{
	WITH_TOKEN(c, slot_list(c, tokenPresent, pSlotList, pulCount));
}

CK_RV
C_GetSlotInfo(CK_SLOT_ID slotID, CK_SLOT_INFO_PTR pInfo)
{
	WITH_TOKEN(c, slot_info(c, slotID, pInfo));
}

CK_RV
C_GetTokenInfo(CK_SLOT_ID slotID, CK_TOKEN_INFO_PTR pInfo)
{
	WITH_TOKEN(c, token_info(c, slotID, pInfo));
}

CK_RV
C_GetMechanismList(CK_SLOT_ID slotID, CK_MECHANISM_TYPE_PTR pMechanismList,
    CK_ULONG_PTR pulCount)
{
	WITH_TOKEN(c, mechanism_list(c, slotID, pMechanismList, pulCount));
}

CK_RV
C_GetMechanismInfo(CK_SLOT_ID slotID, CK_MECHANISM_TYPE type,
    CK_MECHANISM_INFO_PTR pInfo)
{
	WITH_TOKEN(c, mechanism_info(c, slotID, type, pInfo));
}

CK_RV
C_InitToken(CK_SLOT_ID slotID, CK_UTF8CHAR_PTR pPin, CK_ULONG ulPinLen,
    CK_UTF8CHAR_PTR pLabel)
{
	WITH_TOKEN(c, init_token(c, slotID, pPin, ulPinLen, pLabel));
}

CK_RV
C_InitPIN(CK_SESSION_HANDLE hSession, CK_UTF8CHAR_PTR pPin, CK_ULONG ulPinLen)
{
	WITH_SESSION(hSession, s, init_pin(s, pPin, ulPinLen));
}

CK_RV
C_SetPIN(CK_SESSION_HANDLE hSession, CK_UTF8CHAR_PTR pOldPin,
    CK_ULONG ulOldLen, CK_UTF8CHAR_PTR pNewPin, CK_ULONG ulNewLen)
{
	WITH_SESSION(hSession, s, set_pin(s, pOldPin, ulOldLen, pNewPin,
	    ulNewLen));
}

CK_RV
C_OpenSession(CK_SLOT_ID slotID, CK_FLAGS flags, CK_VOID_PTR pApplication,
    CK_NOTIFY Notify, CK_SESSION_HANDLE_PTR phSession)
{
	(void)pApplication;
	(void)Notify; /* nothing of ours is worth a callback */
	WITH_TOKEN(c, open_session(c, slotID, flags, phSession));
}

CK_RV
C_CloseSession(CK_SESSION_HANDLE hSession)
{
	WITH_SESSION(hSession, s, close_session(s));
}

CK_RV
C_CloseAllSessions(CK_SLOT_ID slotID)
{
	WITH_TOKEN(c, close_all_sessions(c, slotID));
}

CK_RV
C_GetSessionInfo(CK_SESSION_HANDLE hSession, CK_SESSION_INFO_PTR pInfo)
{
	WITH_SESSION(hSession, s, session_info(s, pInfo));
}

CK_RV
C_Login(CK_SESSION_HANDLE hSession, CK_USER_TYPE userType,
    CK_UTF8CHAR_PTR pPin, CK_ULONG ulPinLen)
{
	WITH_SESSION(hSession, s, login(s, userType, pPin, ulPinLen));
}

CK_RV
C_Logout(CK_SESSION_HANDLE hSession)
{
	WITH_SESSION(hSession, s, logout(s));
}

CK_RV
C_CreateObject(CK_SESSION_HANDLE hSession, CK_ATTRIBUTE_PTR pTemplate,
    CK_ULONG ulCount, CK_OBJECT_HANDLE_PTR phObject)
{
	WITH_SESSION(hSession, s, create_object(s, pTemplate, ulCount,
	    phObject));
}

CK_RV
C_CopyObject(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject,
    CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulCount,
    CK_OBJECT_HANDLE_PTR phNewObject)
{
	WITH_SESSION(hSession, s, copy_object(s, hObject, pTemplate, ulCount,
	    phNewObject));
}

CK_RV
C_DestroyObject(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject)
{
	WITH_SESSION(hSession, s, destroy_object(s, hObject));
}

CK_RV
C_GetObjectSize(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject,
    CK_ULONG_PTR pulSize)
{
	WITH_SESSION(hSession, s, object_size(s, hObject, pulSize));
}

CK_RV
C_GetAttributeValue(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject,
    CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulCount)
{
	WITH_SESSION(hSession, s, get_attributes(s, hObject, pTemplate,
	    ulCount));
}

CK_RV
C_SetAttributeValue(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject,
    CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulCount)
{
	WITH_SESSION(hSession, s, set_attributes(s, hObject, pTemplate,
	    ulCount));
}

CK_RV
C_FindObjectsInit(CK_SESSION_HANDLE hSession, CK_ATTRIBUTE_PTR pTemplate,
    CK_ULONG ulCount)
{
	WITH_SESSION(hSession, s, find_init(s, pTemplate, ulCount));
}

CK_RV
C_FindObjects(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE_PTR phObject,
    CK_ULONG ulMaxObjectCount, CK_ULONG_PTR pulObjectCount)
{
	WITH_SESSION(hSession, s, find_next(s, phObject, ulMaxObjectCount,
	    pulObjectCount));
}

CK_RV
C_FindObjectsFinal(CK_SESSION_HANDLE hSession)
{
	WITH_SESSION(hSession, s, find_final(s));
}

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
C_GetFunctionStatus(CK_SESSION_HANDLE hSession)
{
	WITH_SESSION(hSession, s, CKR_FUNCTION_NOT_PARALLEL);
}

CK_RV
C_CancelFunction(CK_SESSION_HANDLE hSession)
{
	WITH_SESSION(hSession, s, CKR_FUNCTION_NOT_PARALLEL);
}

CK_RV
C_SessionCancel(CK_SESSION_HANDLE hSession, CK_FLAGS flags)
{
	WITH_SESSION(hSession, s, session_cancel(s, flags));
}
