/*
 * The functions of PKCS#11 3.2 in the order of the function list, for whoever
 * needs all of them: define CK_F(version, name, arguments) and include this
 * file.  version is the interface that brought the function: 240, 300 or 320.
 */

CK_F(240, C_Initialize, (CK_VOID_PTR pInitArgs))
CK_F(240, C_Finalize, (CK_VOID_PTR pReserved))
CK_F(240, C_GetInfo, (CK_INFO_PTR pInfo))
CK_F(240, C_GetFunctionList, (CK_FUNCTION_LIST_PTR_PTR ppFunctionList))
CK_F(240, C_GetSlotList,
    (CK_BBOOL tokenPresent, CK_SLOT_ID_PTR pSlotList, CK_ULONG_PTR pulCount))
CK_F(240, C_GetSlotInfo, (CK_SLOT_ID slotID, CK_SLOT_INFO_PTR pInfo))
CK_F(240, C_GetTokenInfo, (CK_SLOT_ID slotID, CK_TOKEN_INFO_PTR pInfo))
CK_F(240, C_GetMechanismList,
    (CK_SLOT_ID slotID, CK_MECHANISM_TYPE_PTR pMechanismList,
     CK_ULONG_PTR pulCount))
CK_F(240, C_GetMechanismInfo,
    (CK_SLOT_ID slotID, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO_PTR pInfo))
CK_F(240, C_InitToken,
    (CK_SLOT_ID slotID, CK_UTF8CHAR_PTR pPin, CK_ULONG ulPinLen,
     CK_UTF8CHAR_PTR pLabel))
CK_F(240, C_InitPIN,
    (CK_SESSION_HANDLE hSession, CK_UTF8CHAR_PTR pPin, CK_ULONG ulPinLen))
CK_F(240, C_SetPIN,
    (CK_SESSION_HANDLE hSession, CK_UTF8CHAR_PTR pOldPin, CK_ULONG ulOldLen,
     CK_UTF8CHAR_PTR pNewPin, CK_ULONG ulNewLen))
CK_F(240, C_OpenSession,
    (CK_SLOT_ID slotID, CK_FLAGS flags, CK_VOID_PTR pApplication,
     CK_NOTIFY Notify, CK_SESSION_HANDLE_PTR phSession))
CK_F(240, C_CloseSession, (CK_SESSION_HANDLE hSession))
CK_F(240, C_CloseAllSessions, (CK_SLOT_ID slotID))
CK_F(240, C_GetSessionInfo,
    (CK_SESSION_HANDLE hSession, CK_SESSION_INFO_PTR pInfo))
CK_F(240, C_GetOperationState,
    (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pOperationState,
     CK_ULONG_PTR pulOperationStateLen))
CK_F(240, C_SetOperationState,
    (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pOperationState,
     CK_ULONG ulOperationStateLen, CK_OBJECT_HANDLE hEncryptionKey,
     CK_OBJECT_HANDLE hAuthenticationKey))
CK_F(240, C_Login,
    (CK_SESSION_HANDLE hSession, CK_USER_TYPE userType, CK_UTF8CHAR_PTR pPin,
     CK_ULONG ulPinLen))
CK_F(240, C_Logout, (CK_SESSION_HANDLE hSession))
CK_F(240, C_CreateObject,
    (CK_SESSION_HANDLE hSession, CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulCount,
     CK_OBJECT_HANDLE_PTR phObject))
CK_F(240, C_CopyObject,
    (CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject,
     CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulCount,
     CK_OBJECT_HANDLE_PTR phNewObject))
CK_F(240, C_DestroyObject,
    (CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject))
CK_F(240, C_GetObjectSize,
    (CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject,
     CK_ULONG_PTR pulSize))
CK_F(240, C_GetAttributeValue,
    (CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject,
     CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulCount))
CK_F(240, C_SetAttributeValue,
    (CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject,
     CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulCount))
CK_F(240, C_FindObjectsInit,
    (CK_SESSION_HANDLE hSession, CK_ATTRIBUTE_PTR pTemplate,
     CK_ULONG ulCount))
CK_F(240, C_FindObjects,
    (CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE_PTR phObject,
     CK_ULONG ulMaxObjectCount, CK_ULONG_PTR pulObjectCount))
CK_F(240, C_FindObjectsFinal, (CK_SESSION_HANDLE hSession))
CK_F(240, C_EncryptInit,
    (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
     CK_OBJECT_HANDLE hKey))
CK_F(240, C_Encrypt,
    (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pData, CK_ULONG ulDataLen,
     CK_BYTE_PTR pEncryptedData, CK_ULONG_PTR pulEncryptedDataLen))
CK_F(240, C_EncryptUpdate,
    (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart, CK_ULONG ulPartLen,
     CK_BYTE_PTR pEncryptedPart, CK_ULONG_PTR pulEncryptedPartLen))
CK_F(240, C_EncryptFinal,
    (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pLastEncryptedPart,
     CK_ULONG_PTR pulLastEncryptedPartLen))
CK_F(240, C_DecryptInit,
    (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
     CK_OBJECT_HANDLE hKey))
CK_F(240, C_Decrypt,
    (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pEncryptedData,
     CK_ULONG ulEncryptedDataLen, CK_BYTE_PTR pData, CK_ULONG_PTR pulDataLen))
CK_F(240, C_DecryptUpdate,
    (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pEncryptedPart,
     CK_ULONG ulEncryptedPartLen, CK_BYTE_PTR pPart, CK_ULONG_PTR pulPartLen))
CK_F(240, C_DecryptFinal,
    (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pLastPart,
     CK_ULONG_PTR pulLastPartLen))
CK_F(240, C_DigestInit,
    (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism))
CK_F(240, C_Digest,
    (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pData, CK_ULONG ulDataLen,
     CK_BYTE_PTR pDigest, CK_ULONG_PTR pulDigestLen))
CK_F(240, C_DigestUpdate,
    (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart, CK_ULONG ulPartLen))
CK_F(240, C_DigestKey, (CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hKey))
CK_F(240, C_DigestFinal,
    (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pDigest,
     CK_ULONG_PTR pulDigestLen))
CK_F(240, C_SignInit,
    (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
     CK_OBJECT_HANDLE hKey))
CK_F(240, C_Sign,
    (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pData, CK_ULONG ulDataLen,
     CK_BYTE_PTR pSignature, CK_ULONG_PTR pulSignatureLen))
CK_F(240, C_SignUpdate,
    (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart, CK_ULONG ulPartLen))
CK_F(240, C_SignFinal,
    (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pSignature,
     CK_ULONG_PTR pulSignatureLen))
CK_F(240, C_SignRecoverInit,
    (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
     CK_OBJECT_HANDLE hKey))
CK_F(240, C_SignRecover,
    (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pData, CK_ULONG ulDataLen,
     CK_BYTE_PTR pSignature, CK_ULONG_PTR pulSignatureLen))
CK_F(240, C_VerifyInit,
    (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
     CK_OBJECT_HANDLE hKey))
CK_F(240, C_Verify,
    (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pData, CK_ULONG ulDataLen,
     CK_BYTE_PTR pSignature, CK_ULONG ulSignatureLen))
CK_F(240, C_VerifyUpdate,
    (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart, CK_ULONG ulPartLen))
CK_F(240, C_VerifyFinal,
    (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pSignature,
     CK_ULONG ulSignatureLen))
CK_F(240, C_VerifyRecoverInit,
    (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
     CK_OBJECT_HANDLE hKey))
CK_F(240, C_VerifyRecover,
    (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pSignature,
     CK_ULONG ulSignatureLen, CK_BYTE_PTR pData, CK_ULONG_PTR pulDataLen))
CK_F(240, C_DigestEncryptUpdate,
    (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart, CK_ULONG ulPartLen,
     CK_BYTE_PTR pEncryptedPart, CK_ULONG_PTR pulEncryptedPartLen))
CK_F(240, C_DecryptDigestUpdate,
    (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pEncryptedPart,
     CK_ULONG ulEncryptedPartLen, CK_BYTE_PTR pPart, CK_ULONG_PTR pulPartLen))
CK_F(240, C_SignEncryptUpdate,
    (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart, CK_ULONG ulPartLen,
     CK_BYTE_PTR pEncryptedPart, CK_ULONG_PTR pulEncryptedPartLen))
CK_F(240, C_DecryptVerifyUpdate,
    (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pEncryptedPart,
     CK_ULONG ulEncryptedPartLen, CK_BYTE_PTR pPart, CK_ULONG_PTR pulPartLen))
CK_F(240, C_GenerateKey,
    (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
     CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulCount,
     CK_OBJECT_HANDLE_PTR phKey))
CK_F(240, C_GenerateKeyPair,
    (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
     CK_ATTRIBUTE_PTR pPublicKeyTemplate, CK_ULONG ulPublicKeyAttributeCount,
     CK_ATTRIBUTE_PTR pPrivateKeyTemplate,
     CK_ULONG ulPrivateKeyAttributeCount, CK_OBJECT_HANDLE_PTR phPublicKey,
     CK_OBJECT_HANDLE_PTR phPrivateKey))
CK_F(240, C_WrapKey,
    (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
     CK_OBJECT_HANDLE hWrappingKey, CK_OBJECT_HANDLE hKey,
     CK_BYTE_PTR pWrappedKey, CK_ULONG_PTR pulWrappedKeyLen))
CK_F(240, C_UnwrapKey,
    (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
     CK_OBJECT_HANDLE hUnwrappingKey, CK_BYTE_PTR pWrappedKey,
     CK_ULONG ulWrappedKeyLen, CK_ATTRIBUTE_PTR pTemplate,
     CK_ULONG ulAttributeCount, CK_OBJECT_HANDLE_PTR phKey))
CK_F(240, C_DeriveKey,
    (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
     CK_OBJECT_HANDLE hBaseKey, CK_ATTRIBUTE_PTR pTemplate,
     CK_ULONG ulAttributeCount, CK_OBJECT_HANDLE_PTR phKey))
CK_F(240, C_SeedRandom,
    (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pSeed, CK_ULONG ulSeedLen))
CK_F(240, C_GenerateRandom,
    (CK_SESSION_HANDLE hSession, CK_BYTE_PTR RandomData,
     CK_ULONG ulRandomLen))
CK_F(240, C_GetFunctionStatus, (CK_SESSION_HANDLE hSession))
CK_F(240, C_CancelFunction, (CK_SESSION_HANDLE hSession))
CK_F(240, C_WaitForSlotEvent,
    (CK_FLAGS flags, CK_SLOT_ID_PTR pSlot, CK_VOID_PTR pRserved))
CK_F(300, C_GetInterfaceList,
    (CK_INTERFACE_PTR pInterfacesList, CK_ULONG_PTR pulCount))
CK_F(300, C_GetInterface,
    (CK_UTF8CHAR_PTR pInterfaceName, CK_VERSION_PTR pVersion,
     CK_INTERFACE_PTR_PTR ppInterface, CK_FLAGS flags))
CK_F(300, C_LoginUser,
    (CK_SESSION_HANDLE hSession, CK_USER_TYPE userType, CK_UTF8CHAR_PTR pPin,
     CK_ULONG ulPinLen, CK_UTF8CHAR_PTR pUsername, CK_ULONG ulUsernameLen))
CK_F(300, C_SessionCancel, (CK_SESSION_HANDLE hSession, CK_FLAGS flags))
CK_F(300, C_MessageEncryptInit,
    (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
     CK_OBJECT_HANDLE hKey))
CK_F(300, C_EncryptMessage,
    (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter,
     CK_ULONG ulParameterLen, CK_BYTE_PTR pAssociatedData,
     CK_ULONG ulAssociatedDataLen, CK_BYTE_PTR pPlaintext,
     CK_ULONG ulPlaintextLen, CK_BYTE_PTR pCiphertext,
     CK_ULONG_PTR pulCiphertextLen))
CK_F(300, C_EncryptMessageBegin,
    (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter,
     CK_ULONG ulParameterLen, CK_BYTE_PTR pAssociatedData,
     CK_ULONG ulAssociatedDataLen))
CK_F(300, C_EncryptMessageNext,
    (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter,
     CK_ULONG ulParameterLen, CK_BYTE_PTR pPlaintextPart,
     CK_ULONG ulPlaintextPartLen, CK_BYTE_PTR pCiphertextPart,
     CK_ULONG_PTR pulCiphertextPartLen, CK_FLAGS flags))
CK_F(300, C_MessageEncryptFinal, (CK_SESSION_HANDLE hSession))
CK_F(300, C_MessageDecryptInit,
    (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
     CK_OBJECT_HANDLE hKey))
CK_F(300, C_DecryptMessage,
    (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter,
     CK_ULONG ulParameterLen, CK_BYTE_PTR pAssociatedData,
     CK_ULONG ulAssociatedDataLen, CK_BYTE_PTR pCiphertext,
     CK_ULONG ulCiphertextLen, CK_BYTE_PTR pPlaintext,
     CK_ULONG_PTR pulPlaintextLen))
CK_F(300, C_DecryptMessageBegin,
    (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter,
     CK_ULONG ulParameterLen, CK_BYTE_PTR pAssociatedData,
     CK_ULONG ulAssociatedDataLen))
CK_F(300, C_DecryptMessageNext,
    (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter,
     CK_ULONG ulParameterLen, CK_BYTE_PTR pCiphertextPart,
     CK_ULONG ulCiphertextPartLen, CK_BYTE_PTR pPlaintextPart,
     CK_ULONG_PTR pulPlaintextPartLen, CK_FLAGS flags))
CK_F(300, C_MessageDecryptFinal, (CK_SESSION_HANDLE hSession))
CK_F(300, C_MessageSignInit,
    (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
     CK_OBJECT_HANDLE hKey))
CK_F(300, C_SignMessage,
    (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter,
     CK_ULONG ulParameterLen, CK_BYTE_PTR pData, CK_ULONG ulDataLen,
     CK_BYTE_PTR pSignature, CK_ULONG_PTR pulSignatureLen))
CK_F(300, C_SignMessageBegin,
    (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter,
     CK_ULONG ulParameterLen))
CK_F(300, C_SignMessageNext,
    (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter,
     CK_ULONG ulParameterLen, CK_BYTE_PTR pData, CK_ULONG ulDataLen,
     CK_BYTE_PTR pSignature, CK_ULONG_PTR pulSignatureLen))
CK_F(300, C_MessageSignFinal, (CK_SESSION_HANDLE hSession))
CK_F(300, C_MessageVerifyInit,
    (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
     CK_OBJECT_HANDLE hKey))
CK_F(300, C_VerifyMessage,
    (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter,
     CK_ULONG ulParameterLen, CK_BYTE_PTR pData, CK_ULONG ulDataLen,
     CK_BYTE_PTR pSignature, CK_ULONG ulSignatureLen))
CK_F(300, C_VerifyMessageBegin,
    (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter,
     CK_ULONG ulParameterLen))
CK_F(300, C_VerifyMessageNext,
    (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter,
     CK_ULONG ulParameterLen, CK_BYTE_PTR pData, CK_ULONG ulDataLen,
     CK_BYTE_PTR pSignature, CK_ULONG ulSignatureLen))
CK_F(300, C_MessageVerifyFinal, (CK_SESSION_HANDLE hSession))
CK_F(320, C_EncapsulateKey,
    (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
     CK_OBJECT_HANDLE hPublicKey, CK_ATTRIBUTE_PTR pTemplate,
     CK_ULONG ulAttributeCount, CK_BYTE_PTR pCiphertext,
     CK_ULONG_PTR pulCiphertextLen, CK_OBJECT_HANDLE_PTR phKey))
CK_F(320, C_DecapsulateKey,
    (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
     CK_OBJECT_HANDLE hPrivateKey, CK_ATTRIBUTE_PTR pTemplate,
     CK_ULONG ulAttributeCount, CK_BYTE_PTR pCiphertext,
     CK_ULONG ulCiphertextLen, CK_OBJECT_HANDLE_PTR phKey))
CK_F(320, C_VerifySignatureInit,
    (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
     CK_OBJECT_HANDLE hKey, CK_BYTE_PTR pSignature, CK_ULONG ulSignatureLen))
CK_F(320, C_VerifySignature,
    (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pData, CK_ULONG ulDataLen))
CK_F(320, C_VerifySignatureUpdate,
    (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart, CK_ULONG ulPartLen))
CK_F(320, C_VerifySignatureFinal, (CK_SESSION_HANDLE hSession))
CK_F(320, C_GetSessionValidationFlags,
    (CK_SESSION_HANDLE hSession, CK_SESSION_VALIDATION_FLAGS_TYPE type,
     CK_FLAGS_PTR pFlags))
CK_F(320, C_AsyncComplete,
    (CK_SESSION_HANDLE hSession, CK_UTF8CHAR_PTR pFunctionName,
     CK_ASYNC_DATA_PTR pResult))
CK_F(320, C_AsyncGetID,
    (CK_SESSION_HANDLE hSession, CK_UTF8CHAR_PTR pFunctionName,
     CK_ULONG_PTR pulID))
CK_F(320, C_AsyncJoin,
    (CK_SESSION_HANDLE hSession, CK_UTF8CHAR_PTR pFunctionName, CK_ULONG ulID,
     CK_BYTE_PTR pData, CK_ULONG ulData))
CK_F(320, C_WrapKeyAuthenticated,
    (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
     CK_OBJECT_HANDLE hWrappingKey, CK_OBJECT_HANDLE hKey,
     CK_BYTE_PTR pAssociatedData, CK_ULONG ulAssociatedDataLen,
     CK_BYTE_PTR pWrappedKey, CK_ULONG_PTR pulWrappedKeyLen))
CK_F(320, C_UnwrapKeyAuthenticated,
    (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
     CK_OBJECT_HANDLE hUnwrappingKey, CK_BYTE_PTR pWrappedKey,
     CK_ULONG ulWrappedKeyLen, CK_ATTRIBUTE_PTR pTemplate,
     CK_ULONG ulAttributeCount, CK_BYTE_PTR pAssociatedData,
     CK_ULONG ulAssociatedDataLen, CK_OBJECT_HANDLE_PTR phKey))
