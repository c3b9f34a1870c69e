// The protocol of relay and agent: the types of their streams, and how an agent is admitted.

import type { TypedStream } from "@muxado/typed";

/**
 * The agent's first stream. The agent sends a {@link Hello} and half-closes. The relay sends a {@link Welcome} or
 * a {@link Refusal}, and half-closes. Until then the relay takes no other stream.
 */
export const HELLO = 1;

/**
 * A stream that the relay opens for each visitor. It carries only the bytes of the visitor and the local service. The
 * agent resets it with STREAM_REFUSED if the service takes no connection.
 */
export const VISIT = 2;

/** An empty stream of the relay's: the relay will soon stop. The agent should dial again while its visitors finish. */
export const LEAVING = 3;

/** Identifies the agent, and contains its requests. */
export interface Hello {
  readonly token: string;
  /** Random, and the same as long as the agent runs. An agent that comes back replaces its lost session. */
  readonly instance: string;
  /** The host name that visitors use. */
  readonly name?: string | undefined;
  /** The port that visitors use; 0 for a free port, if the relay allows that. */
  readonly port?: number | undefined;
}

/** The agent is admitted. */
export interface Welcome {
  readonly name?: string | undefined;
  readonly port?: number | undefined;
}

/** The agent is not admitted. The relay closes the session. */
export interface Refusal {
  readonly error: string;
  /** Whether a later attempt may succeed. */
  readonly retry: boolean;
}

/** Far more than a message needs, and far less memory than a stranger may cost. In bytes. */
const LONGEST_MESSAGE = 4096;

/** Reads `stream` to its end. Resolves with its message: a JSON object, in which the sender may have put anything. */
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

/** Sends `message`, then half-closes. */
export async function send(
  stream: TypedStream,
  message: Hello | Welcome | Refusal,
  signal: AbortSignal,
): Promise<void> {
  await stream.write(Buffer.from(JSON.stringify(message)), { signal });
  await stream.closeWrite({ signal });
}
