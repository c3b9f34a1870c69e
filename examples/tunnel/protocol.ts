// What relay and agent have agreed on: the types of their streams, and how an agent gets in.

import type { TypedStream } from "@muxado/typed";

/**
 * The agent's first stream, and its only one: it sends a {@link Hello} and half-closes, back comes a {@link Welcome}
 * or a {@link Refusal}, and the end. Until then the relay takes nothing else.
 */
export const HELLO = 1;

/**
 * A stream of the relay's for each visitor: from here on, the bytes are the visitor's and the local service's. It is
 * refused if the service takes no connection.
 */
export const VISIT = 2;

/** An empty stream of the relay's: it is about to go, and the agent had better dial again, while its visitors finish. */
export const LEAVING = 3;

/** Who the agent is, and what it wants. */
export interface Hello {
  readonly token: string;
  /** Random, and the same as long as the agent runs: one that comes back takes the place of its lost self. */
  readonly instance: string;
  /** Visitors come by this host name. */
  readonly name?: string | undefined;
  /** Visitors come by this port; 0 for a free one, if the relay allows that. */
  readonly port?: number | undefined;
}

/** The agent is in. */
export interface Welcome {
  readonly name?: string | undefined;
  readonly port?: number | undefined;
}

/** It is not. The relay closes the session. */
export interface Refusal {
  readonly error: string;
  /** Whether it may be otherwise later. */
  readonly retry: boolean;
}

/** Far more than a message needs, and far less than a stranger may cost. In bytes. */
const LONGEST_MESSAGE = 4096;

/** The message that `stream` carries until its end: a JSON object, with whatever the sender put into it. */
export async function receive(stream: TypedStream, signal: AbortSignal): Promise<object> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const chunk = await stream.read({ signal });
    if (chunk === null) break;
    length += chunk.length;
    if (length > LONGEST_MESSAGE) throw new Error("the message is too long");
    chunks.push(chunk);
  }
  const message: unknown = JSON.parse(Buffer.concat(chunks).toString());
  if (typeof message !== "object" || message === null) throw new Error("the message is no object");
  return message;
}

/** Sends `message`, and half-closes. */
export async function send(
  stream: TypedStream,
  message: Hello | Welcome | Refusal,
  signal: AbortSignal,
): Promise<void> {
  await stream.write(Buffer.from(JSON.stringify(message)), { signal });
  await stream.closeWrite({ signal });
}
