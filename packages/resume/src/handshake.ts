// The two messages with which a connection begins: the client's hello and the server's answer. Spec §3.

/** "MXR" and the version of the protocol. */
const MAGIC = 0x4d585201;

/** Bytes of the name and of the secret of a session. */
const HALF = 16;

/** Bytes of a token: the name of a session, which the server looks it up by, and its secret. */
export const TOKEN_LENGTH: number = 2 * HALF;

/** Bytes of a hello. */
export const HELLO_LENGTH = 52;
/** Bytes of an answer. */
export const ANSWER_LENGTH = 16;

/** The client's first message on a connection. */
export interface Hello {
  /** Whether the client has never had an answer for this session, so the server may make it. */
  readonly isNew: boolean;
  /** The name and the secret of the session. */
  readonly token: Uint8Array;
  /** The number of this attempt. Each attempt of a session has a higher number than the one before. */
  readonly attempt: number;
  /** Units of the server's direction that the client has received. */
  readonly received: number;
}

/** The server's answer to a hello. */
export const Status = {
  /** The session goes on, or has begun. */
  ok: 0,
  /** The server has no such session, or the secret is wrong. */
  unknown: 1,
  /** An attempt with this number, or a higher one, has come before. */
  stale: 2,
  /** The numbers of the hello are not possible for this session. */
  impossible: 3,
  /** The server does not speak this version. */
  version: 4,
} as const;
/** A value of {@link Status}. */
export type Status = (typeof Status)[keyof typeof Status];

/** The server's first message on a connection. */
export interface Answer {
  readonly status: Status;
  /** Units of the client's direction that the server has received. */
  readonly received: number;
}

/** Returns the bytes of a hello. */
export function encodeHello({ isNew, token, attempt, received }: Hello): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HELLO_LENGTH);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC);
  bytes[4] = isNew ? 0 : 1;
  bytes.set(token, 8);
  view.setUint32(8 + TOKEN_LENGTH, attempt);
  setUnits(view, 12 + TOKEN_LENGTH, received);
  return bytes;
}

/** Returns the hello in `bytes`, or undefined if they are no hello of this version. */
export function decodeHello(bytes: Uint8Array): Hello | undefined {
  const view = viewOf(bytes);
  if (view.getUint32(0) !== MAGIC || bytes[4]! > 1) return undefined;
  return {
    isNew: bytes[4] === 0,
    token: bytes.slice(8, 8 + TOKEN_LENGTH),
    attempt: view.getUint32(8 + TOKEN_LENGTH),
    received: getUnits(view, 12 + TOKEN_LENGTH),
  };
}

/** Returns the bytes of an answer. */
export function encodeAnswer({ status, received }: Answer): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(ANSWER_LENGTH);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC);
  bytes[4] = status;
  setUnits(view, 8, received);
  return bytes;
}

/** Returns the answer in `bytes`, or undefined if they are no answer of any version. */
export function decodeAnswer(bytes: Uint8Array): Answer | undefined {
  const view = viewOf(bytes);
  // Another version answers with its own number.
  if (view.getUint32(0) >>> 8 !== MAGIC >>> 8) return undefined;
  if (view.getUint32(0) !== MAGIC) return { status: Status.version, received: 0 };
  return { status: bytes[4] as Status, received: getUnits(view, 8) };
}

/** Returns the name of a session as a key of a Map. */
export function nameOf(token: Uint8Array): string {
  return String.fromCharCode(...token.subarray(0, HALF));
}

/** Returns whether two tokens have the same secret, in a time that does not depend on the bytes. */
export function haveSameSecret(one: Uint8Array, other: Uint8Array): boolean {
  let difference = 0;
  for (let at = HALF; at < TOKEN_LENGTH; at++) difference |= one[at]! ^ other[at]!;
  return difference === 0;
}

/** Writes a number of units as 64 bits. */
export function setUnits(view: DataView, at: number, units: number): void {
  view.setUint32(at, Math.floor(units / 2 ** 32));
  view.setUint32(at + 4, units >>> 0);
}

/** Reads a number of units of 64 bits. Numbers that are not exact become larger than every possible one. */
export function getUnits(view: DataView, at: number): number {
  return view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
