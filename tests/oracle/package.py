"""package.py: opens a package with other people's cryptography, from the age specification (C2SP age.md) and doc/format/package.md alone."""
import base64
import hashlib
import hmac

import argon2.low_level
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
CHUNK = 64 * 1024


def unpadded(text):
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def derive(secret, salt, info):
    return HKDF(hashes.SHA256(), 32, salt, info).derive(secret)


def private_key(text):
    """The 32 bytes of AGE-SECRET-KEY-1…; the check digits are left to age."""
    bits = 0
    values = [ALPHABET.index(c) for c in text.strip().lower().split("1", 1)[1][:-6]]
    for value in values:
        bits = bits << 5 | value
    return (bits >> (5 * len(values) - 256)).to_bytes(32, "big")


def header(data):
    """(stanzas as (arguments, body), the covered bytes, the MAC, what follows)."""
    end = data.index(b"\n---")
    mac_line, rest = data[end + 1 :].split(b"\n", 1)
    lines = data[: end + 1].decode("ascii").splitlines()
    assert lines[0] == "age-encryption.org/v1"
    stanzas = []
    for line in lines[1:]:
        if line.startswith("-> "):
            stanzas.append((line[3:].split(" "), ""))
        else:
            stanzas[-1] = (stanzas[-1][0], stanzas[-1][1] + line)
    return stanzas, data[: end + 4], unpadded(mac_line[4:].decode()), rest


def wrap_key(arguments, identity, passphrase):
    if arguments[0] == "X25519" and identity:
        key = X25519PrivateKey.from_private_bytes(private_key(identity))
        share = unpadded(arguments[1])
        public = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return derive(key.exchange(X25519PublicKey.from_public_bytes(share)), share + public, b"age-encryption.org/v1/X25519")
    if arguments[0] == "scrypt" and passphrase:
        salt = b"age-encryption.org/v1/scrypt" + unpadded(arguments[1])
        return hashlib.scrypt(passphrase, salt=salt, n=1 << int(arguments[2]), r=8, p=1, maxmem=1 << 30, dklen=32)
    if arguments[0] == "calm/argon2id" and passphrase:
        salt = unpadded(arguments[1])
        stretched = argon2.low_level.hash_secret_raw(passphrase, salt, int(arguments[2]), int(arguments[3]), 1, 32, argon2.low_level.Type.ID, 0x13)
        return derive(stretched, salt, b"calm/argon2id")
    return None


def payload(file_key, sealed):
    key = derive(file_key, sealed[:16], b"payload")
    plain = b""
    chunks = range(16, len(sealed), CHUNK + 16)
    for number, at in enumerate(chunks):
        nonce = number.to_bytes(11, "big") + bytes([number == len(chunks) - 1])
        plain += ChaCha20Poly1305(key).decrypt(nonce, sealed[at : at + CHUNK + 16], None)
    return plain


def open_package(data, identity=None, passphrase=None):
    """The archive in a package; an exception where anything is not as it must be."""
    stanzas, covered, mac, sealed = header(data)
    for arguments, body in stanzas:
        key = wrap_key(arguments, identity, passphrase)
        if key is None:
            continue
        file_key = ChaCha20Poly1305(key).decrypt(bytes(12), unpadded(body), None)
        wanted = hmac.new(derive(file_key, b"", b"header"), covered, hashlib.sha256).digest()
        if not hmac.compare_digest(wanted, mac):
            raise ValueError("the header's MAC")
        return payload(file_key, sealed)
    raise ValueError("no stanza for that")
