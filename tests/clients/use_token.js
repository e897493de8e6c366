// A Node.js program that uses a token by pkcs11js, and checks what it says
// against Node's own cryptography.
//
// Usage: node use_token.js MODULE CASE...
"use strict";

const assert = require("node:assert");
const crypto = require("node:crypto");
const p = require("pkcs11js");

const PIN = "1234";
const DATA = Buffer.from(Array.from({ length: 1000 }, (_, i) => i * 7 & 255));
const P256 = Buffer.from("06082a8648ce3d030107", "hex");
const PSS = { hashAlg: p.CKM_SHA256, mgf: p.CKG_MGF1_SHA256, saltLen: 32,
  type: p.CK_PARAMS_RSA_PSS };

const lib = new p.PKCS11();

function attribute(session, object, type) {
  return lib.C_GetAttributeValue(session, object, [{ type }])[0].value;
}

function pair(session, mechanism, publicPart, privatePart) {
  const label = { type: p.CKA_LABEL, value: "pair" };
  const id = { type: p.CKA_ID, value: Buffer.from([1]) };
  const token = { type: p.CKA_TOKEN, value: true };
  return lib.C_GenerateKeyPair(session, { mechanism },
    [label, id, token, { type: p.CKA_VERIFY, value: true }, ...publicPart],
    [label, id, token, { type: p.CKA_PRIVATE, value: true },
      { type: p.CKA_SENSITIVE, value: true },
      { type: p.CKA_EXTRACTABLE, value: false },
      { type: p.CKA_SIGN, value: true }, ...privatePart]);
}

function rsaPair(session) {
  return pair(session, p.CKM_RSA_PKCS_KEY_PAIR_GEN, [
    { type: p.CKA_MODULUS_BITS, value: 2048 },
    { type: p.CKA_PUBLIC_EXPONENT, value: Buffer.from([1, 0, 1]) },
    { type: p.CKA_ENCRYPT, value: true }],
  [{ type: p.CKA_DECRYPT, value: true }]);
}

function ecPair(session) {
  return pair(session, p.CKM_EC_KEY_PAIR_GEN,
    [{ type: p.CKA_EC_PARAMS, value: P256 }],
    [{ type: p.CKA_DERIVE, value: true }]);
}

function rsaKey(session, handle) {
  return crypto.createPublicKey({ format: "jwk", key: { kty: "RSA",
    n: attribute(session, handle, p.CKA_MODULUS).toString("base64url"),
    e: attribute(session, handle, p.CKA_PUBLIC_EXPONENT)
      .toString("base64url") } });
}

function ecKey(session, handle) {
  const point = attribute(session, handle, p.CKA_EC_POINT).subarray(3);
  return crypto.createPublicKey({ format: "jwk", key: { kty: "EC",
    crv: "P-256", x: point.subarray(0, 32).toString("base64url"),
    y: point.subarray(32).toString("base64url") } });
}

function secret(session, bits, keyType, uses) {
  return lib.C_CreateObject(session, [
    { type: p.CKA_CLASS, value: p.CKO_SECRET_KEY },
    { type: p.CKA_KEY_TYPE, value: keyType },
    { type: p.CKA_TOKEN, value: false },
    { type: p.CKA_SENSITIVE, value: false },
    { type: p.CKA_EXTRACTABLE, value: true },
    { type: p.CKA_VALUE, value: bits },
    ...uses.map((type) => ({ type, value: true }))]);
}

function sign(session, mechanism, key, data) {
  lib.C_SignInit(session, mechanism, key);
  return lib.C_Sign(session, data, Buffer.alloc(512));
}

const cases = {
  async signatures(session) {
    const rsa = rsaPair(session);
    const ec = ecPair(session);
    const key = rsaKey(session, rsa.publicKey);
    const v15 = { mechanism: p.CKM_SHA256_RSA_PKCS };
    let sig = sign(session, v15, rsa.privateKey, DATA);
    assert(crypto.verify("sha256", DATA, key, sig));
    // In parts, and the verification of it.
    lib.C_SignInit(session, v15, rsa.privateKey);
    lib.C_SignUpdate(session, DATA.subarray(0, 9));
    lib.C_SignUpdate(session, DATA.subarray(9));
    assert.deepEqual(lib.C_SignFinal(session, Buffer.alloc(256)), sig);
    lib.C_VerifyInit(session, v15, rsa.publicKey);
    lib.C_VerifyUpdate(session, DATA);
    assert(lib.C_VerifyFinal(session, sig));
    sig = sign(session, { mechanism: p.CKM_SHA256_RSA_PKCS_PSS,
      parameter: PSS }, rsa.privateKey, DATA);
    assert(crypto.verify("sha256", DATA,
      { key, padding: crypto.constants.RSA_PKCS1_PSS_PADDING }, sig));
    const digest = crypto.createHash("sha256").update(DATA).digest();
    sig = sign(session, { mechanism: p.CKM_ECDSA }, ec.privateKey, digest);
    assert(crypto.verify("sha256", DATA, { dsaEncoding: "ieee-p1363",
      key: ecKey(session, ec.publicKey) }, sig));
    sig[5] ^= 1;
    lib.C_VerifyInit(session, { mechanism: p.CKM_ECDSA }, ec.publicKey);
    assert.throws(() => lib.C_Verify(session, digest, sig),
      /CKR_SIGNATURE_INVALID/);
  },

  // Worker threads of Node.js, each with a session of its own.
  async threads(session, slot) {
    const { publicKey, privateKey } = rsaPair(session);
    const key = rsaKey(session, publicKey);
    await Promise.all(Array.from({ length: 8 }, async (_, i) => {
      const own = lib.C_OpenSession(slot,
        p.CKF_SERIAL_SESSION | p.CKF_RW_SESSION);
      for (let turn = 0; turn < 8; turn++) {
        const data = Buffer.from(`thread ${i} turn ${turn}`);
        lib.C_SignInit(own, { mechanism: p.CKM_SHA256_RSA_PKCS }, privateKey);
        const sig = await lib.C_SignAsync(own, data, Buffer.alloc(256));
        assert(crypto.verify("sha256", data, key, sig));
      }
      lib.C_CloseSession(own);
    }));
  },

  async encryption(session) {
    const { publicKey, privateKey } = rsaPair(session);
    const sealed = crypto.publicEncrypt({ key: rsaKey(session, publicKey),
      padding: crypto.constants.RSA_PKCS1_PADDING }, DATA.subarray(0, 99));
    lib.C_DecryptInit(session, { mechanism: p.CKM_RSA_PKCS }, privateKey);
    assert.deepEqual(lib.C_Decrypt(session, sealed, Buffer.alloc(256)),
      DATA.subarray(0, 99));
    const bits = crypto.randomBytes(32);
    const iv = crypto.randomBytes(16);
    const aes = secret(session, bits, p.CKK_AES,
      [p.CKA_ENCRYPT, p.CKA_DECRYPT]);
    const mechanism = { mechanism: p.CKM_AES_CBC_PAD, parameter: iv };
    const cipher = crypto.createCipheriv("aes-256-cbc", bits, iv);
    const expected = Buffer.concat([cipher.update(DATA), cipher.final()]);
    lib.C_EncryptInit(session, mechanism, aes);
    const parts = [
      lib.C_EncryptUpdate(session, DATA.subarray(0, 21), Buffer.alloc(64)),
      lib.C_EncryptUpdate(session, DATA.subarray(21), Buffer.alloc(1024)),
      lib.C_EncryptFinal(session, Buffer.alloc(32))];
    assert.deepEqual(Buffer.concat(parts), expected);
    lib.C_DecryptInit(session, mechanism, aes);
    assert.deepEqual(lib.C_Decrypt(session, expected, Buffer.alloc(1024)),
      DATA);
  },

  async gcm(session) {
    const bits = crypto.randomBytes(16);
    const iv = crypto.randomBytes(12);
    const aes = secret(session, bits, p.CKK_AES, [p.CKA_ENCRYPT]);
    lib.C_EncryptInit(session, { mechanism: p.CKM_AES_GCM, parameter: {
      type: p.CK_PARAMS_AES_GCM, iv, ivBits: 96, aad: DATA, tagBits: 128 } },
    aes);
    const cipher = crypto.createCipheriv("aes-128-gcm", bits, iv);
    cipher.setAAD(DATA);
    assert.deepEqual(lib.C_Encrypt(session, DATA, Buffer.alloc(2000)),
      Buffer.concat([cipher.update(DATA), cipher.final(),
        cipher.getAuthTag()]));
  },

  async derivation(session) {
    const { publicKey, privateKey } = ecPair(session);
    const peer = crypto.createECDH("prime256v1");
    const derived = lib.C_DeriveKey(session, { mechanism: p.CKM_ECDH1_DERIVE,
      parameter: { type: p.CK_PARAMS_EC_DH, kdf: 1,
        publicData: peer.generateKeys() } }, privateKey, [
      { type: p.CKA_CLASS, value: p.CKO_SECRET_KEY },
      { type: p.CKA_KEY_TYPE, value: p.CKK_GENERIC_SECRET },
      { type: p.CKA_TOKEN, value: false },
      { type: p.CKA_SENSITIVE, value: false },
      { type: p.CKA_EXTRACTABLE, value: true },
      { type: p.CKA_VALUE_LEN, value: 32 }]);
    assert.deepEqual(attribute(session, derived, p.CKA_VALUE),
      peer.computeSecret(attribute(session, publicKey, p.CKA_EC_POINT)
        .subarray(2)));
  },

  async digests(session) {
    for (const [name, mechanism] of [["sha1", p.CKM_SHA_1],
      ["sha256", p.CKM_SHA256], ["sha384", p.CKM_SHA384],
      ["sha512", p.CKM_SHA512]]) {
      lib.C_DigestInit(session, { mechanism });
      assert.deepEqual(lib.C_Digest(session, DATA, Buffer.alloc(64)),
        crypto.createHash(name).update(DATA).digest());
    }
    const bits = crypto.randomBytes(64);
    const key = secret(session, bits, p.CKK_GENERIC_SECRET, [p.CKA_SIGN]);
    assert.deepEqual(sign(session, { mechanism: p.CKM_SHA256_HMAC }, key,
      DATA), crypto.createHmac("sha256", bits).update(DATA).digest());
    lib.C_DigestInit(session, { mechanism: p.CKM_SHA256 });
    lib.C_DigestUpdate(session, DATA);
    lib.C_DigestKey(session, key);
    assert.deepEqual(lib.C_DigestFinal(session, Buffer.alloc(32)),
      crypto.createHash("sha256").update(DATA).update(bits).digest());
    assert.equal(lib.C_GenerateRandom(session, Buffer.alloc(20)).length, 20);
  },

  async objects(session) {
    const template = [{ type: p.CKA_CLASS, value: p.CKO_DATA },
      { type: p.CKA_TOKEN, value: true }, { type: p.CKA_PRIVATE, value: true },
      { type: p.CKA_LABEL, value: "note" }, { type: p.CKA_VALUE, value: DATA }];
    const note = lib.C_CreateObject(session, template);
    const copy = lib.C_CopyObject(session, note,
      [{ type: p.CKA_LABEL, value: "copy" }]);
    lib.C_SetAttributeValue(session, note,
      [{ type: p.CKA_LABEL, value: "other" }]);
    const find = (label) => {
      lib.C_FindObjectsInit(session, [{ type: p.CKA_CLASS,
        value: p.CKO_DATA }, { type: p.CKA_LABEL, value: label }]);
      const found = lib.C_FindObjects(session, 10);
      lib.C_FindObjectsFinal(session);
      return found.length;
    };
    assert.deepEqual([find("note"), find("other"), find("copy")], [0, 1, 1]);
    assert.deepEqual(attribute(session, copy, p.CKA_VALUE), DATA);
    lib.C_DestroyObject(session, note);
    assert.deepEqual([find("other"), find("copy")], [0, 1]);
    assert.throws(() => attribute(session, note, p.CKA_VALUE),
      /CKR_OBJECT_HANDLE_INVALID/);
    const { privateKey } = rsaPair(session);
    assert.throws(() => attribute(session, privateKey, p.CKA_PRIME_1),
      /CKR_ATTRIBUTE_SENSITIVE/);
    lib.C_Logout(session);
    assert.equal(find("copy"), 0);
    lib.C_Login(session, p.CKU_USER, PIN);
    assert.equal(find("copy"), 1);
  },

  async wrapping(session) {
    const bits = crypto.randomBytes(32);
    const outer = secret(session, bits, p.CKK_AES, [p.CKA_WRAP, p.CKA_UNWRAP]);
    const inner = secret(session, crypto.randomBytes(16), p.CKK_AES,
      [p.CKA_ENCRYPT]);
    const mechanism = { mechanism: p.CKM_AES_KEY_WRAP };
    const wrapped = lib.C_WrapKey(session, mechanism, outer, inner,
      Buffer.alloc(64));
    const cipher = crypto.createCipheriv("id-aes256-wrap", bits,
      Buffer.alloc(8, 0xa6));
    assert.deepEqual(wrapped,
      cipher.update(attribute(session, inner, p.CKA_VALUE)));
    const back = lib.C_UnwrapKey(session, mechanism, outer, wrapped, [
      { type: p.CKA_CLASS, value: p.CKO_SECRET_KEY },
      { type: p.CKA_KEY_TYPE, value: p.CKK_AES },
      { type: p.CKA_TOKEN, value: false },
      { type: p.CKA_SENSITIVE, value: false },
      { type: p.CKA_EXTRACTABLE, value: true }]);
    assert.deepEqual(attribute(session, back, p.CKA_VALUE),
      attribute(session, inner, p.CKA_VALUE));
  },
};

async function main(module, ...names) {
  lib.load(module);
  // Its worker threads call the module at once.
  lib.C_Initialize({ flags: p.CKF_OS_LOCKING_OK });
  const slot = lib.C_GetSlotList(true).find((candidate) =>
    lib.C_GetTokenInfo(candidate).label.replace(/[ \0]+$/, "") === "token");
  for (const name of names) {
    const session = lib.C_OpenSession(slot,
      p.CKF_SERIAL_SESSION | p.CKF_RW_SESSION);
    lib.C_Login(session, p.CKU_USER, PIN);
    await cases[name](session, slot);
    lib.C_Logout(session);
    lib.C_CloseSession(session);
    console.log(name, "ok");
  }
  lib.C_Finalize();
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
