// Certificates for tests, made when a test needs them: the repository has no keys, and no certificate in it can expire.
// This file has just enough of X.509 (RFC 5280) in DER for Node and OpenSSL to accept it.

import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIP } from "node:net";

/** A certificate and its private key, in the form that `tls` takes. */
export interface Credentials {
  readonly cert: string;
  readonly key: string;
}

/** The issuer of a certificate, with the key that signs it. */
export interface Authority extends Credentials {
  readonly name: string;
  readonly privateKey: KeyObject;
}

/**
 * Returns a certificate for `hosts`, signed by `issuer`. Without an issuer it signs itself, and can then issue others.
 */
export function certificate(hosts: readonly string[], issuer?: Authority): Authority {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const name = `test ${randomBytes(4).toString("hex")}`;
  const body = sequence(
    explicit(0, integer(Buffer.of(2))),
    integer(Buffer.concat([Buffer.of(1), randomBytes(8)])),
    ECDSA_WITH_SHA256,
    commonName(issuer?.name ?? name),
    sequence(generalizedTime("20000101000000Z"), generalizedTime("29991231235959Z")),
    commonName(name),
    publicKey.export({ type: "spki", format: "der" }),
    explicit(3, sequence(subjectAltName(hosts), ...(issuer === undefined ? [MAY_ISSUE] : []))),
  );
  const signature = sign("sha256", body, issuer?.privateKey ?? privateKey);
  const der = sequence(body, ECDSA_WITH_SHA256, tagged(0x03, Buffer.of(0), signature));
  return {
    name,
    privateKey,
    cert: `-----BEGIN CERTIFICATE-----\n${der.toString("base64")}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
  };
}

/** In the form of `getPeerCertificate().fingerprint256`. */
export function fingerprint({ cert }: Credentials): string {
  const der = Buffer.from(cert.split("\n")[1]!, "base64");
  const hex = createHash("sha256").update(der).digest("hex").toUpperCase();
  return hex.match(/../g)!.join(":");
}

/** Tag, length, value. */
function tagged(tag: number, ...parts: Uint8Array[]): Buffer {
  const value = Buffer.concat(parts);
  // DER requires the shortest form, and some TLS libraries are less tolerant than OpenSSL.
  const short =
    value.length < 0x80 ? [] : value.length < 0x100 ? [0x81] : [0x82, value.length >> 8];
  const length = [...short, value.length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...length), value]);
}

function sequence(...parts: Uint8Array[]): Buffer {
  return tagged(0x30, ...parts);
}

function explicit(number: number, part: Uint8Array): Buffer {
  return tagged(0xa0 + number, part);
}

function integer(bytes: Uint8Array): Buffer {
  return tagged(0x02, bytes);
}

function generalizedTime(text: string): Buffer {
  return tagged(0x18, Buffer.from(text));
}

function objectId(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, "hex"));
}

function commonName(name: string): Buffer {
  return sequence(tagged(0x31, sequence(objectId("550403"), tagged(0x0c, Buffer.from(name)))));
}

function subjectAltName(hosts: readonly string[]): Buffer {
  const names = hosts.map((host) =>
    isIP(host) === 4
      ? tagged(0x87, Buffer.from(host.split(".").map(Number)))
      : tagged(0x82, Buffer.from(host)),
  );
  return sequence(objectId("551d11"), tagged(0x04, sequence(...names)));
}

const ECDSA_WITH_SHA256 = sequence(objectId("2a8648ce3d040302"));

/** basicConstraints: critical, and a certificate authority. */
const MAY_ISSUE = sequence(
  objectId("551d13"),
  tagged(0x01, Buffer.of(0xff)),
  tagged(0x04, sequence(tagged(0x01, Buffer.of(0xff)))),
);
