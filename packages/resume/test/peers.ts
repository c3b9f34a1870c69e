// Servers and clients for tests, over real connections. All are gone when the test ends.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type { Session, Stream, Transport } from "@muxado/core";
import * as node from "@muxado/node";
import { resume, type ResumeOptions, ResumeServer, type ResumeServerOptions } from "@muxado/resume";
import * as ws from "@muxado/ws";
import { createServer as createWsServer } from "@muxado/ws/server";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";

const HOST = "127.0.0.1";

/** A server of resumable sessions that listens on a TCP port and on one for WebSockets. */
export interface Both {
  readonly resumption: ResumeServer;
  readonly tcp: node.Server;
  readonly port: number;
  readonly url: string;
  readonly errors: Error[];
}

/** Starts a server. The sessions of both ports are the same. */
export async function serve(
  onSession: (session: Session) => void | Promise<void>,
  options: ResumeServerOptions = {},
): Promise<Both> {
  const resumption = new ResumeServer(options);
  const errors: Error[] = [];
  const given = {
    admit: resumption.admit,
    onConnectionError: (error: Error) => void errors.push(error),
  };
  const tcp = node.createServer(given, onSession);
  const web = createWsServer(given, onSession);
  onTestFinished(async () => {
    await Promise.all([tcp.close({ timeout: 0 }), web.close({ timeout: 0 })]);
  });
  await Promise.all([tcp.listen({ host: HOST, port: 0 }), web.listen({ host: HOST, port: 0 })]);
  return { resumption, tcp, port: tcp.port!, url: `ws://${HOST}:${web.port}/`, errors };
}

/** Dials TCP. */
export function overTcp(port: number): (signal: AbortSignal) => Promise<Transport> {
  return (signal) => node.dial({ host: HOST, port, signal });
}

/** Dials a WebSocket. */
export function overWebSocket(url: string): (signal: AbortSignal) => Promise<Transport> {
  return (signal) => ws.dial(url, { WebSocket, signal });
}

/** Connects, and gives the session up when the test ends. */
export async function connect(
  dial: (signal: AbortSignal) => Promise<Transport>,
  options?: ResumeOptions,
): Promise<Session> {
  const session = node.attach(await resume(dial, options), { role: "client" });
  onTestFinished(async () => {
    session.destroy();
    await session.closed;
  });
  return session;
}

/** Passes connections on, and remembers the last one, so that a test can cut it. */
export function cuttable(dial: (signal: AbortSignal) => Promise<Transport>): {
  readonly dial: (signal: AbortSignal) => Promise<Transport>;
  readonly cut: () => void;
} {
  let last: { transport: Transport; ended(error: unknown): void } | undefined;
  return {
    async dial(signal) {
      const transport = await dial(signal);
      return {
        start(input) {
          last = { transport, ended: (error) => input.ended(error) };
          transport.start(input);
        },
        write: (chunks) => transport.write(chunks),
        end: (error) => transport.end(error),
        destroy: () => transport.destroy(),
      };
    },
    cut() {
      last!.transport.destroy();
      last!.ended(new Error("cut by the test"));
    },
  };
}

/** Starts a process that carries connections to `port` and cuts them. Returns its port. */
export async function cuttingProxy(
  port: number,
  pause: number,
): Promise<{ port: number; cuts(): Promise<number> }> {
  const program = path.join(import.meta.dirname, "cutting-proxy.mjs");
  const child: ChildProcess = fork(program, [String(port), String(pause)]);
  onTestFinished(async () => {
    child.kill();
    await once(child, "exit");
  });
  const [{ port: own }] = (await once(child, "message")) as [{ port: number }];
  return {
    port: own,
    async cuts() {
      child.send("cuts");
      const [{ cuts }] = (await once(child, "message")) as [{ cuts: number }];
      return cuts;
    },
  };
}

/** Echoes each stream of the peer. */
export async function echo(session: Session): Promise<void> {
  for await (const stream of session) void echoOne(stream).catch(() => {});
}

async function echoOne(stream: Stream): Promise<void> {
  for await (const chunk of stream) await stream.write(chunk);
  await stream.closeWrite();
}

/** Sends a text on a stream of its own, and returns the echo. */
export async function ask(session: Session, text: string): Promise<string> {
  const stream = session.open();
  await stream.write(Buffer.from(text));
  await stream.closeWrite();
  let answer = "";
  for await (const chunk of stream) answer += Buffer.from(chunk).toString();
  return answer;
}
