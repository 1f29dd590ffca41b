#!/usr/bin/python3
"""Writes tokens.h: keys and tokens as other people's libraries make them, good ones and attacks.

    make_tokens.py >tokens.h

The keys are new at each run, so what it wrote once is kept.  NOW is the instant that the test takes for the present.
"""

import base64
import hashlib
import hmac
import json

import jwt
from jwcrypto import jwk, jws

NOW = 1_800_000_000
SECRET = b"correct horse battery staple, 32+ bytes"


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def raw(header, payload, signature=b"x"):
    """header and payload may be texts that are no JSON, or JSON with a name twice."""
    texts = [part if isinstance(part, str) else json.dumps(part) for part in (header, payload)]
    return ".".join([b64(text.encode()) for text in texts] + [b64(signature)])


def hs256(header, payload, key=SECRET):
    signed = raw(header, payload).rsplit(".", 1)[0]
    return signed + "." + b64(hmac.new(key, signed.encode(), hashlib.sha256).digest())


def signed(key, alg, claims, **header):
    token = jws.JWS(json.dumps(claims).encode())
    token.allowed_algs = [alg]
    token.add_signature(key, alg, json.dumps({"alg": alg, **header}))
    return token.serialize(compact=True)


rsa = jwk.JWK.generate(kty="RSA", size=2048, kid="rsa")
weak = jwk.JWK.generate(kty="RSA", size=1024, kid="weak")
ec = jwk.JWK.generate(kty="EC", crv="P-256", kid="ec")
ed = jwk.JWK.generate(kty="OKP", crv="Ed25519", kid="ed")
stranger = jwk.JWK.generate(kty="RSA", size=2048, kid="rsa")
p384 = jwk.JWK.generate(kty="EC", crv="P-384", kid="p384")


def public(key, **more):
    return {**json.loads(key.export_public()), **more}


GOOD = {"sub": "ada", "exp": NOW + 600, "iss": "https://app.example", "aud": "recurd"}


def without(name):
    return {key: value for key, value in GOOD.items() if key != name}


H = {"alg": "HS256", "typ": "JWT"}
PEM = rsa.export_to_pem()
good_ec = signed(ec, "ES256", GOOD, kid="ec")
der = bytes.fromhex("3006020101020101")
JUST = json.dumps(GOOD)

tokens = [
    # what it is, the token, the verdict
    ("HS256 of PyJWT", jwt.encode(GOOD, SECRET, "HS256"), "GOOD"),
    ("HS256 of another library", hs256(H, GOOD), "GOOD"),
    ("RS256", signed(rsa, "RS256", GOOD, kid="rsa"), "GOOD"),
    ("RS256 without kid", signed(rsa, "RS256", GOOD), "GOOD"),
    ("ES256", good_ec, "GOOD"),
    ("EdDSA", signed(ed, "EdDSA", GOOD, kid="ed"), "GOOD"),
    ("EdDSA of PyJWT, without kid", jwt.encode(GOOD, ed.export_to_pem(True, None), "EdDSA"), "GOOD"),
    ("user_id instead of sub", hs256(H, {**without("sub"), "user_id": "ada"}), "GOOD"),
    ("several audiences", hs256(H, {**GOOD, "aud": ["x", "recurd"]}), "GOOD"),
    ("a fraction of a second", hs256(H, {**GOOD, "exp": NOW + 600.5}), "GOOD"),
    ("expired a moment ago: the leeway", hs256(H, {**GOOD, "exp": NOW - 29}), "GOOD"),
    ("valid in a moment: the leeway", hs256(H, {**GOOD, "nbf": NOW + 29}), "GOOD"),
    ("an unknown header", hs256({**H, "x": 1}, GOOD), "GOOD"),
    # RFC 8725, 2.1: the algorithm is the attacker's word
    ("none", raw({"alg": "none"}, GOOD), "UNKNOWN_KEY"),
    ("none, no signature", raw({"alg": "none"}, GOOD).rsplit(".", 1)[0] + ".", "SHAPELESS"),
    ("None", raw({"alg": "None"}, GOOD), "UNKNOWN_KEY"),
    ("nOnE with a kid", raw({"alg": "nOnE", "kid": "rsa"}, GOOD), "UNKNOWN_KEY"),
    ("the public key as a secret", hs256({**H, "kid": "rsa"}, GOOD, PEM), "FORGED"),
    ("the modulus as a secret", hs256({**H, "kid": "rsa"}, GOOD, base64.urlsafe_b64decode(public(rsa)["n"] + "==")), "FORGED"),
    ("the empty secret", hs256(H, GOOD, b""), "FORGED"),
    ("HS384 under the secret", jwt.encode(GOOD, SECRET, "HS384"), "UNKNOWN_KEY"),
    ("HS512 under the secret", jwt.encode(GOOD, SECRET, "HS512"), "UNKNOWN_KEY"),
    ("RS512 under the key", signed(rsa, "RS512", GOOD, kid="rsa"), "UNKNOWN_KEY"),
    ("PS256 under the key", signed(rsa, "PS256", GOOD, kid="rsa"), "UNKNOWN_KEY"),
    ("ES384 under a key of its own", signed(p384, "ES384", GOOD, kid="p384"), "UNKNOWN_KEY"),
    ("alg in another case", raw({"alg": "hs256"}, GOOD), "UNKNOWN_KEY"),
    ("alg is a list", raw({"alg": ["HS256"]}, GOOD), "SHAPELESS"),
    ("alg is missing", raw({"typ": "JWT"}, GOOD), "SHAPELESS"),
    # 2.2, 2.3: keys that are weak or known, signatures that are cut or changed
    ("a weak key", signed(weak, "RS256", GOOD, kid="weak"), "UNKNOWN_KEY"),
    ("another's key of the same name", signed(stranger, "RS256", GOOD, kid="rsa"), "FORGED"),
    ("another's secret", hs256(H, GOOD, b"x" * 32), "FORGED"),
    ("signature cut", hs256(H, GOOD)[:-4], "FORGED"),
    ("signature longer", hs256(H, GOOD) + "AAAA", "FORGED"),
    ("claims changed", hs256(H, GOOD).split(".")[0] + "." + b64(json.dumps({**GOOD, "sub": "bob"}).encode())
     + "." + hs256(H, GOOD).split(".")[2], "FORGED"),
    ("ECDSA of zeros", raw({"alg": "ES256", "kid": "ec"}, GOOD, bytes(64)), "FORGED"),
    ("ECDSA in DER", raw({"alg": "ES256", "kid": "ec"}, GOOD, der), "FORGED"),
    ("Ed25519 of zeros", raw({"alg": "EdDSA", "kid": "ed"}, GOOD, bytes(64)), "FORGED"),
    ("RSA of zeros", raw({"alg": "RS256", "kid": "rsa"}, GOOD, bytes(256)), "FORGED"),
    ("RSA of one", raw({"alg": "RS256", "kid": "rsa"}, GOOD, bytes(255) + b"\1"), "FORGED"),
    # 2.4, 2.6, 3.10: keys that the token brings or points to
    ("jwk in the token", signed(stranger, "RS256", GOOD, jwk=public(stranger)), "FORGED"),
    ("jku", signed(stranger, "RS256", GOOD, jku="http://127.0.0.1:9/keys"), "FORGED"),
    ("x5u", signed(stranger, "RS256", GOOD, x5u="http://127.0.0.1:9/cert"), "FORGED"),
    ("x5c", signed(stranger, "RS256", GOOD, x5c=["MIIB"]), "FORGED"),
    ("kid is a path", hs256({**H, "kid": "../../dev/null"}, GOOD, b"x" * 32), "FORGED"),
    ("kid is SQL", signed(rsa, "RS256", GOOD, kid="' or 1=1 --"), "UNKNOWN_KEY"),
    ("kid is a number", hs256({**H, "kid": 7}, GOOD), "SHAPELESS"),
    ("crit", hs256({**H, "crit": ["x"], "x": 1}, GOOD), "SHAPELESS"),
    ("b64", hs256({**H, "b64": False}, GOOD), "SHAPELESS"),
    ("zip, a bomb", hs256({**H, "zip": "DEF"}, GOOD), "SHAPELESS"),
    ("a token in a token", hs256({**H, "cty": "jwt"}, GOOD), "SHAPELESS"),
    # 2.5, 3.11: JSON that two parsers read differently
    ("sub twice", hs256(H, JUST[:-1] + ', "sub": "bob"}'), "SHAPELESS"),
    ("alg twice", hs256('{"alg":"none","alg":"HS256"}', GOOD), "SHAPELESS"),
    ("claims are a list", hs256(H, "[1]"), "SHAPELESS"),
    ("claims are empty", hs256(H, "{}"), "UNFIT"),
    ("bytes behind the claims", hs256(H, JUST + "x"), "SHAPELESS"),
    ("NUL in sub", hs256(H, {**GOOD, "sub": "ada\0bob"}), "SHAPELESS"),
    ("five parts: encrypted", "a.b.c.d.e", "SHAPELESS"),
    ("two parts", "YQ.YQ", "SHAPELESS"),
    ("empty", "", "SHAPELESS"),
    ("dots", "..", "SHAPELESS"),
    ("padding", raw(H, GOOD) + "=", "SHAPELESS"),
    ("standard base64", "e+/=.e30.e30", "SHAPELESS"),
    ("bits left over", hs256(H, GOOD).split(".")[0] + ".e31.eA", "SHAPELESS"),
    ("JSON serialisation", '{"payload":"e30"}', "SHAPELESS"),
    ("a blank behind it", hs256(H, GOOD) + " ", "SHAPELESS"),
    ("too long", hs256(H, {**GOOD, "x": "y" * 8192}), "SHAPELESS"),
    # claims
    ("expired", hs256(H, {**GOOD, "exp": NOW - 31}), "EXPIRED"),
    ("no exp", hs256(H, without("exp")), "UNFIT"),
    ("exp is a text", hs256(H, {**GOOD, "exp": str(NOW + 600)}), "UNFIT"),
    ("exp is negative", hs256(H, {**GOOD, "exp": -1}), "UNFIT"),
    ("exp is beyond all years", hs256(H, {**GOOD, "exp": 1e300}), "UNFIT"),
    ("exp in milliseconds", hs256(H, {**GOOD, "exp": (NOW + 600) * 1000}), "UNFIT"),
    ("exp is no number for JSON", hs256(H, JUST.replace(str(NOW + 600), "1e999")), "SHAPELESS"),
    ("exp is null", hs256(H, {**GOOD, "exp": None}), "UNFIT"),
    ("not valid yet", hs256(H, {**GOOD, "nbf": NOW + 31}), "EARLY"),
    ("nbf is a text", hs256(H, {**GOOD, "nbf": "0"}), "UNFIT"),
    ("another issuer", hs256(H, {**GOOD, "iss": "https://app.example.evil"}), "UNFIT"),
    ("no issuer", hs256(H, without("iss")), "UNFIT"),
    ("another audience", hs256(H, {**GOOD, "aud": "other"}), "UNFIT"),
    ("no audience", hs256(H, without("aud")), "UNFIT"),
    ("no user", hs256(H, without("sub")), "UNFIT"),
    ("the user is empty", hs256(H, {**GOOD, "sub": ""}), "UNFIT"),
    ("the user is a number", hs256(H, {**GOOD, "sub": 7}), "UNFIT"),
    ("the user is null, user_id is not asked", hs256(H, {**GOOD, "sub": None, "user_id": "ada"}), "UNFIT"),
    ("the user breaks the line", hs256(H, {**GOOD, "sub": "ada\nbob"}), "UNFIT"),
    ("the user turns the text around", hs256(H, {**GOOD, "sub": "ada\u202e"}), "UNFIT"),
    ("the user is too long", hs256(H, {**GOOD, "sub": "a" * 256}), "UNFIT"),
]

sets = [
    ("all kinds", {"keys": [public(rsa), public(ec), public(ed), public(p384)]}, ""),
    ("an encryption key is passed over", {"keys": [public(rsa, use="enc", n="AQAB"), public(ec)]}, ""),
    ("addresses are not fetched", {"keys": [public(ec, x5u="http://127.0.0.1:9/c", jku="http://127.0.0.1:9/k")]}, ""),
    ("a private key is used as the public one", {"keys": [json.loads(ed.export_private())]}, ""),
    ("weak", {"keys": [public(ec), public(weak)]}, "key 2: expected 2048 to 8192 bits, found 1024"),
    ("a short secret", {"keys": [{"kty": "oct", "k": b64(b"x" * 31)}]}, "key 1: expected a secret of at least 32"),
    ("a number that is none", {"keys": [public(ec, x="*")]}, "key 1: its numbers make no key"),
    ("a secret that is none", {"keys": [{"kty": "oct", "k": "*"}]}, 'key 1: expected base64url under "k"'),
    ("a secret", {"keys": [{"kty": "oct", "k": b64(SECRET)}]}, ""),
    ("a number missing", {"keys": [{"kty": "EC", "crv": "P-256", "x": "AA"}]}, 'key 1: expected a text under "y"'),
    ("no key that is usable", {"keys": [public(p384)]}, "found none"),
    ("empty", {"keys": []}, "found none"),
    ("no set", {"kty": "RSA"}, 'expected {"keys": [...]}'),
    ("a list", [], "expected a JSON object"),
    ("too many", {"keys": [public(ed, kid=str(i)) for i in range(33)]}, "at most 32"),
]


def quoted(text):
    """A C string: in pieces, for no compiler need take a longer one than 4095 bytes."""
    pieces = [text[i:i + 4000] for i in range(0, len(text), 4000)] or [""]
    return "\n\t\t".join('"' + piece.replace("\\", "\\\\").replace('"', '\\"') + '"' for piece in pieces)


print("/* Made by make_tokens.py: keys and tokens of other libraries. */")
print("/* clang-format off */\n#pragma once\n")
print('#include "web/token.h"\n')
print(f"#define TOKENS_NOW (INT64_C({NOW}) * USEC_PER_SEC)\n#define TOKENS_SECRET {quoted(SECRET.decode())}\n")
print(f"static const char tokens_set[] = {quoted(json.dumps(sets[0][1]))};\n")
print("static const struct {\n\tconst char *what, *text;\n\tenum token_verdict verdict;\n} tokens[] = {")
for what, text, verdict in tokens:
    print(f"\t{{ {quoted(what)},\n\t\t{quoted(text)},\n\t\tTOKEN_{verdict} }},")
print("};\n\nstatic const struct {\n\tconst char *what, *json, *refusal;\n} token_sets[] = {")
for what, value, refusal in sets:
    print(f"\t{{ {quoted(what)},\n\t\t{quoted(json.dumps(value))},\n\t\t{quoted(refusal)} }},")
print("};")
