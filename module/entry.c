/*
 * The functions of PKCS#11 for the library, slots, sessions and objects; the
 * others are in entry_*.c.  What a call means is in calls/.
 */
#include "module/with.h"

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
C_LoginUser(CK_SESSION_HANDLE hSession, CK_USER_TYPE userType,
    CK_UTF8CHAR_PTR pPin, CK_ULONG ulPinLen, CK_UTF8CHAR_PTR pUsername,
    CK_ULONG ulUsernameLen)
{
	WITH_SESSION(hSession, s, login_user(s, userType,
	    SPAN(pPin, ulPinLen), SPAN(pUsername, ulUsernameLen)));
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
C_WaitForSlotEvent(CK_FLAGS flags, CK_SLOT_ID_PTR pSlot,
    CK_VOID_PTR pReserved)
{
	if (pReserved != NULL)
		return CKR_ARGUMENTS_BAD;
	return wait_for_slot_event(flags, pSlot);
}

CK_RV
C_GetOperationState(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pOperationState,
    CK_ULONG_PTR pulOperationStateLen)
{
	WITH_SESSION(hSession, s, get_operation_state(s, pOperationState,
	    pulOperationStateLen));
}

CK_RV
C_SetOperationState(CK_SESSION_HANDLE hSession, CK_BYTE_PTR pOperationState,
    CK_ULONG ulOperationStateLen, CK_OBJECT_HANDLE hEncryptionKey,
    CK_OBJECT_HANDLE hAuthenticationKey)
{
	WITH_SESSION(hSession, s, set_operation_state(s, pOperationState,
	    ulOperationStateLen, hEncryptionKey, hAuthenticationKey));
}

CK_RV
C_GetSessionValidationFlags(CK_SESSION_HANDLE hSession,
    CK_SESSION_VALIDATION_FLAGS_TYPE type, CK_FLAGS_PTR pFlags)
{
	WITH_SESSION(hSession, s, validation_flags(s, type, pFlags));
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
