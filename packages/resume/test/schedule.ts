// One random schedule: two sessions over a resumable transport, in virtual time. Connections break at any byte, also in
// handshakes, in both directions; attempts fail, come late, and old hellos are sent again. A seed chooses everything.

import { Session, type SessionOptions, type Stream } from "@muxado/core";
import { resume, ResumeServer } from "@muxado/resume";
import {
  concatenated,
  type FaultKind,
  firstDifference,
  Link,
  patterned,
  Random,
  settle,
  Turns,
  VirtualClock,
} from "@muxado/testkit";

/** What happened in a schedule. */
export interface ScheduleFacts {
  connections: number;
  replays: number;
  bytes: number;
}

/** More steps than any schedule needs. */
const MAX_STEPS = 200_000;
/** The most bytes of one write of a session. */
const WRITE = 16 * 1024;
/** Bytes of a frame beyond them. */
const FRAME = 64 * 1024;
const KINDS: readonly FaultKind[] = ["end", "fail", "stall"];
const HELLO = 52;

/** Runs the schedule of `seed`. Throws if a byte is lost, doubled or changed, or if anything never ends. */
export async function runSchedule(seed: number): Promise<ScheduleFacts> {
  const random = new Random(seed);
  const clock = new VirtualClock();
  const turns = new Turns();
  const facts: ScheduleFacts = { connections: 0, replays: 0, bytes: 0 };
  const budget = random.pick([1_000, 20_000, 200_000]);
  const timing = { clock, budget, pingInterval: 2_000, pingTimeout: 1_000, deadline: 300_000 };
  const options: SessionOptions = {
    clock,
    transportBudget: WRITE,
    scheduleFlush: turns.scheduleFlush,
  };
  const server = new ResumeServer(timing);
  const kept: { readonly kept: number }[] = [];
  const hellos: { readonly at: number; readonly bytes: Uint8Array<ArrayBuffer> }[] = [];
  const served: Session[] = [];
  let faults = random.between(0, 12);
  /** After its last fault, one schedule in eight finds no connection any more. */
  const isLost = random.oneIn(8);

  const admit = async (link: Link): Promise<void> => {
    const transport = await server.admit(link.server).catch(() => null);
    if (transport === null) return;
    kept.push(transport as never);
    const session = new Session(transport, "server", options);
    served.push(session);
    work.push(echo(session));
  };

  const dial = async (): Promise<Link["client"]> => {
    const isFaulty = faults-- > 0;
    if (faults < -1 && isLost) throw new Error("there is no way any more");
    if (isFaulty && random.oneIn(6)) throw new Error("no connection this time");
    const isSlow = isFaulty && random.oneIn(5);
    let head = new Uint8Array();
    const link = new Link(clock, {
      random,
      chunks: random.oneIn(2) ? "cut" : "whole",
      latency: isSlow ? [200, 900] : [0, random.between(0, 30)],
      writeTime: [0, random.between(0, 3)],
      tap(from, bytes) {
        if (from === "server" || head.length >= HELLO) return;
        head = Uint8Array.of(...head, ...bytes.subarray(0, HELLO));
        hellos.push({ at: clock.now(), bytes: head.slice(0, HELLO) });
      },
    });
    if (isFaulty) {
      const after = random.oneIn(3) ? random.between(0, 80) : random.between(0, 40_000);
      link.breakAfter(random.pick(["client", "server"]), after, random.pick(KINDS));
    }
    facts.connections++;
    void admit(link);
    return link.client;
  };

  /** Sends an old hello on a connection of its own. The session must not notice. */
  const replay = (): void => {
    const old = hellos.filter(({ at }) => at < clock.now() - 1_000);
    if (old.length === 0) return;
    facts.replays++;
    const link = new Link(clock, { random });
    link.client.start({ receive: () => false, written() {}, ended() {} });
    void server.admit(link.server).catch(() => null);
    link.client.write([random.pick(old).bytes.slice()]);
  };

  const work: Promise<void>[] = [];
  const asks: Promise<void>[] = [];
  const client = await drive(connect());
  if (client === undefined) return facts;
  for (let count = random.between(1, 4); count > 0; count--) {
    const bytes = patterned(random.pick([0, 1, 500, 5_000, 60_000, 400_000]), count);
    facts.bytes += bytes.length;
    asks.push(ask(client, bytes));
  }
  work.push(echo(client));
  const outcome = await drive(Promise.allSettled(asks));
  if (served.length > 0 && !isLost) {
    for (const one of outcome) if (one.status === "rejected") throw one.reason;
  }
  const closing = Promise.all([client.close(), ...served.map((one) => one.closed)]);
  await drive(closing);
  const [own, ...others] = await Promise.all([client, ...served].map((one) => one.closed));
  if (!isLost) {
    if (own!.localError !== undefined) throw own!.localError;
    // The server may have made sessions whose client never heard of them.
    const failed = others.filter(({ localError }) => localError !== undefined);
    if (failed.length >= others.length) throw failed[0]!.localError;
  }
  await drive(Promise.allSettled(work));
  // Timers of connections that were given up.
  while (clock.runNext()) await settle();
  if (server.sessions > 0) throw new Error(`${server.sessions} sessions are left`);
  return facts;

  async function connect(): Promise<Session | undefined> {
    while (faults > -20) {
      try {
        const transport = await resume(dial, { ...timing, connectTimeout: 1_500 });
        kept.push(transport as never);
        return new Session(transport, "client", options);
      } catch (error) {
        if (faults < 0 && !isLost) throw error;
      }
    }
    return undefined;
  }

  /** Lets everything happen that is due, until `promise` settles. */
  async function drive<T>(promise: Promise<T>): Promise<T> {
    let isDone = false;
    const done = (): void => void (isDone = true);
    promise.then(done, done);
    for (let steps = 0; ; steps++) {
      await settle();
      if (isDone) return promise;
      if (turns.end()) continue;
      for (const transport of kept) {
        if (transport.kept > budget + WRITE + FRAME)
          throw new Error(`${transport.kept} bytes kept`);
      }
      if (random.oneIn(200)) replay();
      if (!clock.runNext() || steps > MAX_STEPS) throw new Error("nothing happens any more");
    }
  }
}

/** Sends `bytes` on a stream, and compares the echo. */
async function ask(session: Session, bytes: Uint8Array): Promise<void> {
  const stream = session.open();
  const [echoed] = await Promise.all([
    readAll(stream),
    stream.write(bytes).then(() => stream.closeWrite()),
  ]);
  if (firstDifference(echoed, bytes) >= 0) throw new Error("the echo has other bytes");
}

async function readAll(stream: Stream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return concatenated(chunks);
}

/** Echoes each stream of the peer. */
async function echo(session: Session): Promise<void> {
  const echoes: Promise<void>[] = [];
  for await (const stream of session) echoes.push(echoOne(stream).catch(() => undefined));
  await Promise.all(echoes);
}

async function echoOne(stream: Stream): Promise<void> {
  for await (const chunk of stream) await stream.write(chunk);
  await stream.closeWrite();
}
