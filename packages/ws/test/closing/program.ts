// One process of a run: one side of a session over a WebSocket. It does its part of the plan, reports the result, and
// ends because nothing is left to do.

import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Role, Session } from "@muxado/core";
import { optionsOf, type Plan, play, situations } from "@muxado/testkit/closing";
import { connect } from "@muxado/ws";
import { createServer, type Server } from "@muxado/ws/server";
import { WebSocket } from "ws";
import type { Message } from "@muxado/testkit/processes";

/** The task of one process. */
export interface Task {
  readonly plan: Plan;
  readonly role: Role;
  /** A folder of this run. */
  readonly folder: string;
  /** The port that the client connects to. */
  readonly address?: number | string;
}

const host = "127.0.0.1";
const task = JSON.parse(process.argv[2]!) as Task;
const { plan, role } = task;
const options = optionsOf(plan, role);
/** This file exists once the closer has reported its result. */
const over = path.join(task.folder, "over");
const timeout = situations[plan.situation].timeout;

/** Does the part of this process over `session`; `server` is the server that the session came from. */
async function take(session: Session, server?: Server): Promise<void> {
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
  await server?.close();
}

async function serve(): Promise<void> {
  const server: Server = createServer({ ...options }, (session) => take(session, server));
  await server.listen({ host, port: 0 });
  tell({ role, kind: "listening", address: server.port! });
}

async function dial(): Promise<void> {
  const url = `ws://${host}:${task.address}/`;
  await take(await connect(url, { ...options, connectTimeout: Infinity, WebSocket }));
}

function tell(message: Message): void {
  process.send!(message);
}

void (role === "client" ? dial() : serve());
