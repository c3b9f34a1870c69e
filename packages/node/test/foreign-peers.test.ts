// Peers that use another protocol, or end the connection at a bad moment. On both sides of a connection, each end must
// be a typed error, from `closed` and from every operation that waits. It must never be an error that could end a
// process: vitest fails a run with an unhandled rejection or exception.

import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import * as tls from "node:tls";
import { MuxadoError, type Session, type SessionEnd } from "@muxado/core";
import { connect } from "@muxado/node";
import { Random } from "@muxado/testkit";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { certificate } from "./certificate.ts";
import {
  ask,
  deferred,
  dialSocket,
  echo,
  ending,
  HOST as host,
  ignore,
  serve,
  serveSockets,
} from "./peers.ts";
import { leaveNothingOpen } from "./resources.ts";

leaveNothingOpen();

/** The result of `closed`, and how many of the waiting operations succeeded. */
type End = SessionEnd & { readonly fulfilled: number };

/** Waits for the end of a session, with an operation of every kind waiting. Checks how each of them fails. */
async function endOf(session: Session): Promise<End> {
  const waiting: Promise<unknown>[] = [session.accept()];
  try {
    const stream = session.open();
    waiting.push(stream.read(), stream.write(new Uint8Array(1_000_000)));
  } catch (error) {
    waiting.push(Promise.reject(error));
  }
  let fulfilled = 0;
  for (const outcome of await Promise.allSettled(waiting)) {
    if (outcome.status === "fulfilled") fulfilled++;
    else expect(outcome.reason).toBeInstanceOf(MuxadoError);
  }
  return { ...(await session.closed), fulfilled };
}

/** Returns how a session on the side `which` ends. Its peer is a bare socket that does `act`. */
async function endWith(which: "client" | "server", act: (peer: Socket) => void): Promise<End> {
  if (which === "client") {
    return endOf(ending(await connect({ host, port: await serveSockets(act) })));
  }
  const session = deferred<Session>();
  const { server, port } = await serve({}, (accepted) => {
    if (server.sessions.size === 1) session.resolve(accepted);
    return echo(accepted);
  });
  act(await dialSocket(port));
  const end = await endOf(await session.promise);
  expect(server.sessions.size).toBe(0);
  // The server continues to serve.
  expect(await ask(ending(await connect({ host, port })), "hello")).toBe("hello");
  return end;
}

describe.each(["client", "server"] as const)("a %s", (side) => {
  test.each([
    ["an HTTP request", "FRAME_SIZE_ERROR", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"],
    ["an HTTP response", "PROTOCOL_ERROR", "HTTP/1.1 400 Bad Request\r\n\r\n"],
    ["an HTTP/2 preface", "FRAME_SIZE_ERROR", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["an SSH greeting", "FRAME_SIZE_ERROR", "SSH-2.0-OpenSSH_9.6\r\n"],
    ["an SMTP greeting", "FRAME_SIZE_ERROR", "220 mail.test ESMTP\r\n"],
    ["a TLS alert", "FRAME_SIZE_ERROR", Buffer.from("15030300020246", "hex")],
  ])("refuses %s at its first frame", async (_, code, greeting) => {
    const end = await endWith(side, (peer) => {
      peer.write(greeting);
      // The last byte of a frame's header, if the greeting is shorter than a header.
      peer.write("\0");
      peer.resume();
    });
    expect(end).toMatchObject({
      fulfilled: 0,
      localError: { code, scope: "session", origin: "remote" },
    });
  });

  test("reports a peer that hangs up at once", async () => {
    const end = await endWith(side, (peer) => peer.end().resume());
    expect(end).toMatchObject({
      fulfilled: 0,
      localError: { code: "PEER_EOF", scope: "session", origin: "remote" },
    });
  });

  test("reports a peer that hangs up inside a frame", async () => {
    const { localError } = await endWith(side, (peer) => peer.end("\0\0").resume());
    expect(localError).toMatchObject({ code: "PEER_EOF", origin: "remote" });
    expect(localError!.message).toContain("the connection ended inside a frame");
  });

  test("reports a peer that resets the connection", async () => {
    const { localError, fulfilled } = await endWith(side, (peer) => {
      peer.write("\0");
      reset(peer);
    });
    expect(fulfilled).toBe(0);
    expect(localError).toMatchObject({ code: "TRANSPORT_FAILED", origin: "remote" });
    expect((localError!.cause as NodeJS.ErrnoException).code).toMatch(/^(ECONNRESET|EPIPE)$/);
  });

  test("survives noise, however it arrives and ends", async () => {
    await babble(noise, ({ localError }, run) => {
      expect(localError, run).toMatchObject({ scope: "session", origin: "remote" });
    });
  });

  test("survives frames that make no sense, however they arrive and end", async () => {
    await babble(almostFrames, ({ localError, remoteError }, run) => {
      // Random bytes may even form a valid goodbye.
      const { origin = "remote" } = localError ?? remoteError ?? {};
      expect(origin, run).toBe("remote");
    });
  });

  /** Runs many peers that send nonsense, and then end or reset the connection. */
  async function babble(
    nonsense: (random: Random) => Uint8Array,
    check: (end: End, run: string) => void,
  ): Promise<void> {
    const seed = Number(process.env["MUXADO_SEED"] ?? randomInt(2 ** 31));
    for (let run = 0; run < 100; run++) {
      const random = new Random(seed + run);
      const end = await endWith(side, (peer) => {
        for (let left = random.between(1, 5); left > 0; left--) peer.write(nonsense(random));
        if (random.oneIn(2)) peer.end().resume();
        else reset(peer);
      });
      check(end, `MUXADO_SEED=${seed}, run ${run}`);
    }
  }

  /**
   * Resets the connection only after bytes have gone in one direction, so that the reset does not overtake the
   * connection.
   */
  function reset(peer: Socket): void {
    if (side === "client") peer.once("data", () => peer.resetAndDestroy());
    else peer.resume().write("\0", () => peer.resetAndDestroy());
  }
});

describe("a client", () => {
  test("finds out that a server is one of HTTP", async () => {
    const http = createHttpServer().listen(0, host);
    onTestFinished(() => {
      http.close();
      http.closeAllConnections();
    });
    await once(http, "listening");
    const { port } = http.address() as AddressInfo;
    const { localError } = await endOf(ending(await connect({ host, port })));
    expect(localError).toMatchObject({ code: "PROTOCOL_ERROR", origin: "remote" });
  });

  test("finds out that a server speaks TLS", async () => {
    const server = tls.createServer(certificate([])).on("tlsClientError", ignore).listen(0, host);
    onTestFinished(() => void server.close());
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const { localError } = await endOf(ending(await connect({ host, port })));
    expect(localError).toMatchObject({ origin: "remote" });
    expect(localError!.code).toMatch(/^(FRAME_SIZE_ERROR|TRANSPORT_FAILED)$/);
  });

  test("learns from a server that its session was destroyed, with all streams that were open", async () => {
    const { server, port } = await serve({}, echo);
    const session = ending(await connect({ host, port }));
    const streams = Array.from({ length: 50 }, () => session.open());
    const outcomes = streams.map(async (stream) => {
      await stream.write(new Uint8Array(1000));
      for await (const chunk of stream) void chunk;
    });
    await vi.waitFor(() => expect([...server.sessions][0]!.stats().streamsReceived).toBe(50));
    for (const one of server.sessions) one.destroy(new Error("out of order"));
    for (const outcome of outcomes) {
      await expect(outcome).rejects.toMatchObject({ code: "SESSION_CLOSED", origin: "remote" });
    }
    expect((await session.closed).remoteError).toMatchObject({ code: "INTERNAL_ERROR" });
  });
});

test("an HTTP client finds out that a server is not one of HTTP", async () => {
  const { server, port } = await serve({}, echo);
  await expect(fetch(`http://${host}:${port}/`)).rejects.toThrow();
  await vi.waitFor(() => expect(server.sessions.size).toBe(0));
});

function noise(random: Random): Uint8Array {
  return Uint8Array.from({ length: random.between(1, 200) }, () => random.below(256));
}

/** Returns headers of existing frame types, followed by anything. */
function almostFrames(random: Random): Uint8Array {
  const length = random.pick([0, 4, 8, 20, 1000]);
  const frame = new Uint8Array(8 + random.pick([0, length]));
  const header = new DataView(frame.buffer);
  header.setUint32(0, (length << 8) | (random.below(4) << 4) | random.below(16));
  header.setUint32(4, random.below(8));
  for (let at = 8; at < frame.length; at++) frame[at] = random.below(256);
  return frame;
}
