// A certificate for an example, signed with its own key. It is made at run time, so the repository contains no key.
// Has just enough of X.509 (RFC 5280) in DER. Real programs get their certificate from an authority.

import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** A certificate and its private key, in the form that `tls` takes. */
export interface Credentials {
  readonly cert: string;
  readonly key: string;
}

/** Returns a certificate for `host`, valid until the end of 2999. Clients trust it if `cert` is their `ca`. */
export function selfSigned(host: string): Credentials {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const name = sequence(value(SET, sequence(COMMON_NAME, value(UTF8, Buffer.from(host)))));
  const altName = sequence(value(DNS_NAME, Buffer.from(host)));
  const body = sequence(
    value(VERSION, integer(Buffer.of(2))),
    integer(Buffer.concat([Buffer.of(1), randomBytes(8)])),
    ECDSA_WITH_SHA256,
    name,
    sequence(time("20000101000000Z"), time("29991231235959Z")),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    value(EXTENSIONS, sequence(sequence(SUBJECT_ALT_NAME, value(OCTETS, altName)))),
  );
  const signature = value(BITS, Buffer.of(0), sign("sha256", body, privateKey));
  const der = sequence(body, ECDSA_WITH_SHA256, signature);
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${der.toString("base64")}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
  };
}

/** Encodes tag, length and value. */
function value(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  return Buffer.concat([
    length < 0x80 ? Buffer.of(tag, length) : Buffer.of(tag, 0x82, length >> 8, length & 0xff),
    content,
  ]);
}

function sequence(...parts: Uint8Array[]): Buffer {
  return value(0x30, ...parts);
}

function integer(bytes: Uint8Array): Buffer {
  return value(0x02, bytes);
}

function time(text: string): Buffer {
  return value(0x18, Buffer.from(text));
}

function objectId(hex: string): Buffer {
  return value(0x06, Buffer.from(hex, "hex"));
}

const [SET, UTF8, OCTETS, BITS] = [0x31, 0x0c, 0x04, 0x03];
const [VERSION, EXTENSIONS, DNS_NAME] = [0xa0, 0xa3, 0x82];
const COMMON_NAME = objectId("550403");
const SUBJECT_ALT_NAME = objectId("551d11");
const ECDSA_WITH_SHA256 = sequence(objectId("2a8648ce3d040302"));
