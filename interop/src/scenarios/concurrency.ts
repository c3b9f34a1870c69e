// Many concurrent streams, opened by both ends at once.

import { strict as assert } from "node:assert";
import type { Session } from "@muxado/core";
import { type Cell, until } from "../cell.ts";
import { ask, receive, sendAll, serve } from "../local-stream.ts";
import { digestOf } from "../payload.ts";
import { Proxy } from "../proxy.ts";
import type { Scenario } from "../scenario.ts";

const COUNT = 1_000;

export const concurrency: readonly Scenario[] = [
  { name: "1 000 streams each way at once", run: allAtOnce },
  { name: "1 000 streams each way, their own limits", run: atTheirLimits },
  { name: "first frames that cross", run: crossingOpens },
];

/** Both ends have room for all streams. */
async function allAtOnce(cell: Cell): Promise<void> {
  const { session, remote } = await cell.connect({
    session: { acceptBacklog: COUNT },
    peer: { backlog: COUNT, streamLimit: 3 * COUNT },
  });
  await remote.serve();
  const served = serve(session);
  const [answers] = await Promise.all([
    remote.ask({ count: COUNT, bytes: 100, seed: 5_000 }),
    ...Array.from({ length: COUNT }, (_, n) => ask(session, n, n)),
  ]);
  assert.deepEqual(answers, { right: COUNT, wrong: [] });
  assert.equal(served.length, COUNT);
  for (let n = 0; n < COUNT; n++) assert.equal((await remote.served()).end, "clean");
  assert.equal(session.stats().openStreams, 0);
}

/**
 * Go refuses streams that its backlog cannot take. Rust must not get more streams than it can take (R6), which is 512.
 * A stream that has ended counts until Rust's writer has handled it, so each of our streams and each of theirs may
 * count twice. The same holds for Rust's yamux (Y5). JavaScript's yamux opens any number of streams (L20), and we
 * refuse those beyond our backlog.
 */
async function atTheirLimits(cell: Cell): Promise<void> {
  const together = cell.peer.library.endsWith("go") ? COUNT : 120;
  const { session, remote } = await cell.connect({ session: { maxOutboundStreams: together } });
  await remote.serve();
  const served = serve(session);
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < COUNT) await askPatiently(session, next++);
  };
  const [answers] = await Promise.all([
    remote.ask({ count: COUNT, bytes: 100, seed: 5_000, together }),
    ...Array.from({ length: together }, work),
  ]);
  assert.deepEqual(answers, { right: COUNT, wrong: [] });
  assert.equal(served.length, COUNT);
}

/** Repeats the request while the error is marked safe to retry. */
async function askPatiently(session: Session, n: number): Promise<void> {
  for (;;) {
    const stream = session.open();
    const [, got] = await Promise.all([sendAll(stream, n, n), receive(stream)]);
    if (stream.error?.retry === "safe") continue;
    assert.deepEqual(got, digestOf(n, n));
    return;
  }
}

/** Neither end has received anything from the other when it opens. */
async function crossingOpens(cell: Cell): Promise<void> {
  const proxy = new Proxy();
  const { session, remote } = await cell.connect({ proxy });
  proxy.hold("us");
  proxy.hold("peer");
  await remote.serve();
  const served = serve(session);
  const asking = Array.from({ length: 10 }, (_, n) => ask(session, 1_000, n));
  const answers = remote.ask({ count: 10, bytes: 1_000, seed: 50 });
  await until(() => session.stats().bytesSent > 10_000);
  proxy.release("us");
  proxy.release("peer");
  await Promise.all(asking);
  assert.deepEqual(await answers, { right: 10, wrong: [] });
  assert.equal(served.length, 10);
}
