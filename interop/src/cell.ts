// One cell of the matrix: a scenario against one peer in one role. It starts all that the scenario needs, keeps the
// log, and ends everything that was started.

import { once } from "node:events";
import { type AddressInfo, connect as dial, createServer as listen, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Role, Session, SessionOptions, TracedFrame } from "@muxado/core";
import { connect, createServer } from "@muxado/node";
import { type YamuxOptions, yamux } from "@muxado/yamux";
import { CellLog } from "./cell-log.ts";
import { PeerProcess, type Report } from "./peer-process.ts";
import type { Peer } from "./peers.ts";
import { Proxy } from "./proxy.ts";
import { RawFrames } from "./raw-frames.ts";
import { RawYamux } from "./raw-yamux.ts";
import { type PeerOptions, RemoteSession } from "./remote-session.ts";

/** The requirements of a scenario for a connection. */
export interface Setup {
  /** Options of our session. */
  readonly session?: SessionOptions;
  /** Options of our wire, if the peer speaks yamux. */
  readonly yamux?: YamuxOptions;
  readonly peer?: PeerOptions;
  /** Whether the connection uses TLS. */
  readonly tls?: boolean;
  /** The proxy between both sides. */
  readonly proxy?: Proxy;
}

/** A session of ours, and the peer's session at the other end. */
export interface Connection {
  readonly session: Session;
  readonly remote: RemoteSession;
}

const HOST = "127.0.0.1";

/** Milliseconds that anything that was started may take to end. */
const END_TIMEOUT = 60_000;

export class Cell {
  readonly name: string;
  readonly peer: Peer;
  /** Our role; the peer has the other. */
  readonly role: Role;
  readonly log: CellLog = new CellLog();
  readonly #cleanups: (() => unknown)[] = [];

  constructor(name: string, peer: Peer, role: Role) {
    this.name = name;
    this.peer = peer;
    this.role = role;
  }

  /** Calls `cleanup` when the cell ends. */
  defer(cleanup: () => unknown): void {
    this.#cleanups.push(cleanup);
  }

  /** Connects a session of ours, over TCP or TLS, with a new process of the peer. */
  async connect(setup: Setup = {}): Promise<Connection> {
    const trace = (frame: TracedFrame): void => {
      this.log.frame(frame);
      setup.session?.trace?.(frame);
    };
    const wire = this.peer.wire === "yamux" && { wire: yamux(setup.yamux) };
    const options = { ...setup.session, ...wire, trace };
    const { session, process } = await (this.role === "client"
      ? this.#dial(options, setup)
      : this.#listen(options, setup));
    this.defer(async () => {
      session.destroy();
      await session.closed;
    });
    await process.next(({ report }) => report === "connected");
    return { session, remote: new RemoteSession(process) };
  }

  /** Connects the same peer with frames alone at our end. */
  async connectRaw(options: PeerOptions = {}): Promise<{ raw: RawFrames; remote: RemoteSession }> {
    const { socket, process } = await this.#connectSocket(options);
    const raw = new RawFrames(socket, this.log);
    await process.next(({ report }) => report === "connected");
    return { raw, remote: new RemoteSession(process) };
  }

  /** Does the same with a peer that speaks yamux. */
  async connectRawYamux(
    options: PeerOptions = {},
  ): Promise<{ raw: RawYamux; remote: RemoteSession }> {
    const { socket, process } = await this.#connectSocket(options);
    const raw = new RawYamux(socket, this.log);
    await process.next(({ report }) => report === "connected");
    return { raw, remote: new RemoteSession(process) };
  }

  async #connectSocket(options: PeerOptions): Promise<{ socket: Socket; process: PeerProcess }> {
    let socket: Socket;
    let process: PeerProcess;
    if (this.role === "client") {
      process = this.#start("server", `${HOST}:0`, options);
      const { port } = await listening(process);
      socket = dial({ port, host: HOST, allowHalfOpen: true });
      await once(socket, "connect");
    } else {
      const server = listen({ allowHalfOpen: true }).listen(0, HOST);
      this.defer(() => server.close());
      await once(server, "listening");
      process = this.#start("client", `${HOST}:${(server.address() as AddressInfo).port}`, options);
      [socket] = (await once(server, "connection")) as [Socket];
    }
    this.defer(() => socket.destroy());
    return { socket: socket.setNoDelay(true), process };
  }

  /** A stream id that we may open: the `n`th id of our role, counted from 0. */
  id(n: number): number {
    return this.#firstId(this.role) + 2 * n;
  }

  /** The `n`th stream id of the peer's role. */
  theirId(n: number): number {
    return this.#firstId(this.role === "client" ? "server" : "client") + 2 * n;
  }

  #firstId(role: Role): number {
    if (role === "server") return 2;
    return this.peer.wire === "yamux" ? 1 : 3;
  }

  /** Ends everything. @throws {Error} if something does not end. */
  async end(): Promise<void> {
    // All in parallel, because our session may wait for the peer's process to hang up.
    const endings = this.#cleanups.splice(0).map((cleanup) => cleanup());
    await within(END_TIMEOUT, Promise.all(endings), "ending what the cell has started");
  }

  async #dial(options: SessionOptions, { peer, proxy, tls }: Setup): Promise<Started> {
    const process = this.#start("server", `${HOST}:0`, { ...peer, tls: tls ?? false });
    const { port, certificate } = await listening(process);
    const session = await connect({
      ...options,
      host: HOST,
      port: await this.#through(proxy, "us", port),
      tls: certificate === undefined ? false : { ca: certificate, servername: "localhost" },
    });
    return { session, process };
  }

  async #listen(options: SessionOptions, { peer, proxy, tls }: Setup): Promise<Started> {
    const identity = tls ? await this.#newCertificate() : undefined;
    const session = deferred<Session>();
    const server = createServer({ ...options, ...(identity && { tls: identity }) }, (accepted) =>
      session.resolve(accepted),
    );
    this.defer(() => server.close({ timeout: 0 }));
    await server.listen({ port: 0, host: HOST });
    const port = await this.#through(proxy, "peer", (server.address as AddressInfo).port);
    const process = this.#start("client", `${HOST}:${port}`, {
      ...peer,
      ...(identity && { tls: true, authority: identity.cert }),
    });
    return { session: await session.promise, process };
  }

  async #through(proxy: Proxy | undefined, dialer: "us" | "peer", port: number): Promise<number> {
    if (proxy === undefined) return port;
    this.defer(() => proxy.end());
    return proxy.start(dialer, port);
  }

  async #newCertificate(): Promise<{ cert: string; key: string }> {
    const process = new PeerProcess(this.peer, [this.name, "certificate"], this.log);
    const { certificate, key } = await process.next(({ report }) => report === "certificate");
    return { cert: certificate as string, key: key as string };
  }

  #start(role: Role, address: string, options: PeerOptions): PeerProcess {
    const args = [this.name, role, address, JSON.stringify({ ...options, wire: this.peer.wire })];
    const process = new PeerProcess(this.peer, args, this.log);
    this.defer(() => process.end());
    return process;
  }
}

interface Started {
  readonly session: Session;
  readonly process: PeerProcess;
}

async function listening(process: PeerProcess): Promise<{ port: number; certificate?: string }> {
  const report: Report = await process.next((next) => next.report === "listening");
  return report as unknown as { port: number; certificate?: string };
}

/** Resolves like `promise`, which must settle within `timeout` milliseconds. */
export async function within<T>(timeout: number, promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${timeout} ms`)), timeout);
  });
  try {
    return await Promise.race([promise, expired]);
  } finally {
    clearTimeout(timer);
  }
}

/** Checks that `operation` has not settled after so many milliseconds. It may settle later. */
export async function stillWaits(operation: Promise<unknown>, milliseconds = 200): Promise<void> {
  const settled = operation.then(
    (value) => `it settled with ${JSON.stringify(value)}`,
    (error: unknown) => `it failed with ${String(error)}`,
  );
  const outcome = await Promise.race([settled, sleep(milliseconds)]);
  if (outcome !== undefined) throw new Error(outcome);
}

/** Waits until `condition` returns true. If it never does, the deadline of the cell ends the wait. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(1);
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}
