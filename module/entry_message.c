/* Messages: PKCS#11 5.9, 5.11, 5.14, 5.16. */
#include "module/with.h"

#define MESSAGE(...) &(struct message){ __VA_ARGS__ }

CK_RV
C_MessageEncryptInit(CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
    CK_OBJECT_HANDLE hKey)
{
	WITH_SESSION(hSession, s, crypt_init(s, OPERATION_MESSAGE_ENCRYPT,
	    pMechanism, hKey));
}

CK_RV
C_EncryptMessage(CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter,
    CK_ULONG ulParameterLen, CK_BYTE_PTR pAssociatedData,
    CK_ULONG ulAssociatedDataLen, CK_BYTE_PTR pPlaintext,
    CK_ULONG ulPlaintextLen, CK_BYTE_PTR pCiphertext,
    CK_ULONG_PTR pulCiphertextLen)
{
	WITH_SESSION(hSession, s, crypt_message(s, OPERATION_MESSAGE_ENCRYPT,
	    MESSAGE(pParameter, ulParameterLen,
		SPAN(pAssociatedData, ulAssociatedDataLen)),
	    SPAN(pPlaintext, ulPlaintextLen), pCiphertext,
	    pulCiphertextLen));
}

CK_RV
C_EncryptMessageBegin(CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter,
    CK_ULONG ulParameterLen, CK_BYTE_PTR pAssociatedData,
    CK_ULONG ulAssociatedDataLen)
{
	WITH_SESSION(hSession, s, crypt_message_begin(s,
	    OPERATION_MESSAGE_ENCRYPT, MESSAGE(pParameter, ulParameterLen,
		SPAN(pAssociatedData, ulAssociatedDataLen))));
}

CK_RV
C_EncryptMessageNext(CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter,
    CK_ULONG ulParameterLen, CK_BYTE_PTR pPlaintextPart,
    CK_ULONG ulPlaintextPartLen, CK_BYTE_PTR pCiphertextPart,
    CK_ULONG_PTR pulCiphertextPartLen, CK_FLAGS flags)
{
	WITH_SESSION(hSession, s, crypt_message_next(s,
	    OPERATION_MESSAGE_ENCRYPT, MESSAGE(pParameter, ulParameterLen,
		.flags = flags),
	    SPAN(pPlaintextPart, ulPlaintextPartLen), pCiphertextPart,
	    pulCiphertextPartLen));
}

CK_RV
C_MessageEncryptFinal(CK_SESSION_HANDLE hSession)
{
	WITH_SESSION(hSession, s, message_final(s,
	    OPERATION_MESSAGE_ENCRYPT));
}

CK_RV
C_MessageDecryptInit(CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
    CK_OBJECT_HANDLE hKey)
{
	WITH_SESSION(hSession, s, crypt_init(s, OPERATION_MESSAGE_DECRYPT,
	    pMechanism, hKey));
}

CK_RV
C_DecryptMessage(CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter,
    CK_ULONG ulParameterLen, CK_BYTE_PTR pAssociatedData,
    CK_ULONG ulAssociatedDataLen, CK_BYTE_PTR pCiphertext,
    CK_ULONG ulCiphertextLen, CK_BYTE_PTR pPlaintext,
    CK_ULONG_PTR pulPlaintextLen)
{
	WITH_SESSION(hSession, s, crypt_message(s, OPERATION_MESSAGE_DECRYPT,
	    MESSAGE(pParameter, ulParameterLen,
		SPAN(pAssociatedData, ulAssociatedDataLen)),
	    SPAN(pCiphertext, ulCiphertextLen), pPlaintext,
	    pulPlaintextLen));
}

CK_RV
C_DecryptMessageBegin(CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter,
    CK_ULONG ulParameterLen, CK_BYTE_PTR pAssociatedData,
    CK_ULONG ulAssociatedDataLen)
{
	WITH_SESSION(hSession, s, crypt_message_begin(s,
	    OPERATION_MESSAGE_DECRYPT, MESSAGE(pParameter, ulParameterLen,
		SPAN(pAssociatedData, ulAssociatedDataLen))));
}

CK_RV
C_DecryptMessageNext(CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter,
    CK_ULONG ulParameterLen, CK_BYTE_PTR pCiphertextPart,
    CK_ULONG ulCiphertextPartLen, CK_BYTE_PTR pPlaintextPart,
    CK_ULONG_PTR pulPlaintextPartLen, CK_FLAGS flags)
{
	WITH_SESSION(hSession, s, crypt_message_next(s,
	    OPERATION_MESSAGE_DECRYPT, MESSAGE(pParameter, ulParameterLen,
		.flags = flags),
	    SPAN(pCiphertextPart, ulCiphertextPartLen), pPlaintextPart,
	    pulPlaintextPartLen));
}

CK_RV
C_MessageDecryptFinal(CK_SESSION_HANDLE hSession)
{
	WITH_SESSION(hSession, s, message_final(s,
	    OPERATION_MESSAGE_DECRYPT));
}

CK_RV
C_MessageSignInit(CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
    CK_OBJECT_HANDLE hKey)
{
	WITH_SESSION(hSession, s, crypt_init(s, OPERATION_MESSAGE_SIGN,
	    pMechanism, hKey));
}

CK_RV
C_SignMessage(CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter,
    CK_ULONG ulParameterLen, CK_BYTE_PTR pData, CK_ULONG ulDataLen,
    CK_BYTE_PTR pSignature, CK_ULONG_PTR pulSignatureLen)
{
	WITH_SESSION(hSession, s, sign_message(s,
	    MESSAGE(pParameter, ulParameterLen), SPAN(pData, ulDataLen),
	    pSignature, pulSignatureLen));
}

CK_RV
C_SignMessageBegin(CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter,
    CK_ULONG ulParameterLen)
{
	WITH_SESSION(hSession, s, sign_message_begin(s,
	    OPERATION_MESSAGE_SIGN, MESSAGE(pParameter, ulParameterLen)));
}

CK_RV
C_SignMessageNext(CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter,
    CK_ULONG ulParameterLen, CK_BYTE_PTR pDataPart, CK_ULONG ulDataPartLen,
    CK_BYTE_PTR pSignature, CK_ULONG_PTR pulSignatureLen)
{
	(void)pParameter;
	(void)ulParameterLen; /* said at the beginning */
	WITH_SESSION(hSession, s, sign_message_next(s,
	    SPAN(pDataPart, ulDataPartLen), pSignature, pulSignatureLen));
}

CK_RV
C_MessageSignFinal(CK_SESSION_HANDLE hSession)
{
	WITH_SESSION(hSession, s, message_final(s, OPERATION_MESSAGE_SIGN));
}

CK_RV
C_MessageVerifyInit(CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
    CK_OBJECT_HANDLE hKey)
{
	WITH_SESSION(hSession, s, crypt_init(s, OPERATION_MESSAGE_VERIFY,
	    pMechanism, hKey));
}

CK_RV
C_VerifyMessage(CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter,
    CK_ULONG ulParameterLen, CK_BYTE_PTR pData, CK_ULONG ulDataLen,
    CK_BYTE_PTR pSignature, CK_ULONG ulSignatureLen)
{
	WITH_SESSION(hSession, s, verify_message(s,
	    MESSAGE(pParameter, ulParameterLen), SPAN(pData, ulDataLen),
	    SPAN(pSignature, ulSignatureLen)));
}

CK_RV
C_VerifyMessageBegin(CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter,
    CK_ULONG ulParameterLen)
{
	WITH_SESSION(hSession, s, sign_message_begin(s,
	    OPERATION_MESSAGE_VERIFY, MESSAGE(pParameter, ulParameterLen)));
}

CK_RV
C_VerifyMessageNext(CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter,
    CK_ULONG ulParameterLen, CK_BYTE_PTR pDataPart, CK_ULONG ulDataPartLen,
    CK_BYTE_PTR pSignature, CK_ULONG ulSignatureLen)
{
	(void)pParameter;
	(void)ulParameterLen; /* said at the beginning */
	WITH_SESSION(hSession, s, verify_message_next(s,
	    SPAN(pDataPart, ulDataPartLen),
	    SPAN(pSignature, ulSignatureLen)));
}

CK_RV
C_MessageVerifyFinal(CK_SESSION_HANDLE hSession)
{
	WITH_SESSION(hSession, s, message_final(s, OPERATION_MESSAGE_VERIFY));
}
