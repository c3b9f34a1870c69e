// Runs libp2p's compliance suite for stream muxers over our sessions, as every muxer of libp2p does.

// This import must come before the suite.
import "@muxado/peers/node-20";
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

Object.assign(globalThis, mocha);

useIdleTime();
suite({ setup: async () => muxerFactory(), teardown: async () => undefined });

describe("the list of exceptions", () => {
  it("names tests of the suite only", () => {
    expect(Object.keys(exceptions).filter((title) => !titles.includes(title))).toEqual([]);
  });
});
