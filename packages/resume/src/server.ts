// The server's side: gives each connection to its session, and parks sessions whose connection is lost. Spec §3 and §8.

import { type Clock, systemClock, type Timer, type Transport } from "@muxado/core";
import { checkNumber, LONGEST_DELAY } from "@muxado/core/layers";
import { notResumed, refused } from "./errors.ts";
import { Greeting, unlessAborted } from "./greeting.ts";
import {
  decodeHello,
  encodeAnswer,
  haveSameSecret,
  type Hello,
  HELLO_LENGTH,
  nameOf,
  Status,
} from "./handshake.ts";
import { Resumable, type ResumableOptions, resumableOptions } from "./resumable.ts";

/** Options of a {@link ResumeServer}. */
export interface ResumeServerOptions {
  /**
   * Milliseconds that a session waits for another connection. Then it ends with TRANSPORT_FAILED. Default: 60 000;
   * Infinity: no limit.
   */
  readonly deadline?: number | undefined;
  /** Milliseconds that a connection has for its hello. Default: 10 000. */
  readonly handshakeTimeout?: number | undefined;
  /** Sessions that may wait for another connection at once. Default: 1 000. */
  readonly maxParked?: number | undefined;
  /** Bytes that these sessions may keep together. Default: 67 108 864. */
  readonly maxParkedBytes?: number | undefined;
  /**
   * Returns the owner of a session. If too many sessions wait, the owner of the most loses the one that has waited
   * longest. `connection` is what the server passes to `admit`: the socket, or the request of an upgrade. Default: the
   * remote address of the connection.
   */
  readonly ownerOf?: ((connection: unknown) => string) | undefined;
  /**
   * Bytes that a session may keep because the client has not confirmed them. At this limit, writes wait. Default:
   * 4 194 304.
   */
  readonly budget?: number | undefined;
  /** Milliseconds without input after which a client is asked for a sign. Default: 15 000; Infinity: never. */
  readonly pingInterval?: number | undefined;
  /** Milliseconds that this sign may take. Then the connection counts as lost. Default: 10 000. */
  readonly pingTimeout?: number | undefined;
  /** The source of time. Default: the platform's. */
  readonly clock?: Clock | undefined;
}

/** One session of the server. */
interface Entry {
  readonly token: Uint8Array;
  readonly owner: string;
  readonly transport: Resumable;
  attempt: number;
  /** Set while the session waits for another connection. */
  timer: Timer | undefined;
}

/** The sessions of a server that outlive their connections. Several servers may share one. */
export class ResumeServer {
  readonly #options: ResumableOptions;
  readonly #deadline: number;
  readonly #handshakeTimeout: number;
  readonly #maxParked: number;
  readonly #maxParkedBytes: number;
  readonly #ownerOf: (connection: unknown) => string;
  readonly #entries: Map<string, Entry> = new Map();
  /** The sessions that wait for another connection, in the order in which they lost the last one. */
  readonly #parked: Set<Entry> = new Set();

  /** @throws {RangeError} if an option is out of range; the message names the option. */
  constructor(options: ResumeServerOptions = {}) {
    const { clock = systemClock, deadline = 60_000, handshakeTimeout = 10_000 } = options;
    const { maxParked = 1_000, maxParkedBytes = 64 * 1024 * 1024 } = options;
    this.#options = resumableOptions(options, clock);
    this.#deadline = checkNumber("deadline", deadline, 0, Infinity);
    this.#handshakeTimeout = checkNumber("handshakeTimeout", handshakeTimeout, 1, LONGEST_DELAY);
    this.#maxParked = checkNumber("maxParked", maxParked, 0, Infinity);
    this.#maxParkedBytes = checkNumber("maxParkedBytes", maxParkedBytes, 0, Infinity);
    this.#ownerOf = options.ownerOf ?? addressOf;
  }

  /** The number of sessions that have not ended. */
  get sessions(): number {
    return this.#entries.size;
  }

  /** The number of sessions that wait for another connection. */
  get parked(): number {
    return this.#parked.size;
  }

  /** Bytes that the sessions keep that wait for another connection. */
  get parkedBytes(): number {
    let bytes = 0;
    for (const { transport } of this.#parked) bytes += transport.kept;
    return bytes;
  }

  /**
   * For the option `admit` of a server. Takes a connection, and resolves with the transport of a new session, or with
   * null if the connection has been given to the session that it belongs to. The function may be passed on by itself.
   *
   * @throws {MuxadoError} CONNECT_FAILED if the client says no hello in time, or one that does not fit its session. Its
   * session, if there is one, is not disturbed.
   */
  readonly admit = async (
    transport: Transport,
    connection?: unknown,
  ): Promise<Transport | null> => {
    const greeting = new Greeting(transport, HELLO_LENGTH);
    const stop = new AbortController();
    const late = refused(`no hello within ${this.#handshakeTimeout} ms`);
    const timer = this.#options.clock.setTimer(() => stop.abort(late), this.#handshakeTimeout);
    let hello: Hello | undefined;
    try {
      hello = decodeHello(await unlessAborted(greeting.heard, stop.signal, () => {}));
    } catch (error) {
      greeting.link.destroy();
      throw error;
    } finally {
      timer.cancel();
    }
    if (hello === undefined) return this.#refuse(greeting, Status.version);
    return this.#take(greeting, hello, connection);
  };

  /** Gives a connection to its session. Returns the transport of a new session. */
  #take(greeting: Greeting, hello: Hello, connection: unknown): Transport | null {
    const { token, attempt, received, isNew } = hello;
    const name = nameOf(token);
    const known = this.#entries.get(name);
    if (known === undefined && !isNew) return this.#refuse(greeting, Status.unknown);
    if (known !== undefined && !haveSameSecret(known.token, token)) {
      return this.#refuse(greeting, Status.unknown);
    }
    if (known !== undefined && attempt <= known.attempt)
      return this.#refuse(greeting, Status.stale);
    const entry = known ?? this.#begin(name, hello, connection);
    entry.attempt = attempt;
    if (!entry.transport.mayHave(received)) {
      if (known === undefined) entry.transport.destroy();
      return this.#refuse(greeting, Status.impossible);
    }
    this.#unpark(entry);
    const answer = encodeAnswer({ status: Status.ok, received: entry.transport.received });
    greeting.pass((link) => entry.transport.goOn(link, received, answer));
    return known === undefined ? entry.transport : null;
  }

  #begin(name: string, { token, attempt }: Hello, connection: unknown): Entry {
    const entry: Entry = {
      token,
      attempt,
      owner: this.#ownerOf(connection),
      transport: new Resumable(this.#options, {
        lost: (error) => this.#park(entry, error),
        gone: () => {
          this.#unpark(entry);
          this.#entries.delete(name);
        },
      }),
      timer: undefined,
    };
    this.#entries.set(name, entry);
    return entry;
  }

  /** Tells the client why, and throws it. */
  #refuse({ link }: Greeting, status: Status): never {
    link.send([encodeAnswer({ status, received: 0 })]);
    link.close(this.#options.clock);
    throw refused(REASONS[status]!);
  }

  /** Lets a session wait for another connection. */
  #park(entry: Entry, cause: unknown): void {
    const expire = (): void => {
      const detail = `the connection was lost, and no other came within ${this.#deadline} ms`;
      entry.transport.fail(notResumed(detail, cause));
    };
    this.#parked.add(entry);
    entry.timer =
      this.#deadline === Infinity
        ? undefined
        : this.#options.clock.setTimer(expire, Math.min(this.#deadline, LONGEST_DELAY));
    while (this.parked > this.#maxParked || this.parkedBytes > this.#maxParkedBytes) {
      this.#evict();
    }
  }

  #unpark(entry: Entry): void {
    this.#parked.delete(entry);
    entry.timer?.cancel();
  }

  /** Ends the session that has waited longest, among those of the owner of the most. */
  #evict(): void {
    const counts = new Map<string, number>();
    for (const { owner } of this.#parked) counts.set(owner, (counts.get(owner) ?? 0) + 1);
    const most = Math.max(...counts.values());
    for (const { owner, transport } of this.#parked) {
      if (counts.get(owner) === most) {
        return transport.fail(notResumed("too many sessions wait for another connection"));
      }
    }
  }
}

const REASONS: Readonly<Record<number, string>> = {
  [Status.unknown]:
    "the client has asked for a session that does not exist, or with a wrong secret",
  [Status.stale]: "the client has used the number of an attempt twice",
  [Status.impossible]: "the client claims to have received what was not sent, or has lost a part",
  [Status.version]: "the client does not speak this version of the protocol",
};

/** The remote address of a socket, or of the socket of an HTTP request. */
function addressOf(connection: unknown): string {
  const { remoteAddress, socket } = Object(connection) as {
    remoteAddress?: string;
    socket?: { remoteAddress?: string };
  };
  return remoteAddress ?? socket?.remoteAddress ?? "";
}
