// Sessions over TLS: which side must prove its identity, and what each side learns when that fails.

import { once } from "node:events";
import * as net from "node:net";
import * as tls from "node:tls";
import type { MuxadoError, Session } from "@muxado/core";
import { connect, createServer } from "@muxado/node";
import { describe, expect, test, vi } from "vitest";
import { certificate, fingerprint } from "./certificate.ts";
import { ask, deferred, dialSocket, echo, ending, HOST as host, serve } from "./peers.ts";
import { leaveNothingOpen, socketPath } from "./resources.ts";

leaveNothingOpen();

const authority = certificate([]);
const server = certificate(["muxado.test", "127.0.0.1"], authority);
const client = certificate([], authority);
const stranger = certificate(["muxado.test", "127.0.0.1"]);
const trusting = { ca: authority.cert };

/** Returns why connecting fails. */
async function failure(options: Parameters<typeof connect>[0]): Promise<MuxadoError> {
  const outcome = connect(options).then(ending);
  await expect(outcome).rejects.toMatchObject({ code: "CONNECT_FAILED", retry: "safe" });
  return outcome.then(undefined as never, (error: unknown) => error as MuxadoError);
}

describe("a stranger that says nothing", () => {
  test("is hung up on when the time for its handshake is over", async () => {
    const onConnectionError = vi.fn();
    const options = { ...server, handshakeTimeout: 50 };
    const { port } = await serve({ tls: options, onConnectionError }, echo);
    await once(net.connect({ host, port }).resume(), "close");
    expect(onConnectionError).toHaveBeenCalledTimes(1);
  });

  test("is one of so many connections at the most", async () => {
    const { port } = await serve({ tls: server, maxConnections: 1 }, echo);
    const silent = net.connect({ host, port });
    await once(silent, "connect");
    await failure({ host, port, tls: trusting });
    silent.destroy();
    await vi.waitFor(async () => {
      expect(await ask(ending(await connect({ host, port, tls: trusting })), "hello")).toBe(
        "hello",
      );
    });
  });

  test("cannot be limited to none", () => {
    expect(() => createServer({ maxConnections: 0 }, echo)).toThrow(RangeError);
  });
});

describe("a client", () => {
  test("trusts a server that proves its address", async () => {
    const { port } = await serve({ tls: server }, echo);
    const session = ending(await connect({ host, port, tls: trusting }));
    expect(await ask(session, "hello")).toBe("hello");
  });

  test("trusts a server that proves the name that was asked for, over a Unix socket too", async () => {
    const { port } = await serve({ tls: server }, echo);
    const named = { ...trusting, servername: "muxado.test" };
    expect(await ask(ending(await connect({ host, port, tls: named })), "hello")).toBe("hello");
    const path = socketPath();
    await serve({ tls: server }, echo, { path });
    expect(await ask(ending(await connect({ path, tls: named })), "hello")).toBe("hello");
  });

  test.each([
    ["signed by itself", "DEPTH_ZERO_SELF_SIGNED_CERT", stranger, true],
    ["of an unknown issuer", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", server, true],
    [
      "for another name",
      "ERR_TLS_CERT_ALTNAME_INVALID",
      server,
      { ...trusting, servername: "x.test" },
    ],
  ] as const)(
    "refuses a certificate %s, and the server goes on",
    async (_, code, shown, options) => {
      const { port } = await serve({ tls: shown }, echo);
      const error = await failure({ host, port, tls: options });
      expect(error.cause).toMatchObject({ code });
      const lenient = { rejectUnauthorized: false };
      expect(await ask(ending(await connect({ host, port, tls: lenient })), "hello")).toBe("hello");
    },
  );

  test("sends the host's name, or the one it is given, but no address", async () => {
    const names: unknown[] = [];
    const { port } = await serve({ tls: server }, (_, socket) => {
      names.push((socket as tls.TLSSocket).servername);
    });
    const lookup = ((_name, _options, callback) =>
      callback(null, [{ address: host, family: 4 }])) as net.LookupFunction;
    const socket = { lookup };
    ending(await connect({ host: "muxado.test", port, socket, tls: trusting }));
    const named = { ...trusting, servername: "muxado.test" };
    ending(await connect({ host, port, tls: named }));
    ending(await connect({ host, port, tls: trusting }));
    await vi.waitFor(() => expect(names).toEqual(["muxado.test", "muxado.test", false]));
  });

  test("is told at once that its TLS options are no good", async () => {
    await expect(
      connect({ host, port: 1, tls: { ca: "nonsense", cert: "nonsense" } }),
    ).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_OSSL_/) as string });
  });
});

describe("a server", () => {
  test("is told at once that its TLS options are no good", () => {
    expect(() => createServer({ tls: { key: "nonsense", cert: "nonsense" } }, echo)).toThrow();
  });

  test("agrees with its client on an application protocol, or refuses it", async () => {
    const onConnectionError = vi.fn();
    const agreed = deferred<unknown>();
    const options = { ...server, ALPNProtocols: ["muxado"] };
    const { port } = await serve({ tls: options, onConnectionError }, (_, socket) => {
      agreed.resolve((socket as tls.TLSSocket).alpnProtocol);
    });
    ending(await connect({ host, port, tls: { ...trusting, ALPNProtocols: ["h2", "muxado"] } }));
    expect(await agreed.promise).toBe("muxado");

    const { cause } = await failure({ host, port, tls: { ...trusting, ALPNProtocols: ["h2"] } });
    expect(cause).toMatchObject({ code: "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL" });
    expect(onConnectionError).toHaveBeenCalledTimes(1);
  });

  test("that gets another protocol reports it, closes the connection and continues", async () => {
    const onConnectionError = vi.fn();
    const { port } = await serve({ tls: server, onConnectionError }, echo);
    const socket = (await dialSocket(port)).resume();
    socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await once(socket, "close");
    expect(onConnectionError.mock.calls).toEqual([
      [expect.objectContaining({ code: "ERR_SSL_HTTP_REQUEST" })],
    ]);
    const session = ending(await connect({ host, port, tls: trusting }));
    expect(await ask(session, "hello")).toBe("hello");
  });

  test("does not wait for handshakes when it closes", async () => {
    const { server: listener, port } = await serve({ tls: server }, echo);
    const socket = (await dialSocket(port)).resume();
    const closed = once(socket, "close");
    await listener.close();
    await closed;
  });

  test("takes no session whose handshake ends while it closes", async () => {
    const sessions: Session[] = [];
    const { server: listener, port } = await serve({ tls: server }, (session) => {
      sessions.push(session);
    });
    const first = ending(await connect({ host, port, tls: trusting }));
    const stream = first.open();
    await stream.write(Buffer.from("x"));
    await vi.waitFor(() => expect(sessions[0]?.stats().openStreams).toBe(1));

    const late = await dialSocket(port);
    const closed = listener.close();
    const secure = tls.connect({ socket: late, rejectUnauthorized: false }).resume();
    await once(secure, "close");
    expect(sessions).toHaveLength(1);

    stream.reset();
    await closed;
  });
});

describe("mutual TLS", () => {
  const demanding = { ...server, requestCert: true, ca: authority.cert };

  test("lets the server know who its client is", async () => {
    const known = deferred<string>();
    const { port } = await serve({ tls: demanding }, (session, socket) => {
      known.resolve((socket as tls.TLSSocket).getPeerCertificate().fingerprint256);
      return echo(session);
    });
    const session = ending(await connect({ host, port, tls: { ...trusting, ...client } }));
    expect(await ask(session, "hello")).toBe("hello");
    expect(await known.promise).toBe(fingerprint(client));
  });

  test("refuses a client without a certificate: TLS 1.2 while it connects", async () => {
    const { port } = await serve({ tls: demanding }, echo);
    const error = await failure({ host, port, tls: { ...trusting, maxVersion: "TLSv1.2" } });
    expect(error.cause).toBeInstanceOf(Error);
  });

  test("refuses a client without a certificate: TLS 1.3 after it has connected", async () => {
    const onConnectionError = vi.fn();
    const { port } = await serve({ tls: demanding, onConnectionError }, echo);
    const session = ending(await connect({ host, port, tls: trusting }));
    expect((await session.closed).localError).toMatchObject({
      code: "TRANSPORT_FAILED",
      origin: "remote",
      cause: { code: "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED" },
    });
    expect(onConnectionError).toHaveBeenCalledTimes(1);
  });

  test("refuses a stranger's certificate, and the server is told why", async () => {
    const told = deferred<Error>();
    const { port } = await serve({ tls: demanding, onConnectionError: told.resolve }, echo);
    const session = ending(await connect({ host, port, tls: { ...trusting, ...stranger } }));
    // Node's server closes the connection without an alert.
    expect((await session.closed).localError).toMatchObject({ origin: "remote" });
    expect((await told.promise).message).toBe(
      "client certificate refused: DEPTH_ZERO_SELF_SIGNED_CERT",
    );
  });
});
