// Ids: which side owns them, that none is used twice, and which were reset lately.

import { describe, expect, it } from "vitest";
import { muxado } from "../muxado-wire.ts";
import { Opening } from "./opening.ts";
import { StreamTable } from "./stream-table.ts";

interface Entry {
  readonly id: number;
  readonly isLocal: boolean;
  readonly opening: Opening;
  readonly unsent: boolean;
  readonly isOver: boolean;
  readonly heardAt: number;
  readonly isBackground: boolean;
}

function stream(id: number, isLocal: boolean): Entry {
  const opening = isLocal ? Opening.syn : Opening.done;
  return {
    id,
    isLocal,
    opening,
    unsent: isLocal,
    isOver: false,
    heardAt: -1,
    isBackground: false,
  };
}

function tableOf(role: "client" | "server", maxId = muxado.maxStreamId): StreamTable<Entry> {
  const { firstClientStreamId, firstServerStreamId } = muxado;
  return new StreamTable(role === "client" ? firstClientStreamId : firstServerStreamId, maxId);
}

/** The SYN of `stream` leaves. */
function announce(stream: Entry): void {
  Object.assign(stream, { opening: Opening.done, unsent: false });
}

describe("ids of our own", () => {
  it("start at 3 for a client and at 2 for a server, and go up by 2", () => {
    const [client, server] = [tableOf("client"), tableOf("server")];
    expect([client.takeLocalId(), client.takeLocalId()]).toEqual([3, 5]);
    expect([server.takeLocalId(), server.takeLocalId()]).toEqual([2, 4]);
  });

  it("are told from the peer's by their parity, also the 1 that nobody opens", () => {
    const client = tableOf("client");
    expect([1, 3, 2 ** 31 - 1].map((id) => client.isLocal(id))).toEqual([true, true, true]);
    expect([2, 2 ** 31 - 2].map((id) => client.isLocal(id))).toEqual([false, false]);
  });

  it.each(["client", "server"] as const)("run out once, and never wrap, for a %s", (role) => {
    const table = tableOf(role, 8);
    const taken: number[] = [];
    while (!table.exhausted) taken.push(table.takeLocalId());
    expect(taken).toEqual(role === "client" ? [3, 5, 7] : [2, 4, 6, 8]);
  });

  it("leave the id of the frame that pads a GOAWAY alone", () => {
    expect(muxado.maxStreamId).toBe(2 ** 31 - 2);
  });
});

describe("streams", () => {
  it("are counted by side, from their opening to their end", () => {
    const table = tableOf("client");
    const [ours, theirs] = [stream(3, true), stream(8, false)];
    table.addLocal(ours);
    table.addRemote(theirs);
    expect([table.localCount, table.remoteCount, table.count]).toEqual([1, 1, 2]);
    table.remove(ours);
    table.remove(theirs);
    expect([table.localCount, table.remoteCount, table.count]).toEqual([0, 0, 0]);
    expect([table.openedCount, table.acceptedCount]).toEqual([1, 1]);
  });

  it("are found by id once they are on the wire", () => {
    const table = tableOf("client");
    const ours = stream(3, true);
    table.addLocal(ours);
    expect(table.get(3)).toBeUndefined();
    announce(ours);
    expect(table.get(3)).toBe(ours);
    table.remove(ours);
    expect(table.get(3)).toBeUndefined();
  });

  it("are all listed once, in the order in which they came to be", () => {
    const table = tableOf("client");
    const [sent, unsent, ended] = [stream(3, true), stream(5, true), stream(7, true)];
    table.addLocal(sent);
    const theirs = stream(2, false);
    table.addRemote(theirs);
    for (const each of [unsent, ended]) table.addLocal(each);
    announce(sent);
    table.remove(ended);
    expect(table.all()).toEqual([sent, theirs, unsent]);
  });

  it("that the peer has not been told of are given out once, and again when that is wanted", () => {
    const table = tableOf("client");
    const [first, second, third] = [stream(3, true), stream(5, true), stream(7, true)];
    for (const each of [first, second, third]) table.addLocal(each);
    announce(second);
    expect(table.hasOpened).toBe(true);
    expect(table.takeOpened()).toEqual([first, third]);
    expect([table.hasOpened, table.takeOpened()]).toEqual([false, []]);
    table.announceLater(third);
    expect(table.takeOpened()).toEqual([third]);
  });

  it("that end unannounced do not pile up while nothing takes them", () => {
    const table = tableOf("client");
    const [left, again] = [stream(3, true), stream(5, true)];
    table.addLocal(left);
    table.addLocal(again);
    for (let id = 7; id < 20_000; id += 2) {
      const brief = stream(id, true);
      table.addLocal(brief);
      table.announceLater(again);
      Object.assign(brief, { isOver: true });
      table.remove(brief);
    }
    const taken = table.takeOpened();
    expect(taken.length).toBeLessThan(100);
    expect(new Set(taken.filter(({ isOver }) => !isOver))).toEqual(new Set([left, again]));
  });

  it("of the peer leave their highest id behind, in any order of arrival", () => {
    const table = tableOf("client");
    for (const id of [4, 10, 6]) table.addRemote(stream(id, false));
    expect(table.lastRemoteId).toBe(10);
  });
});

describe("ids that were reset", () => {
  it("are remembered", () => {
    const table = tableOf("client");
    table.rememberReset(4);
    expect([4, 6].map((id) => table.wasReset(id))).toEqual([true, false]);
  });

  it("are the last 8 192 at least, and 16 384 at the most", () => {
    const table = tableOf("client");
    const count = 40_000;
    for (let id = 0; id < count; id++) table.rememberReset(id);
    const remembered = Array.from({ length: count }, (_, id) => id).filter((id) =>
      table.wasReset(id),
    );
    expect(remembered.length).toBeLessThanOrEqual(16 * 1024);
    expect(remembered.slice(-8 * 1024)[0]).toBe(count - 8 * 1024);
  });
});
