#! /usr/bin/python3
"""Makes the wrappers by which the n-th libcrypto call of the module fails.

wrap.py MODULE OUT.c OUT.opts COMPILER [FLAG...]: reads which functions of
libcrypto the built module calls, and their declarations from the headers;
writes for each that can fail a __wrap_ function, and the linker's options.
"""
import re
import subprocess
import sys

HEADERS = ["bn", "core_names", "decoder", "dh", "dsa", "ec", "encoder", "evp",
           "hmac", "kdf", "obj_mac", "param_build", "provider", "rand", "rsa",
           "x509", "x509v3"]
PREFIXES = ("BN_", "CRYPTO_", "DH_", "EC_", "EVP_", "OSSL_", "PKCS", "RAND_",
            "X509_", "d2i_", "i2d_", "ASN1_")
# What only tells what is known, cannot fail, or lets go.
HARMLESS = re.compile(r"_free$|_is_|_is$|_get0_|_cmp$|num_bits|_get_size$|"
                      r"_get_bits$|_get_block_size$|_get_type$|_get_id$|"
                      r"_up_ref$|_get_security_bits$|_get_iv_length$|"
                      r"_get_key_length$|_num_|_get_mode$|_set_flags$|"
                      r"^OSSL_PARAM_|^BN_is|_get_ivlen|_digest_size")
# What others than 0 and NULL say that it failed.
FAILED = {"BN_bn2binpad": "-1", "BN_bn2lebinpad": "-1",
          "BN_bn2nativepad": "-1"}
TYPE_WORDS = {"int", "char", "long", "unsigned", "size_t", "void", "const",
              "uint64_t", "uint32_t"}


def output(*words, **more):
    return subprocess.run(words, check=True, stdout=subprocess.PIPE,
                          text=True, **more).stdout


def called(module):
    """The functions of libcrypto that the module does not define itself."""
    lines = output("nm", "-D", "--undefined-only", module).splitlines()
    names = {line.split()[-1].split("@")[0] for line in lines}
    return sorted(n for n in names
                  if n.startswith(PREFIXES) and not HARMLESS.search(n))


def declarations(compiler):
    text = "".join(f"#include <openssl/{h}.h>\n" for h in HEADERS)
    text = output(*compiler, "-E", "-P", "-", input=text)
    text = re.sub(r"__attribute__\s*\(\(.*?\)\)(?=[\s;])", " ", text)
    return re.sub(r"\s+", " ", text)


def parameters(text):
    """The parameters of a declaration, split where they are divided."""
    out, depth, part = [], 0, ""
    for c in text:
        depth += (c == "(") - (c == ")")
        if c == "," and depth == 0:
            out.append(part.strip())
            part = ""
        else:
            part += c
    out.append(part.strip())
    return [] if out in (["void"], [""]) else out


def renamed(parameter, name):
    """The same parameter under this name."""
    if "(*" in parameter:
        return re.sub(r"\(\*\s*\w*\)", f"(*{name})", parameter, 1)
    array = re.search(r"\[\w*\]$", parameter)
    bare = parameter[:array.start()] if array else parameter
    words = re.findall(r"\w+", bare)
    if not bare.endswith("*") and len(words) > 1 and (
            words[-1] not in TYPE_WORDS):
        bare = re.sub(r"\w+$", "", bare)
    return f"{bare} {name}" + (array.group() if array else "")


def wrapper(name, text):
    found = re.search(r"[;}] ?(?:extern )?([\w* ]+?)\b" + name +
                      r" ?\(([^;{}]*)\) ?;", text)
    if not found:
        sys.exit(f"wrap.py: no declaration of {name}")
    result, listed = found.group(1).strip(), parameters(found.group(2))
    if result == "void" or result.startswith("OSSL_PARAM"):
        return ""
    bad = FAILED.get(name, "NULL" if result.endswith("*") else "0")
    listed = ["void *" if p == "..." else p for p in listed]
    names = [f"a{i}" for i in range(len(listed))]
    typed = ", ".join(map(renamed, listed, names)) or "void"
    given = ", ".join(names)
    return (f"{result} __real_{name}({typed});\n"
            f"{result} __wrap_{name}({typed});\n"
            f"{result}\n__wrap_{name}({typed})\n{{\n"
            f"\treturn fault_now(FAULT_CRYPTO) ? {bad} : "
            f"__real_{name}({given});\n}}\n")


def main():
    module, source, options, *compiler = sys.argv[1:]
    text = declarations(compiler)
    wrappers = {name: wrapper(name, text) for name in called(module)}
    with open(source, "w", encoding="ascii") as f:
        f.write("/* Made by wrap.py. */\n")
        f.writelines(f"#include <openssl/{h}.h>\n" for h in HEADERS)
        f.write('#include "tests/faults/fault.h"\n')
        f.writelines(w for w in wrappers.values())
    with open(options, "w", encoding="ascii") as f:
        f.writelines(f"-Wl,--wrap={n}\n" for n, w in wrappers.items() if w)


if __name__ == "__main__":
    main()
