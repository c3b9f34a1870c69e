// Admission: the first stream of a connection decides, within a deadline. Until then, nothing else is served.

import { createHash, timingSafeEqual } from "node:crypto";
import type { Session } from "@muxado/core";
import { TypedSession } from "@muxado/typed";
import { type Hello, HELLO, receive, type Refusal, send, type Welcome } from "./protocol.ts";

/** Time from the connection to the welcome, in milliseconds. */
const DEADLINE = 5000;

/**
 * Most connections that have not shown a token yet. A further one replaces the oldest. Agents show theirs at once,
 * so silent connections keep no agent out.
 */
const MAX_STRANGERS = 64;

/** Most of these connections from one address. A further one is dropped. */
const MAX_STRANGERS_OF_ONE = 8;

/**
 * Options of the relay's sessions. A stranger can make the relay hold as many windows as the stranger may have streams:
 * 64 strangers with 4 streams of 256 KiB are 64 MiB. An agent opens two streams: its hello and its heartbeat. In the
 * other direction, one agent may have a thousand visits at a time.
 */
export const agentLimits = { maxInboundStreams: 4, maxOutboundStreams: 1000 };

/** The reason for refusing an agent. The agent gets the message. */
export class Refused extends Error {
  readonly retry: boolean;

  constructor(message: string, retry: boolean) {
    super(message);
    this.retry = retry;
  }
}

/** Admits agents that know the token. */
export class Gate {
  readonly #token: Buffer;
  /** Sessions without a token, the oldest first, each with its address. */
  readonly #strangers: Map<Session, string> = new Map();

  constructor(token: string) {
    this.#token = digest(token);
  }

  /**
   * Resolves with the session of an agent that has shown the token and received what it asked for.
   *
   * @param address the address that the connection comes from.
   * @param admit gives the agent what it asks for, or throws a {@link Refused}.
   * @throws the reason if the agent is not admitted. Its session is closed, or about to be.
   */
  async pass(
    connection: Session,
    address: string,
    admit: (session: TypedSession, hello: Hello) => Promise<Welcome>,
  ): Promise<TypedSession> {
    const neighbours = [...this.#strangers.values()].filter((other) => other === address);
    if (neighbours.length >= MAX_STRANGERS_OF_ONE) {
      connection.destroy();
      throw new Refused("too many strangers from one address", true);
    }
    if (this.#strangers.size >= MAX_STRANGERS) {
      const [oldest] = this.#strangers.keys();
      this.#strangers.delete(oldest!);
      oldest!.destroy();
    }
    this.#strangers.set(connection, address);
    const session = new TypedSession(connection, { typeTimeout: DEADLINE, acceptBacklog: 4 });
    try {
      await this.#greet(session, admit, AbortSignal.timeout(DEADLINE));
    } catch (error) {
      // A refused agent gets a moment to read the reason.
      if (error instanceof Refused) await session.close({ timeout: 1000 });
      session.destroy();
      throw error;
    } finally {
      this.#strangers.delete(connection);
    }
    return session;
  }

  async #greet(
    session: TypedSession,
    admit: (session: TypedSession, hello: Hello) => Promise<Welcome>,
    signal: AbortSignal,
  ): Promise<void> {
    const stream = await session.accept({ signal });
    if (stream.type !== HELLO) throw new Error(`a stream of type ${stream.type} before the token`);
    const hello = (await receive(stream, signal)) as Partial<Record<keyof Hello, unknown>>;
    try {
      if (!this.#knows(hello.token)) throw new Refused("bad token", false);
      await send(stream, await admit(session, checkHello(hello)), signal);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const refusal: Refusal = { error: error.message, retry: error.retry };
      await send(stream, refusal, signal);
      throw error;
    }
  }

  /** Takes the same time for all tokens of a length, whether they are right, partly right or wrong. */
  #knows(token: unknown): boolean {
    return typeof token === "string" && timingSafeEqual(digest(token), this.#token);
  }
}

function digest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

function checkHello(hello: Partial<Record<keyof Hello, unknown>>): Hello {
  const { token, instance, name, port } = hello;
  const isGood =
    typeof token === "string" &&
    typeof instance === "string" &&
    (name === undefined || (typeof name === "string" && /^[a-z0-9.-]{1,253}$/.test(name))) &&
    (port === undefined || (Number.isInteger(port) && Number(port) >= 0));
  if (!isGood) throw new Refused("bad hello", false);
  return { token, instance, name, port: port as number | undefined };
}
