// The protocol of page and server: the types of their streams, and the form of a message on a stream.

import type { Stream } from "@muxado/core";

/** The page sends {@link Said}. The server answers with an empty message when it has told all other pages. */
export const SAY = 1;

/** The server sends {@link Said}: somebody has written a message. */
export const HEARD = 2;

/** The page sends {@link Header} as a line, then the bytes. The server answers with {@link Receipt}. */
export const UPLOAD = 3;

/** The server sends back every byte until the page half-closes. The page measures messages of ordinary urgency. */
export const ECHO = 4;

/** The server sends {@link News}. */
export const NEWS = 5;

/** The page sends {@link Wish}: it asks for streams of type {@link GIFT}. The server answers with an empty message. */
export const WISH = 6;

/** The server sends some bytes of any value. */
export const GIFT = 7;

/** The name of each type of stream, for people. */
export const NAMES: Readonly<Record<number, string>> = {
  [SAY]: "chat",
  [HEARD]: "chat",
  [UPLOAD]: "upload",
  [ECHO]: "echo",
  [NEWS]: "news",
  [WISH]: "gift",
  [GIFT]: "gift",
};

/** The server resets an upload with this code if it is too long. Codes from 256 on belong to the application. */
export const TOO_LONG = 256;

/** A chat message. */
export interface Said {
  /** A random key. It stays the same if the message is sent again, so a receiver that has the message ignores it. */
  readonly key: string;
  readonly name: string;
  readonly text: string;
}

/** The first line of an upload. */
export interface Header {
  /** Bytes in a second that the server takes; 0 for no limit. */
  readonly pace: number;
}

/** The answer to an upload: the number of bytes that have arrived, and their checksum. */
export interface Receipt {
  readonly bytes: number;
  readonly checksum: number;
}

/** The state of the server. */
export interface News {
  /** Present number of sessions. */
  readonly pages: number;
  /** Present number of uploads. */
  readonly uploads: number;
}

/** Asks for this many streams. */
export interface Wish {
  readonly streams: number;
}

/** Far more than a message needs, and far less memory than a stranger may cost. In bytes. */
const LONGEST_MESSAGE = 16 * 1024;

/** Sends `message`, then half-closes. */
export async function send(stream: Stream, message: object): Promise<void> {
  // Both in one turn, so they leave together.
  const written = stream.write(encode(message));
  await Promise.all([written, stream.closeWrite()]);
}

/** Reads `stream` to its end. Resolves with its message. */
export async function receive(stream: Stream): Promise<Fields> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > LONGEST_MESSAGE) throw new Error("the message is too long");
  }
  return new Fields(text);
}

/** Returns a message as bytes. */
export function encode(message: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(message));
}

/** The fields of a message. Its sender may have put anything into it, so each access checks the type of a field. */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;

  /** @throws {Error} if `text` is not a JSON object. */
  constructor(text: string) {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) throw new Error("the message is no object");
    this.#values = { ...value };
  }

  /** Returns a text of 1 to `longest` characters. */
  text(name: string, longest: number): string {
    const value = this.#values[name];
    if (typeof value === "string" && value.length > 0 && value.length <= longest) return value;
    throw new Error(`${name} must be a text of 1 to ${longest} characters`);
  }

  /** Returns a whole number from 0 to `most`. */
  number(name: string, most: number): number {
    const value = this.#values[name];
    if (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= most) {
      return Number(value);
    }
    throw new Error(`${name} must be a whole number from 0 to ${most}`);
  }
}

/** Returns the {@link Said} of a message. */
export function said(fields: Fields): Said {
  const [key, name] = [fields.text("key", 64), fields.text("name", 64)];
  return { key, name, text: fields.text("text", 2000) };
}
