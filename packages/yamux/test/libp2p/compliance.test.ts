// Runs libp2p's compliance suite for stream muxers over our sessions, as every muxer of libp2p does.

import suite from "@libp2p/interface-compliance-tests/stream-muxer";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { exceptions } from "./exceptions.ts";
import { useIdleTime } from "./idle-time.ts";
import { muxerFactory } from "./muxer.ts";

/** The properties of `this` that a mocha test may use. */
const context = { timeout: () => undefined };

type Body = (this: typeof context) => unknown;

const titles: string[] = [];

/** The names that the suite expects to be global. */
const mocha = {
  describe: (title: string, body: Body) => void describe(title, () => void body.call(context)),
  it(title: string, body: Body): void {
    titles.push(title);
    const run = async (): Promise<void> => void (await body.call(context));
    // A test on the list of exceptions has to fail.
    if (title in exceptions) it.fails(title, run);
    else it(title, run);
  },
  before: (body: Body) => beforeAll(async () => void (await body.call(context))),
  after: (body: Body) => afterAll(async () => void (await body.call(context))),
  beforeEach: (body: Body) => beforeEach(async () => void (await body.call(context))),
  afterEach: (body: Body) => afterEach(async () => void (await body.call(context))),
};

/** Node 22 has it, and libp2p needs it; Node 20 does not have it. */
function withResolvers(): object {
  const deferred = {};
  const promise = new Promise((resolve, reject) => Object.assign(deferred, { resolve, reject }));
  return Object.assign(deferred, { promise });
}

Object.assign(globalThis, mocha);
(Promise as { withResolvers?: unknown }).withResolvers ??= withResolvers;

useIdleTime();
suite({ setup: async () => muxerFactory(), teardown: async () => undefined });

describe("the list of exceptions", () => {
  it("names tests of the suite only", () => {
    expect(Object.keys(exceptions).filter((title) => !titles.includes(title))).toEqual([]);
  });
});
