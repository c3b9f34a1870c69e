// The agent runs beside a service that nobody can reach. It dials out to the relay, again and again, and gives each
// visitor a connection to the service.

import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import * as net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Heartbeat } from "@muxado/heartbeat";
import { connect, relay as join } from "@muxado/node";
import { type Routes, TypedSession, type TypedStream } from "@muxado/typed";
import { logger, reason, tell } from "./log.ts";
import { HELLO, LEAVING, receive, type Refusal, send, VISIT, type Welcome } from "./protocol.ts";

/** The pause before the second attempt. Each further pause is twice as long. In milliseconds. */
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 30_000;

/** A session that lasts longer than this was a good one: after it, the pauses start anew. In milliseconds. */
const GOOD_SESSION = 10_000;

/** Time allowed for the hello, and for a connection to the service, in milliseconds. */
const DEADLINE = 5000;

/** Time that visitors have to finish after the agent is asked to stop, in milliseconds. */
const DRAIN = 10_000;

const { values } = parseArgs({
  options: {
    relay: { type: "string", default: "localhost:7443" },
    ca: { type: "string" }, // the relay's own certificate, if no authority has signed it
    name: { type: "string" }, // the host name that visitors use
    port: { type: "string" }, // the port of the relay that visitors use
    to: { type: "string", default: "localhost:3000" }, // the local service
  },
});
const token = process.env["TUNNEL_TOKEN"];
if (!token) throw new Error("set TUNNEL_TOKEN, the secret that the relay knows");
const relay = address(values.relay);
const service = address(values.to);
const tls = values.ca === undefined ? true : { ca: readFileSync(values.ca) };

const log = logger("agent");
const stopping = new AbortController();
const instance = randomUUID();
let port = values.port === undefined ? undefined : Number(values.port);

function stop(): void {
  if (stopping.signal.aborted) return;
  log("stopping");
  stopping.abort();
}
process.on("SIGTERM", stop).on("SIGINT", stop);
if (process.connected) process.on("disconnect", stop); // the parent has ended

/** Sessions that have not ended: the present one, and those with relays that are leaving. */
const sessions = new Set<Promise<void>>();

let pause = FIRST_PAUSE;
for (;;) {
  const start = performance.now();
  await new Promise<void>((leave) => {
    const session = serveRelay(leave)
      .catch((error) => log("no session", { reason: reason(error) }))
      .finally(leave);
    sessions.add(session);
    void session.then(() => sessions.delete(session));
  });
  if (stopping.signal.aborted || process.exitCode !== undefined) break;
  if (performance.now() - start > GOOD_SESSION) pause = FIRST_PAUSE;
  // Half of the pause is random. Otherwise, all agents of a restarting relay would come back at once.
  await sleep(pause * (0.5 + Math.random()), undefined, stopping).catch(() => {});
  pause = Math.min(2 * pause, LONGEST_PAUSE);
}
await Promise.all(sessions);
log("stopped");
process.exit();

/**
 * Runs one session, from dialing to its end. Throws if the session cannot be established.
 *
 * @param leave called when another session is needed, while this one continues for its last visitors.
 */
async function serveRelay(leave: () => void): Promise<void> {
  const { signal } = stopping;
  const options = { ...relay, tls, connectTimeout: 2 * DEADLINE, signal };
  const session = new TypedSession(await connect(options));
  const drain = (): void => {
    session.goAway(); // the relay opens no more streams for visitors
    void session.close({ timeout: DRAIN });
  };
  signal.addEventListener("abort", drain);
  try {
    await enter(session);
    new Heartbeat(session, { endDeadSession: true });
    const routes: Routes = {
      [VISIT]: serveVisitor,
      [LEAVING]: async (stream) => {
        log("the relay is leaving");
        leave();
        await stream.close();
      },
    };
    await session.serve(routes, { onError: (error) => log("lost", { reason: reason(error) }) });
    const { localError, remoteError } = await session.closed;
    const error = localError ?? remoteError;
    log("out", { reason: error && reason(error) });
  } finally {
    signal.removeEventListener("abort", drain);
    session.destroy();
  }
}

/** Sends the hello. Throws if the relay refuses the agent. */
async function enter(session: TypedSession): Promise<void> {
  const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(DEADLINE)]);
  const stream = session.open({ type: HELLO });
  await send(stream, { token: token!, instance, name: values.name, port }, signal);
  const answer = (await receive(stream, signal)) as Welcome | Refusal;
  if ("error" in answer) {
    if (!answer.retry) process.exitCode = 1; // another attempt would fail in the same way
    throw new Error(`refused: ${answer.error}`);
  }
  port = answer.port; // asks for the same port in the next session
  log("in", answer);
  tell(answer);
}

/** Joins a visitor's stream and a connection to the service, until both directions have ended or one fails. */
async function serveVisitor(stream: TypedStream): Promise<void> {
  const socket = net
    .connect({ ...service, allowHalfOpen: true, noDelay: true })
    .on("error", () => {});
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(DEADLINE) });
  } catch (error) {
    socket.destroy();
    stream.reset("STREAM_REFUSED"); // not `refuse`: the relay cannot know this, and did nothing wrong
    return log("visitor turned away", { reason: reason(error) });
  }
  try {
    const { fromOne: received, fromOther: sent } = await join(stream, socket);
    log("visitor served", { sent, received });
  } catch (error) {
    log("visitor lost", { reason: reason(error) });
  }
}

function address(text: string): { host: string; port: number } {
  const [, host, digits] = /^(.+):(\d+)$/.exec(text) ?? [];
  if (host === undefined) throw new Error(`${text} is not host:port`);
  return { host, port: Number(digits) };
}
