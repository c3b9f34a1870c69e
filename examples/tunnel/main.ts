// The whole tunnel on one machine: a local service, a relay and an agent, each in its own process, and visitors. With
// --stay, it runs until it is interrupted, so you can visit it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import * as http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { connect } from "@muxado/node";
import { TypedSession } from "@muxado/typed";
import { selfSigned } from "../certificate.ts";
import { Program } from "./program.ts";
import { VISIT } from "./protocol.ts";

const NAME = "app.localhost";
const token = randomBytes(32).toString("hex");
const credentials = selfSigned("localhost");
const folder = await mkdtemp(path.join(tmpdir(), "tunnel-"));
const [key, cert] = [path.join(folder, "relay.key"), path.join(folder, "relay.crt")];
await writeFile(key, credentials.key, { mode: 0o600 });
await writeFile(cert, credentials.cert);

const running = new Set<Program>();
try {
  await demonstrate();
} finally {
  await Promise.all([...running].map((program) => program.stop("SIGKILL")));
  await rm(folder, { recursive: true });
}

async function demonstrate(): Promise<void> {
  const service = start("service");
  const { port: local } = await service.told();
  let relay = startRelay(0, 0);
  const { agents, visitors } = await relay.told();
  const agent = startAgent(agents!, local!, token);
  const { port } = await agent.told();

  say("curl, or a browser, gets through in both ways:");
  console.log(`  curl http://${NAME}:${visitors}/\n  curl http://localhost:${port}/`);
  if (process.argv[2] === "--stay") {
    say("Interrupt to end.");
    await once(process, "SIGINT");
    await Promise.all([agent.ended, relay.ended]); // the terminal has interrupted them as well
    return;
  }
  const byName = (url: string): Promise<Answer> => visit(visitors!, url, NAME);
  const byPort = (url: string): Promise<Answer> => visit(port!, url);
  for (const answer of [await byName("/"), await byPort("/")]) {
    assert.equal(answer.status, 200);
    console.log(`  ${answer.body.trim()}`);
  }
  assert.equal((await visit(visitors!, "/", "other.localhost")).status, 404);

  say("Ten visitors at once:");
  const urls = Array.from({ length: 10 }, (_, index) => `/number-${index}`);
  const answers = await Promise.all(urls.map((url, index) => (index % 2 ? byName : byPort)(url)));
  assert(answers.every(({ body }, index) => body.includes(`/number-${index} `)));

  say("A hundred visitors at a time, one after the other, for two seconds:");
  console.log(`  ${await crowd(`http://127.0.0.1:${visitors}/`)}`);

  say("The relay restarts, while two visitors are in the middle of a long answer:");
  const long = [byName("/slow"), byPort("/slow")];
  await Promise.all([byName("/"), byPort("/")]); // sent later, so the long requests are under way now
  const stopped = relay.stop();
  await relay.told(); // it still has its visitors to finish, but it has given up its ports
  relay = startRelay(agents!, visitors!);
  await relay.told();
  assert.equal((await agent.told())["port"], port);
  assert.equal((await byName("/")).status, 200);
  assert.equal((await byPort("/")).status, 200);
  for (const { body } of await Promise.all(long)) assert(body.endsWith("part 10 of 10\n"));
  assert.equal(await stopped, 0);

  say("An agent with a bad token is refused, and ends:");
  const stranger = startAgent(agents!, local!, "guess");
  assert.equal(await stranger.ended, 1);

  say("Nothing is served before the token:");
  const tls = { ca: credentials.cert };
  const session = new TypedSession(await connect({ host: "localhost", port: agents!, tls }));
  const stream = session.open({ type: VISIT });
  await assert.rejects(text(stream), { scope: "session" });
  await session.closed;

  say("The local service goes away: 502 by name, a closed connection by port:");
  await service.stop();
  assert.equal((await byName("/")).status, 502);
  await assert.rejects(byPort("/"));

  say("That was all.");
  assert.equal(await agent.stop(), 0);
  assert.equal(await relay.stop(), 0);
}

/** Runs wrk, a program that plays visitors, against `url`. Resolves with its result. */
async function crowd(url: string): Promise<string> {
  const args = [
    "--threads",
    "1",
    "--connections",
    "100",
    "--duration",
    "2s",
    "--header",
    `Host: ${NAME}`,
  ];
  const wrk = spawn("wrk", [...args, url], { stdio: ["ignore", "pipe", "inherit"] });
  wrk.on("error", () => undefined); // without wrk, there is no pid
  try {
    const report = await text(wrk.stdout);
    assert.doesNotMatch(report, /Non-2xx|Socket errors/);
    return /\d+ requests in \S+,/.exec(report)![0].slice(0, -1);
  } catch (error) {
    if (wrk.pid !== undefined) throw error;
    return "NOT RUN: wrk is not installed";
  }
}

function start(...args: ConstructorParameters<typeof Program>): Program {
  const program = new Program(...args);
  running.add(program);
  void program.ended.then(() => running.delete(program));
  return program;
}

function startRelay(agents: number, visitors: number): Program {
  const ports = ["--agents", `${agents}`, "--visitors", `${visitors}`, "--ports", "0-65535"];
  return start("relay", [...ports, "--host", "localhost", "--key", key!, "--cert", cert!], token);
}

function startAgent(relay: number, local: number, secret: string): Program {
  const addresses = ["--relay", `localhost:${relay}`, "--ca", cert!, "--to", `localhost:${local}`];
  return start("agent", [...addresses, "--name", NAME, "--port", "0"], secret);
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

async function visit(port: number, url: string, host = "localhost"): Promise<Answer> {
  const request = http.get({ host: "localhost", port, path: url, headers: { host }, agent: false });
  const [answer] = (await once(request, "response")) as [http.IncomingMessage];
  return { status: answer.statusCode!, body: await text(answer) };
}

function say(what: string): void {
  console.log(`\n${what}`);
}
