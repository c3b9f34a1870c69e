import { DataFlag, muxado } from "@muxado/core";
import { describe, expect, it } from "vitest";
import { Accounts } from "./accounts.ts";
import { contentOf } from "./content.ts";
import { Faults } from "./faults.ts";
import { OutputReader } from "./output-reader.ts";

const { SYN, FIN, ACK } = DataFlag;

/** A client with stream 2, which the peer has opened. */
class Said {
  readonly accounts: Accounts = new Accounts(1);
  readonly #faults = new Faults();
  readonly #reader = new OutputReader(
    { wire: { ...muxado, initialWindow: 1000 }, largestWindow: 2000 },
    this.accounts,
    this.#faults,
    undefined,
  );

  constructor() {
    this.accounts.of(2).synIn = 1;
    this.accounts.of(2).dataIn = true;
    this.accounts.highestIn = 2;
  }

  data(streamId: number, flags: number, length = 0, place = this.#sent(streamId)): this {
    if ((flags & ACK) !== 0) this.#reader.onAcknowledged(streamId);
    const body = contentOf(streamId, place, length);
    this.#reader.onData(streamId, flags & ~ACK, length, body, 0, length);
    return this;
  }

  reset(streamId: number, code = 6): this {
    this.#reader.onReset(streamId, code);
    return this;
  }

  increment(streamId: number, increment: number): this {
    this.#reader.onIncrement(streamId, increment);
    return this;
  }

  goAway(lastStreamId: number): this {
    this.#reader.onGoAway(lastStreamId, 0);
    return this;
  }

  pong(value: number): this {
    this.#reader.onPing(value, true);
    return this;
  }

  #sent(streamId: number): number {
    return this.accounts.of(streamId).sent;
  }

  get kinds(): string[] {
    return this.#faults.all.map(({ kind }) => kind);
  }
}

describe("the output of a session", () => {
  it("is right if it keeps to the rules", () => {
    const said = new Said()
      .data(3, SYN, 10)
      .data(3, 0, 990)
      .data(3, FIN)
      .increment(3, 500)
      .data(2, 0, 7)
      .reset(2)
      .goAway(2)
      .data(0x7fff_ffff, FIN);
    expect(said.kinds).toEqual([]);
  });

  it.each([
    ["a second SYN", (said: Said) => said.data(3, SYN).data(3, SYN)],
    ["SYN with an id of the peer's", (said: Said) => said.data(4, SYN)],
    ["SYN with an id that we have reset", (said: Said) => said.reset(3).data(3, SYN)],
    ["DATA on a stream that was not opened", (said: Said) => said.data(3, 0, 1)],
    ["WNDINC on a stream that was not opened", (said: Said) => said.increment(4, 1)],
    ["RST on a stream that never was", (said: Said) => said.reset(4)],
    ["DATA after our FIN", (said: Said) => said.data(2, FIN).data(2, 0, 1)],
    ["FIN after our FIN", (said: Said) => said.data(2, FIN).data(2, FIN)],
    ["DATA after our RST", (said: Said) => said.reset(2).data(2, 0, 1)],
    ["WNDINC after our RST", (said: Said) => said.reset(2).increment(2, 1)],
    ["ACK after our RST", (said: Said) => said.reset(2).data(2, ACK | FIN)],
    ["a second RST", (said: Said) => said.reset(2).reset(2)],
    ["RST without a code", (said: Said) => said.reset(2, 0)],
    ["a second ACK", (said: Said) => said.data(2, ACK, 1).data(2, ACK, 1)],
    ["ACK on a stream that the peer has not opened", (said: Said) => said.data(4, ACK, 1)],
    ["DATA beyond the credit", (said: Said) => said.data(2, 0, 1001)],
    ["DATA that says nothing", (said: Said) => said.data(2, 0)],
    ["more credit than the window has", (said: Said) => said.increment(2, 1001)],
    ["GOAWAY names an id that never came", (said: Said) => said.goAway(4)],
    ["a ping is answered wrongly", (said: Said) => said.pong(1)],
  ])("is wrong: %s", (what, say) => {
    expect(say(new Said()).kinds).toContain(`output: ${what}`);
  });

  it("is wrong: other bytes than were written", () => {
    const said = new Said().data(2, 0, 10);
    expect(said.kinds).toEqual([]);
    // As if ten bytes were left out.
    said.data(2, 0, 10, 20);
    expect(said.kinds).toEqual(["output: other bytes than were written"]);
  });
});
