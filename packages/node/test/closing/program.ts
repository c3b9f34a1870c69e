// One process of a run: one side of a session over any carrier of this package. It does its part of the plan, reports
// the result, and ends because nothing is left to do.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { connect as dial, createServer as listen, type Socket } from "node:net";
import path from "node:path";
import { attach as attachPair, type ByteStreamPair, type Role, type Session } from "@muxado/core";
import { attach, connect, createServer, type Server } from "@muxado/node";
import { optionsOf, type Plan, play, situations } from "@muxado/testkit/closing";
import type { Message } from "@muxado/testkit/processes";
import { carry } from "@muxado/testkit/relay";

/** The kinds of connection that carry a session. */
export type Carrier = "TCP" | "TLS" | "a Unix socket" | "a child's stdio" | "Web Streams";

/** The task of one process. */
export interface Task {
  readonly plan: Plan;
  readonly role: Role;
  readonly carrier: Carrier;
  /** A folder of this run. */
  readonly folder: string;
  /** The address that the client connects to: a port or a path. */
  readonly address?: number | string;
  /** The certificate and key of a server that uses TLS; its clients trust the certificate. */
  readonly credentials?: { readonly cert: string; readonly key: string } | undefined;
  /** For a child that only passes bytes on to a server: bytes per second. */
  readonly rate?: number;
}

/** No deadlines here: the test has one deadline for everything. */
const patient = { connectTimeout: Infinity };
const host = "127.0.0.1";
const task = JSON.parse(process.argv[2]!) as Task;
const { plan, role, carrier, address, credentials } = task;
const options = optionsOf(plan, role);
/** This file exists once the closer has reported its result. */
const over = path.join(task.folder, "over");
const timeout = situations[plan.situation].timeout;

/** Does the part of this process over `session`; `server` is the server that the session came from. */
async function take(
  session: Session,
  server?: { close(options: { timeout?: number | undefined }): Promise<void> },
): Promise<void> {
  const report = await play(session, plan, role, {
    async close() {
      switch (plan.way) {
        case "server.close":
          return (server ?? session).close({ timeout });
        case "session.close":
          return session.close({ timeout });
        case "await using":
          return session[Symbol.asyncDispose]();
        case "destroy":
          return session.destroy(new Error("out of order"));
      }
    },
    die: () => process.kill(process.pid, "SIGKILL"),
    isOver: () => existsSync(over),
  });
  tell({ role, kind: "report", report });
  if (role === plan.closer) writeFileSync(over, "");
  await server?.close({});
}

async function client(): Promise<Session> {
  const place = typeof address === "string" ? { path: address } : { host, port: address! };
  switch (carrier) {
    case "TCP":
    case "a Unix socket":
      return connect({ ...options, ...patient, ...place });
    case "TLS":
      return connect({ ...options, ...patient, ...place, tls: { ca: credentials!.cert } });
    case "Web Streams": {
      const socket = dial({ host, port: address as number, allowHalfOpen: true });
      return attachPair(pairOf(socket), { ...options, role });
    }
    case "a child's stdio": {
      const child = spawn(
        process.execPath,
        [__filename, JSON.stringify({ ...task, role: "server" })],
        {
          stdio: ["pipe", "pipe", "inherit", "ipc"],
        },
      );
      const { rate } = task;
      if (rate === undefined) {
        child.on("message", tell);
        child.once("exit", (code) => tell({ role: "server", kind: "exit", code }));
      }
      return attach({ readable: child.stdout!, writable: child.stdin! }, { ...options, role });
    }
  }
}

async function serve(): Promise<void> {
  if (carrier === "a child's stdio") {
    if (task.rate !== undefined) return relay(task.rate);
    return take(
      attach({ readable: process.stdin, writable: process.stdout }, { ...options, role }),
    );
  }
  if (carrier === "Web Streams") return serveWebStreams();
  const server: Server = createServer({ ...options, tls: credentials }, (session) =>
    take(session, server),
  );
  const socketPath = path.join(task.folder, "server");
  await server.listen(carrier === "a Unix socket" ? { path: socketPath } : { host, port: 0 });
  tell({ role, kind: "listening", address: server.port ?? socketPath });
}

async function serveWebStreams(): Promise<void> {
  const server = listen({ allowHalfOpen: true }).listen(0, host);
  await once(server, "listening");
  tell({ role, kind: "listening", address: (server.address() as { port: number }).port });
  const [socket] = (await once(server, "connection")) as [Socket];
  server.close();
  await take(attachPair(pairOf(socket), { ...options, role }));
}

/** Passes bytes between a parent process and a server, as `ssh` does. */
async function relay(rate: number): Promise<void> {
  const socket = dial({ host, port: address as number, allowHalfOpen: true });
  await Promise.all([carry(process.stdin, socket, rate), carry(socket, process.stdout, rate)]);
}

/**
 * Returns a socket in the form that Deno uses: closing the writable half ends our direction, and aborting it destroys
 * the socket.
 */
function pairOf(socket: Socket): ByteStreamPair {
  socket.pause();
  const readable = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(controller) {
        socket
          .on("data", (chunk: Buffer<ArrayBuffer>) => {
            controller.enqueue(new Uint8Array(chunk));
            if (controller.desiredSize! <= 0) socket.pause();
          })
          .on("end", () => controller.close())
          .on("error", (error) => controller.error(error));
      },
      pull: () => void socket.resume(),
      cancel: () => void socket.destroy(),
    },
    { highWaterMark: 0 },
  );
  const writable = new WritableStream<Uint8Array>({
    write: (chunk) =>
      new Promise((resolve, reject) => {
        socket.write(chunk, (error) => (error ? reject(error) : resolve()));
      }),
    close: () => new Promise((resolve) => socket.end(() => resolve())),
    abort: () => void socket.destroy(),
  });
  return { readable, writable };
}

function tell(message: unknown): void {
  process.send!(message as Message);
}

void (role === "client" ? client().then((session) => take(session)) : serve());
