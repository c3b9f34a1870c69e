// Over a session: each connection is a stream, which the other side gives to the target.

import type { Socket } from "node:net";
import type { Session } from "@muxado/core";
import { connect, createServer, type Server } from "@muxado/node";
import { HOST, type Link } from "./link.ts";
import { listenersOf, noneLeft } from "./leftovers.ts";
import type { Target } from "./target.ts";
import type { StreamSource } from "@muxado/node";

/** Milliseconds that a session has for its end: those that use it have ended by then. */
const GRACE = 1000;

/** What the server has of a session: the socket beneath, and the listeners it had at first. */
interface FarEnd {
  readonly session: Session;
  readonly socket: Socket;
  readonly listeners: readonly string[];
}

/** The present session, and the server that it leads to. */
export class SessionLink implements Link {
  readonly kind = "session";
  readonly host = HOST;
  /** Nobody listens there. */
  readonly port = 1;
  readonly source: StreamSource = () => this.#session;
  readonly #target: Target;
  readonly #server: Server;
  #session!: Session;
  /** The server's end of it. */
  #far!: FarEnd;
  #onFarEnd: (far: FarEnd) => void = () => {};

  private constructor(target: Target) {
    this.#target = target;
    this.#server = createServer(async (session, socket) => {
      // Not yet: the server has not attached its own.
      setImmediate(() => this.#onFarEnd({ session, socket, listeners: listenersOf(socket) }));
      await this.#target.serve(session);
    });
  }

  static async open(target: Target): Promise<SessionLink> {
    const link = new SessionLink(target);
    await link.#server.listen({ host: HOST, port: 0 });
    await link.restore();
    return link;
  }

  cut(): void {
    this.#target.cut();
  }

  async lose(): Promise<void> {
    this.#far.socket.resetAndDestroy();
    await Promise.all([this.#session.closed, this.#far.session.closed]);
  }

  async restore(): Promise<void> {
    const far = new Promise<FarEnd>((resolve) => {
      this.#onFarEnd = resolve;
    });
    this.#session = await connect({ host: HOST, port: this.#server.port! });
    this.#far = await far;
  }

  async close(): Promise<string> {
    const { session: far, socket, listeners } = this.#far;
    for (const session of [this.#session, far]) {
      await noneLeft(() => {
        const { openStreams } = session.stats();
        return openStreams > 0 ? [`${openStreams} streams`] : [];
      });
    }
    await noneLeft(() => listenersOf(socket).filter((one) => !listeners.includes(one)));
    await this.#session.close({ timeout: GRACE });
    const { localError, remoteError } = await this.#session.closed;
    await this.#server.close({ timeout: GRACE });
    if (localError ?? remoteError) throw localError ?? remoteError;
    // How streams of this session were given up, by either side.
    const { resetsSent, resetsReceived } = far.stats();
    const resets = Object.entries({ ...resetsReceived, ...resetsSent });
    return resets.map(([code, count]) => `${count} × ${code}`).join(", ");
  }
}
