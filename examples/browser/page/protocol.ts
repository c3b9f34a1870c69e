// What page and server have agreed on: the types of their streams, and how a message travels on one.

import type { Stream } from "@muxado/core";

/** The page sends {@link Said}; back comes an empty message when everybody has been told. */
export const SAY = 1;

/** The server sends {@link Said}: somebody has said something. */
export const HEARD = 2;

/** The page sends {@link Header} as a line, and then the bytes; back comes {@link Receipt}. */
export const UPLOAD = 3;

/** Whatever the page sends comes back, until it half-closes: a message of ordinary urgency, to be measured. */
export const ECHO = 4;

/** The server sends {@link News}. */
export const NEWS = 5;

/** The page sends {@link Wish}: the server is to open streams of type {@link GIFT}. Back comes an empty message. */
export const WISH = 6;

/** The server sends some bytes, whatever they are. */
export const GIFT = 7;

/** What a stream of each type is called, for people. */
export const NAMES: Readonly<Record<number, string>> = {
  [SAY]: "chat",
  [HEARD]: "chat",
  [UPLOAD]: "upload",
  [ECHO]: "echo",
  [NEWS]: "news",
  [WISH]: "gift",
  [GIFT]: "gift",
};

/** What an upload is reset with that is longer than the server takes. Numbers from 256 on are the application's. */
export const TOO_LONG = 256;

/** Somebody says something. */
export interface Said {
  /** Random, and the same if the message is sent again: whoever has it already takes no notice. */
  readonly key: string;
  readonly name: string;
  readonly text: string;
}

/** What is to come. */
export interface Header {
  /** Bytes in a second that the server takes; 0 for as many as come. */
  readonly pace: number;
}

/** What has come. */
export interface Receipt {
  readonly bytes: number;
  readonly checksum: number;
}

/** How the server is doing. */
export interface News {
  /** Sessions of the moment. */
  readonly pages: number;
  /** Uploads of the moment. */
  readonly uploads: number;
}

/** So many streams. */
export interface Wish {
  readonly streams: number;
}

/** Far more than a message needs, and far less than a stranger may cost. In bytes. */
const LONGEST_MESSAGE = 16 * 1024;

/** Sends `message`, and half-closes. */
export async function send(stream: Stream, message: object): Promise<void> {
  // Both in one turn, so that they leave together.
  const written = stream.write(encode(message));
  await Promise.all([written, stream.closeWrite()]);
}

/** The message that `stream` carries until its end. */
export async function receive(stream: Stream): Promise<Fields> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > LONGEST_MESSAGE) throw new Error("the message is too long");
  }
  return new Fields(text);
}

/** A message as bytes. */
export function encode(message: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(message));
}

/** What a message says. Whoever sent it may have put anything into it, so each field is asked for by its kind. */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;

  /** @throws {Error} if `text` is not a JSON object. */
  constructor(text: string) {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) throw new Error("the message is no object");
    this.#values = { ...value };
  }

  /** A text of 1 to `longest` characters. */
  text(name: string, longest: number): string {
    const value = this.#values[name];
    if (typeof value === "string" && value.length > 0 && value.length <= longest) return value;
    throw new Error(`${name} must be a text of 1 to ${longest} characters`);
  }

  /** A whole number from 0 to `most`. */
  number(name: string, most: number): number {
    const value = this.#values[name];
    if (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= most) {
      return Number(value);
    }
    throw new Error(`${name} must be a whole number from 0 to ${most}`);
  }
}

/** {@link Said}, out of a message. */
export function said(fields: Fields): Said {
  const [key, name] = [fields.text("key", 64), fields.text("name", 64)];
  return { key, name, text: fields.text("text", 2000) };
}
