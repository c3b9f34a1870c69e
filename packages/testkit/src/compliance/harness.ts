// What every concern of the compliance suite stands on: a way to connect, and a test that cleans up behind it.

import type { Session, SessionOptions } from "@muxado/core";
import { it } from "vitest";

/** Options for the two sessions of one test. */
export interface ConnectOptions {
  readonly client?: SessionOptions;
  readonly server?: SessionOptions;
}

/** Two sessions that are each other's peers. Disposing gives up both, whatever state they are in. */
export interface ConnectedSessions {
  readonly client: Session;
  readonly server: Session;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What the suite is told about the implementation under test. */
export interface SessionsUnderTest {
  /** The title of the suite: which wire over which transport. */
  readonly name: string;
  /** Connects two new sessions. */
  readonly connect: (options?: ConnectOptions) => Promise<ConnectedSessions>;
  /** Whether the wire's reset says why. Default: true. */
  readonly resetHasCode?: boolean;
  /** Whether the wire's GOAWAY carries debug data. Default: true. */
  readonly goAwayHasDebug?: boolean;
  /** Whether `open` alone puts bytes on a stream, so that it counts as sent at once. Default: false. */
  readonly openWrites?: boolean;
}

/** The body of one test. */
export type Body = (sessions: ConnectedSessions) => Promise<void>;

/** Tests of one implementation. */
export class Harness {
  readonly resetHasCode: boolean;
  readonly goAwayHasDebug: boolean;
  readonly openWrites: boolean;
  readonly #connect: SessionsUnderTest["connect"];

  constructor(sessions: SessionsUnderTest) {
    this.#connect = sessions.connect;
    this.resetHasCode = sessions.resetHasCode ?? true;
    this.goAwayHasDebug = sessions.goAwayHasDebug ?? true;
    this.openWrites = sessions.openWrites ?? false;
  }

  /** One test, with sessions of its own. */
  readonly it = (title: string, body: Body, options?: ConnectOptions): void => {
    it(title, async () => {
      const sessions = await this.#connect(options);
      try {
        await body(sessions);
      } finally {
        await sessions[Symbol.asyncDispose]();
      }
    });
  };
}
