import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.math.BigInteger;
import java.security.*;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.*;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.crypto.*;
import javax.crypto.spec.*;
import javax.net.ssl.*;

/**
 * A Java program that uses a token by SunPKCS11, and Java's own software to
 * check what it says.
 *
 * Usage: java Token.java CONFIGURATION PIN CASE...
 */
public class Token {
    interface Step {
        void run() throws Exception;
    }

    static final byte[] DATA = new byte[1000];
    static final Map<String, Step> CASES = new LinkedHashMap<>();
    static Provider token;
    static KeyStore store;
    static char[] pin;

    static void check(boolean holds, String what) {
        if (!holds)
            throw new IllegalStateException(what);
    }

    static void same(byte[] a, byte[] b, String what) {
        check(Arrays.equals(a, b), what);
    }

    static PrivateKey privateKey(String alias) throws Exception {
        return (PrivateKey) store.getKey(alias, null);
    }

    static PublicKey publicKey(String alias) throws Exception {
        // By way of its encoding, so that no key of the token is left in it.
        byte[] der = store.getCertificate(alias).getEncoded();
        return CertificateFactory.getInstance("X.509").generateCertificate(
            new ByteArrayInputStream(der)).getPublicKey();
    }

    static String software(String algorithm) {
        return algorithm.contains("EC") ? "SunEC" :
            algorithm.contains("DSA") ? "SUN" : "SunRsaSign";
    }

    /** The token signs, software verifies; and the other way round. */
    static void signature(String algorithm, AlgorithmParameterSpec spec,
            PrivateKey key, PublicKey verifier, KeyPair other)
            throws Exception {
        Signature theirs = Signature.getInstance(algorithm, token);
        Signature ours = Signature.getInstance(algorithm, software(algorithm));
        if (spec != null) {
            theirs.setParameter(spec);
            ours.setParameter(spec);
        }
        theirs.initSign(key);
        theirs.update(DATA, 0, 10);
        theirs.update(DATA, 10, DATA.length - 10);
        byte[] sig = theirs.sign();
        ours.initVerify(verifier);
        ours.update(DATA);
        check(ours.verify(sig), algorithm + ": software refuses");
        ours.initSign(other.getPrivate());
        ours.update(DATA);
        sig = ours.sign();
        theirs.initVerify(other.getPublic());
        theirs.update(DATA);
        check(theirs.verify(sig), algorithm + ": the token refuses");
        theirs.initVerify(other.getPublic());
        theirs.update((byte) 1);
        check(!theirs.verify(sig), algorithm + ": the token takes anything");
    }

    static KeyPair pair(String algorithm, String provider,
            AlgorithmParameterSpec spec) throws Exception {
        KeyPairGenerator maker =
            KeyPairGenerator.getInstance(algorithm, provider);
        maker.initialize(spec);
        return maker.generateKeyPair();
    }

    static void rsa() throws Exception {
        KeyPair other = pair("RSA", "SunRsaSign",
            new RSAKeyGenParameterSpec(2048, RSAKeyGenParameterSpec.F4));
        for (String hash : new String[] {"SHA224", "SHA256", "SHA384", "SHA512"})
            signature(hash + "withRSA", null, privateKey("rsa"),
                publicKey("rsa"), other);
        signature("RSASSA-PSS", new PSSParameterSpec("SHA-256", "MGF1",
            MGF1ParameterSpec.SHA256, 32, 1), privateKey("rsa"),
            publicKey("rsa"), other);
        Cipher theirs = Cipher.getInstance("RSA/ECB/PKCS1Padding", token);
        Cipher ours = Cipher.getInstance("RSA/ECB/PKCS1Padding", "SunJCE");
        ours.init(Cipher.ENCRYPT_MODE, publicKey("rsa"));
        byte[] sealed = ours.doFinal(DATA, 0, 100);
        theirs.init(Cipher.DECRYPT_MODE, privateKey("rsa"));
        same(theirs.doFinal(sealed), Arrays.copyOf(DATA, 100), "decryption");
        theirs.init(Cipher.ENCRYPT_MODE, other.getPublic());
        sealed = theirs.doFinal(DATA, 0, 100);
        ours.init(Cipher.DECRYPT_MODE, other.getPrivate());
        same(ours.doFinal(sealed), Arrays.copyOf(DATA, 100), "encryption");
    }

    static void ec() throws Exception {
        KeyPair other = pair("EC", "SunEC", new ECGenParameterSpec("secp384r1"));
        for (String hash : new String[] {"SHA256", "SHA384", "SHA512"})
            signature(hash + "withECDSA", null, privateKey("ec"),
                publicKey("ec"), other);
    }

    static void cipher(String name, String algorithm, int bytes,
            AlgorithmParameterSpec spec, int length) throws Exception {
        byte[] bits = new byte[bytes];
        new SecureRandom().nextBytes(bits);
        SecretKey key = new SecretKeySpec(bits, algorithm);
        Cipher theirs = Cipher.getInstance(name, token);
        Cipher ours = Cipher.getInstance(name, "SunJCE");
        byte[] data = Arrays.copyOf(DATA, length);
        theirs.init(Cipher.ENCRYPT_MODE, key, spec);
        ours.init(Cipher.ENCRYPT_MODE, key, spec);
        byte[] sealed = ours.doFinal(data);
        // SoftHSM2 loses what comes before the last part of GCM.
        int part = spec instanceof GCMParameterSpec ? 0 : 33;
        byte[] first = part == 0 ? null : theirs.update(data, 0, part);
        byte[] rest = theirs.doFinal(data, part, length - part);
        byte[] whole = new byte[sealed.length];
        int taken = first == null ? 0 : first.length;
        check(taken + rest.length == sealed.length, name + ": length " +
            taken + " + " + rest.length);
        if (taken != 0)
            System.arraycopy(first, 0, whole, 0, taken);
        System.arraycopy(rest, 0, whole, taken, rest.length);
        same(whole, sealed, name + ": encryption");
        theirs.init(Cipher.DECRYPT_MODE, key, spec);
        same(theirs.doFinal(sealed), data, name + ": decryption");
    }

    static void ciphers() throws Exception {
        IvParameterSpec iv = new IvParameterSpec(Arrays.copyOf(DATA, 16));
        for (int bytes = 16; bytes <= 32; bytes += 8) {
            cipher("AES/CBC/NoPadding", "AES", bytes, iv, 992);
            cipher("AES/CBC/PKCS5Padding", "AES", bytes, iv, 999);
            cipher("AES/CTR/NoPadding", "AES", bytes, iv, 999);
            cipher("AES/ECB/NoPadding", "AES", bytes, null, 992);
            cipher("AES/ECB/PKCS5Padding", "AES", bytes, null, 999);
        }
        cipher("DESede/CBC/PKCS5Padding", "DESede", 24,
            new IvParameterSpec(Arrays.copyOf(DATA, 8)), 999);
    }

    static void gcm() throws Exception {
        GCMParameterSpec spec =
            new GCMParameterSpec(128, Arrays.copyOf(DATA, 12));
        cipher("AES/GCM/NoPadding", "AES", 16, spec, 999);
    }

    static void macs() throws Exception {
        SecretKey key = new SecretKeySpec(DATA, 0, 64, "Generic");
        for (String hash : new String[] {"SHA1", "SHA224", "SHA256", "SHA384",
                "SHA512"}) {
            Mac theirs = Mac.getInstance("Hmac" + hash, token);
            Mac ours = Mac.getInstance("Hmac" + hash, "SunJCE");
            theirs.init(key);
            ours.init(key);
            theirs.update(DATA, 0, 3);
            theirs.update(DATA, 3, DATA.length - 3);
            same(theirs.doFinal(), ours.doFinal(DATA), "Hmac" + hash);
        }
    }

    static void digests() throws Exception {
        for (String hash : new String[] {"SHA-1", "SHA-224", "SHA-256",
                "SHA-384", "SHA-512"}) {
            MessageDigest theirs = MessageDigest.getInstance(hash, token);
            theirs.update(DATA, 0, 3);
            theirs.update(DATA, 3, DATA.length - 3);
            same(theirs.digest(),
                MessageDigest.getInstance(hash, "SUN").digest(DATA), hash);
        }
        byte[] random = new byte[40];
        SecureRandom.getInstance("PKCS11", token).nextBytes(random);
        check(!Arrays.equals(random, new byte[40]), "random");
    }

    /** A key that the token has made encrypts, and survives wrapping. */
    static void keys() throws Exception {
        KeyGenerator maker = KeyGenerator.getInstance("AES", token);
        maker.init(256);
        SecretKey key = maker.generateKey();
        IvParameterSpec iv = new IvParameterSpec(Arrays.copyOf(DATA, 16));
        Cipher cipher = Cipher.getInstance("AES/CBC/PKCS5Padding", token);
        cipher.init(Cipher.ENCRYPT_MODE, key, iv);
        byte[] sealed = cipher.doFinal(DATA);
        cipher.init(Cipher.DECRYPT_MODE, key, iv);
        same(cipher.doFinal(sealed), DATA, "AES");
        store.setKeyEntry("made", key, null, null);
        cipher.init(Cipher.DECRYPT_MODE, store.getKey("made", null), iv);
        same(cipher.doFinal(sealed), DATA, "AES in the store");
        store.deleteEntry("made");
        check(!store.containsAlias("made"), "the entry stays");
    }

    static void wrapping() throws Exception {
        Cipher theirs = Cipher.getInstance("RSA/ECB/PKCS1Padding", token);
        Cipher ours = Cipher.getInstance("RSA/ECB/PKCS1Padding", "SunJCE");
        SecretKey key = new SecretKeySpec(DATA, 0, 16, "AES");
        ours.init(Cipher.WRAP_MODE, publicKey("rsa"));
        byte[] wrapped = ours.wrap(key);
        theirs.init(Cipher.UNWRAP_MODE, privateKey("rsa"));
        Key back = theirs.unwrap(wrapped, "AES", Cipher.SECRET_KEY);
        Cipher cipher = Cipher.getInstance("AES/ECB/NoPadding", token);
        cipher.init(Cipher.ENCRYPT_MODE, back);
        Cipher plain = Cipher.getInstance("AES/ECB/NoPadding", "SunJCE");
        plain.init(Cipher.ENCRYPT_MODE, key);
        same(cipher.doFinal(DATA, 0, 16), plain.doFinal(DATA, 0, 16), "unwrap");
    }

    static void agreement(String algorithm, KeyPair mine, KeyPair other)
            throws Exception {
        KeyAgreement theirs = KeyAgreement.getInstance(algorithm, token);
        KeyAgreement ours = KeyAgreement.getInstance(algorithm,
            algorithm.equals("DH") ? "SunJCE" : "SunEC");
        theirs.init(mine.getPrivate());
        theirs.doPhase(other.getPublic(), true);
        ours.init(other.getPrivate());
        ours.doPhase(mine.getPublic(), true);
        same(theirs.generateSecret(), ours.generateSecret(), algorithm);
    }

    static void ecdh() throws Exception {
        ECGenParameterSpec curve = new ECGenParameterSpec("secp256r1");
        KeyPairGenerator maker = KeyPairGenerator.getInstance("EC", token);
        maker.initialize(curve);
        agreement("ECDH", maker.generateKeyPair(), pair("EC", "SunEC", curve));
    }

    static void dh() throws Exception {
        KeyPairGenerator first = KeyPairGenerator.getInstance("DH", "SunJCE");
        first.initialize(2048);
        KeyPair other = first.generateKeyPair();
        KeyPairGenerator maker = KeyPairGenerator.getInstance("DH", token);
        maker.initialize(
            ((javax.crypto.interfaces.DHKey) other.getPublic()).getParams());
        agreement("DH", maker.generateKeyPair(), other);
    }

    /** A server whose key is in the token, and a client that trusts it. */
    static void tls(String alias, String version) throws Exception {
        KeyManagerFactory keys = KeyManagerFactory.getInstance("SunX509");
        KeyStore one = KeyStore.getInstance("PKCS11", token);
        one.load(null, pin);
        keys.init(one, null);
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("it", store.getCertificate(alias));
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trusted);
        X509KeyManager inner = (X509KeyManager) keys.getKeyManagers()[0];
        X509ExtendedKeyManager only = new X509ExtendedKeyManager() {
            public String[] getClientAliases(String t, Principal[] i) {
                return null;
            }
            public String chooseClientAlias(String[] t, Principal[] i,
                    java.net.Socket s) {
                return null;
            }
            public String[] getServerAliases(String t, Principal[] i) {
                return new String[] {alias};
            }
            public String chooseServerAlias(String t, Principal[] i,
                    java.net.Socket s) {
                return t.startsWith(alias.toUpperCase()) ||
                    t.startsWith("RSASSA") && alias.equals("rsa")
                    ? alias : null;
            }
            public java.security.cert.X509Certificate[] getCertificateChain(
                    String a) {
                return inner.getCertificateChain(a);
            }
            public PrivateKey getPrivateKey(String a) {
                return inner.getPrivateKey(a);
            }
        };
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(new KeyManager[] {only}, trust.getTrustManagers(), null);
        SSLServerSocket server = (SSLServerSocket) context
            .getServerSocketFactory().createServerSocket(0, 1,
                java.net.InetAddress.getLoopbackAddress());
        server.setEnabledProtocols(new String[] {version});
        Exception[] failed = new Exception[1];
        Thread thread = new Thread(() -> {
            try (SSLSocket s = (SSLSocket) server.accept()) {
                s.getOutputStream().write(s.getInputStream().read());
            } catch (Exception e) {
                failed[0] = e;
            }
        });
        thread.start();
        try (SSLSocket s = (SSLSocket) context.getSocketFactory().createSocket(
                server.getInetAddress(), server.getLocalPort())) {
            s.getOutputStream().write(77);
            check(s.getInputStream().read() == 77, "no echo");
            check(s.getSession().getProtocol().equals(version), "version");
        } finally {
            thread.join();
            server.close();
            if (failed[0] != null)
                failed[0].printStackTrace();
        }
    }

    static void tls() throws Exception {
        for (String version : new String[] {"TLSv1.2", "TLSv1.3"})
            for (String alias : new String[] {"rsa", "ec"})
                tls(alias, version);
    }

    public static void main(String[] args) throws Exception {
        for (int i = 0; i < DATA.length; i++)
            DATA[i] = (byte) (i * 7);
        CASES.put("rsa", Token::rsa);
        CASES.put("ec", Token::ec);
        CASES.put("ciphers", Token::ciphers);
        CASES.put("gcm", Token::gcm);
        CASES.put("macs", Token::macs);
        CASES.put("digests", Token::digests);
        CASES.put("keys", Token::keys);
        CASES.put("wrapping", Token::wrapping);
        CASES.put("ecdh", Token::ecdh);
        CASES.put("dh", Token::dh);
        CASES.put("tls", Token::tls);
        token = Security.getProvider("SunPKCS11").configure(args[0]);
        Security.addProvider(token);
        pin = args[1].toCharArray();
        store = KeyStore.getInstance("PKCS11", token);
        store.load(null, pin);
        for (String name : Arrays.asList(args).subList(2, args.length)) {
            CASES.get(name).run();
            System.out.println(name + " ok");
        }
    }
}
