// Our own peers, with default options unless the name says tuned. They use either of our wires, all carriers of
// sessions, and every way in which an application can use a stream.

import type { Session, SessionOptions } from "@muxado/core";
import { yamux } from "@muxado/yamux";
import { LOOPBACK, type NodePeer } from "../peer.ts";
import { type ServerKind, serverKindOf, type Workload } from "../workload.ts";
import { type Carrier, type CarrierOptions, overTcp, overTls, overWebSocket } from "./carriers.ts";
import type { Face } from "./face.ts";
import { callbacks } from "./muxado-callbacks.ts";
import { duplexes } from "./muxado-duplexes.ts";
import { into, relayed } from "./muxado-into.ts";
import { promises, readingPromises } from "./muxado-promises.ts";
import { webStreams } from "./muxado-web-streams.ts";

export const muxado: NodePeer = peer({
  name: "muxado",
  description: "@muxado/node: promises and async iteration, default options",
});

/** An idle stream costs less while no read waits for its next bytes. Most servers do have such a read. */
export const muxadoReading: NodePeer = peer({
  name: "muxado-reading",
  description: "the same, with a read() pending on each idle stream",
  face: readingPromises,
});

/** On the same wire as the other Yamux peers. */
export const muxadoYamux: NodePeer = peer({
  name: "yamux",
  description: "@muxado/node on the wire of @muxado/yamux, otherwise as muxado",
  supports: ({ kind }) => kind !== "echo",
  options: { wire: yamux() },
});

/** As Duplexes of Node, with events: for programs that were written for sockets. */
export const muxadoDuplex: NodePeer = peer({
  name: "muxado-duplex",
  description: "@muxado/node's toDuplex: events, default options",
  idleStreams: 20_000,
  face: duplexes,
});

export const muxadoNonblocking: NodePeer = peer({
  name: "muxado-nonblocking",
  description: "@muxado/node without promises: take, offer and observe",
  face: callbacks,
});

export const muxadoInto: NodePeer = peer({
  name: "muxado-into",
  description: "muxado with readInto: each reader brings one view for all of its reads",
  face: into,
});

export const muxadoRelay: NodePeer = peer({
  name: "muxado-relay",
  description: "muxado-into behind a relay that joins each two streams by core's relay()",
  supports: ({ kind }) => kind === "relay",
  face: relayed,
});

export const muxadoWeb: NodePeer = peer({
  name: "muxado-web",
  description: "@muxado/node by Web Streams: stream.readable and stream.writable",
  face: webStreams,
});

const payloadOverTls = {
  supports: ({ kind }: Workload) => kind === "echo" || kind === "bulk",
  carrier: overTls,
};

export const muxadoTls: NodePeer = peer({
  name: "muxado-tls",
  description: "@muxado/node over TLS 1.3, otherwise as muxado",
  ...payloadOverTls,
});

export const muxadoTuned: NodePeer = tuned({
  name: "muxado-tuned",
  description:
    "muxado with `busyPoll: 1`, in processes started with `node --initial-heap-size=2000`",
  supports: ({ kind }) => kind === "open" || kind === "bulk" || kind === "echo",
});

export const muxadoTlsTuned: NodePeer = tuned({
  name: "muxado-tls-tuned",
  description: "muxado-tls, tuned in the same way",
  ...payloadOverTls,
});

export const muxadoTlsInto: NodePeer = peer({
  name: "muxado-tls-into",
  description: "muxado-into over TLS 1.3",
  ...payloadOverTls,
  face: into,
});

/** Over WebSockets of the ws package, on both sides. */
export const muxadoWs: NodePeer = peer({
  name: "muxado-ws",
  description: "@muxado/ws over WebSockets of ws on both sides, otherwise as muxado",
  supports: ({ kind }) => kind !== "echo",
  carrier: overWebSocket,
});

/**
 * The options that differ from the defaults. An echo holds the bytes that its client does not take. 256 streams with
 * full windows may hold more than the default budget of 64 MiB, and would then be reset.
 */
const optionsOf: Partial<Record<ServerKind, SessionOptions>> = {
  echo: { memoryBudget: 256 * 1024 * 1024 },
  // 100 000 streams that rest, and more than a peer may open by default.
  idle: { maxInboundStreams: Infinity },
  scale: { maxInboundStreams: Infinity },
};

interface Variant {
  readonly name: string;
  readonly description: string;
  /** Default: 100 000. */
  readonly idleStreams?: number;
  /** Default: every workload that the face supports. */
  readonly supports?: (workload: Workload) => boolean;
  /** Default: promises and async iteration. */
  readonly face?: Face;
  /** Options of the sessions on both sides. Default: none. */
  readonly options?: CarrierOptions;
  /** Default: TCP. */
  readonly carrier?: Carrier;
}

function peer({
  name,
  description,
  idleStreams = 100_000,
  supports = () => true,
  face = promises,
  options = {},
  carrier = overTcp,
}: Variant): NodePeer {
  return {
    name,
    description,
    idleStreams,
    multiplexes: true,
    supports: (workload) => serverKindOf(workload) in face.handlers && supports(workload),
    serve: (kind) => serve(carrier, face.handlers[kind]!, { ...optionsOf[kind], ...options }),
    connect: async (port, kind) =>
      face.use(await carrier.connect(port, { ...optionsOf[kind], ...options })),
    ...(face.join && { relay: (port) => relay(carrier, face.join!, options, port) }),
  };
}

/** The best result of options, both Node's and ours (docs/performance.md). */
function tuned(variant: Variant): NodePeer {
  return {
    ...peer({ ...variant, options: { busyPoll: 1 } }),
    execArgv: ["--initial-heap-size=2000"],
  };
}

type Handler = NonNullable<Face["handlers"]["open"]>;

function serve(carrier: Carrier, handler: Handler, options: CarrierOptions): Promise<number> {
  return listen(carrier, options, async (session) => {
    for await (const stream of session) void handler(stream);
  });
}

/** Relays the streams of each session over a session of its own. */
function relay(
  carrier: Carrier,
  join: NonNullable<Face["join"]>,
  options: CarrierOptions,
  port: number,
): Promise<number> {
  return listen(carrier, options, async (inward) => {
    const outward = await carrier.connect(port, options);
    for await (const stream of inward) void join(stream, outward.open());
  });
}

async function listen(
  carrier: Carrier,
  options: CarrierOptions,
  onSession: (session: Session) => Promise<void>,
): Promise<number> {
  const server = carrier.createServer(options, onSession);
  await server.listen({ host: LOOPBACK, port: 0 });
  return server.port!;
}
