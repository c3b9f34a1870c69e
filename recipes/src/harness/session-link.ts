// A link over a session: each connection is a stream, which the other side passes to the target.

import type { Socket } from "node:net";
import type { Session } from "@muxado/core";
import { connect, createServer, type Server } from "@muxado/node";
import { HOST, type Link } from "./link.ts";
import { listenersOf, noneLeft } from "./leftovers.ts";
import type { Target } from "./target.ts";
import type { StreamSource } from "@muxado/node";

/** Time for a session to end, in milliseconds. All its users have ended by then. */
const GRACE = 1000;

/** The server's view of a session: the session, the socket beneath it, and the first listeners of the socket. */
interface FarEnd {
  readonly session: Session;
  readonly socket: Socket;
  readonly listeners: readonly string[];
}

/** The present session, and the server at its other end. */
export class SessionLink implements Link {
  readonly kind = "session";
  readonly host = HOST;
  /** Nothing listens on this port. */
  readonly port = 1;
  readonly source: StreamSource = () => this.#session;
  readonly #target: Target;
  readonly #server: Server;
  #session!: Session;
  /** The server's end of the session. */
  #far!: FarEnd;
  #onFarEnd: (far: FarEnd) => void = () => {};

  private constructor(target: Target) {
    this.#target = target;
    this.#server = createServer(async (session, socket) => {
      // Later, because the server has not added its own listeners yet.
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
    // The streams of this session that either side has reset, by code.
    const { resetsSent, resetsReceived } = far.stats();
    const resets = Object.entries({ ...resetsReceived, ...resetsSent });
    return resets.map(([code, count]) => `${count} × ${code}`).join(", ");
  }
}
