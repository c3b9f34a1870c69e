// The base of all compliance tests: a way to connect, and a test that cleans up after itself.

import type { Session, SessionOptions, Wire } from "@muxado/core";
import { it } from "vitest";
import type { WireUnderTest } from "../dialect.ts";

/** Options for the two sessions of one test. */
export interface ConnectOptions {
  readonly client?: SessionOptions;
  readonly server?: SessionOptions;
}

/** Two sessions that are each other's peers. Disposing gives up both, in any state. */
export interface ConnectedSessions {
  readonly client: Session;
  readonly server: Session;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The two sessions of one test. Disposing gives up both, and then calls `close`. */
export function disposable(
  client: Session,
  server: Session,
  close = async (): Promise<void> => {},
): ConnectedSessions {
  return {
    client,
    server,
    async [Symbol.asyncDispose]() {
      client.destroy();
      server.destroy();
      await Promise.all([client.closed, server.closed]);
      await close();
    },
  };
}

/** The facts about the implementation under test. */
export interface SessionsUnderTest {
  /** The title of the suite: the kind of connection that carries the sessions. */
  readonly name: string;
  /** Connects two new sessions. Their wire is among the options. */
  readonly connect: (options: ConnectOptions) => Promise<ConnectedSessions>;
  /** Whether `open` alone puts bytes on a stream, so that the stream counts as sent at once. Default: false. */
  readonly openWrites?: boolean;
}

/** The body of one test. */
export type Body = (sessions: ConnectedSessions) => Promise<void>;

/** Tests of one implementation on one wire. */
export class Harness {
  readonly resetHasCode: boolean;
  readonly goAwayHasDebug: boolean;
  readonly goAwayHasAnyCode: boolean;
  readonly openWrites: boolean;
  readonly #connect: SessionsUnderTest["connect"];
  readonly #wire: Wire;

  constructor(sessions: SessionsUnderTest, wire: WireUnderTest) {
    this.#connect = sessions.connect;
    this.#wire = wire.wire;
    this.resetHasCode = wire.resetHasCode;
    this.goAwayHasDebug = wire.goAwayHasDebug;
    this.goAwayHasAnyCode = wire.goAwayHasAnyCode;
    this.openWrites = sessions.openWrites ?? false;
  }

  /** One test, with its own sessions. */
  readonly it = (title: string, body: Body, options: ConnectOptions = {}): void => {
    it(title, () => this.#run(body, options));
  };

  /** One test, with two connections of its own. */
  readonly itTwice = (
    title: string,
    body: (one: ConnectedSessions, other: ConnectedSessions) => Promise<void>,
  ): void => {
    it(title, () => this.#run((one) => this.#run((other) => body(one, other))));
  };

  async #run(body: Body, { client, server }: ConnectOptions = {}): Promise<void> {
    const wire = this.#wire;
    const sessions = await this.#connect({
      client: { wire, ...client },
      server: { wire, ...server },
    });
    try {
      await body(sessions);
    } finally {
      await sessions[Symbol.asyncDispose]();
    }
  }
}
