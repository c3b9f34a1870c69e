// Clients that lie to a server of resumable sessions. Each gets an error, and costs the session of somebody else
// nothing. The bytes are written by hand, as docs/spec/resume.md says.

import { MuxadoError, type Transport } from "@muxado/core";
import { ResumeServer, type ResumeServerOptions } from "@muxado/resume";
import { concatenated, Link, settle, VirtualClock } from "@muxado/testkit";
import { describe, expect, test } from "vitest";

const MAGIC = "4d585201";
const ID = "11".repeat(16);
const SECRET = "22".repeat(16);

function hex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

/** Returns a hello. */
function hello(options: {
  kind?: string;
  id?: string;
  secret?: string;
  attempt?: number;
  received?: number;
}) {
  const { kind = "00", id = ID, secret = SECRET, attempt = 1, received = 0 } = options;
  const units = received.toString(16).padStart(16, "0");
  return hex(`${MAGIC}${kind}000000${id}${secret}${attempt.toString(16).padStart(8, "0")}${units}`);
}

function data(text: string): string {
  return `00${(text.length / 2).toString(16).padStart(8, "0")}${text}`;
}

/** A server on virtual time, and a way to connect to it. */
function bench(options: ResumeServerOptions = {}) {
  const clock = new VirtualClock();
  const server = new ResumeServer({ clock, pingInterval: Infinity, ...options });
  /** Lets everything happen that is due now. */
  const calm = async (): Promise<void> => {
    for (let step = 0; step < 50; step++) {
      await settle();
      while (clock.delivering && clock.nextDue === clock.now()) clock.runNext();
    }
  };
  /** Connects, sends bytes, and tells what came of it. */
  const knock = async (bytes: Uint8Array<ArrayBuffer>, connection?: unknown) => {
    const link = new Link(clock);
    const answer: Uint8Array[] = [];
    const got: Uint8Array[] = [];
    let isEnded = false;
    let endError: unknown;
    let isWriting = false;
    link.client.start({
      receive: (chunk) => {
        answer.push(chunk.slice());
        return false;
      },
      written: () => {
        isWriting = false;
      },
      ended: () => {
        isEnded = true;
      },
    });
    let transport: Transport | null | undefined;
    let error: unknown;
    server.admit(link.server, connection).then(
      (admitted) => {
        transport = admitted;
        admitted?.start({
          receive: (chunk) => {
            got.push(chunk.slice());
            return false;
          },
          written() {},
          ended: (cause) => {
            endError = cause ?? "the end";
          },
        });
      },
      (cause: unknown) => {
        error = cause;
      },
    );
    const send = async (more: Uint8Array<ArrayBuffer>): Promise<void> => {
      expect(isWriting).toBe(false);
      if (more.length > 0) link.client.write([more]);
      await calm();
    };
    await send(bytes);
    return {
      send,
      cut: async () => {
        link.client.fail();
        await calm();
      },
      get status() {
        return concatenated(answer)[4];
      },
      get answer() {
        return concatenated(answer);
      },
      got: () => Buffer.from(concatenated(got)).toString("hex"),
      get transport() {
        return transport;
      },
      get error() {
        return error;
      },
      get isEnded() {
        return isEnded;
      },
      get endError() {
        return endError as Error | undefined;
      },
    };
  };
  return { clock, server, knock, calm };
}

describe("a hello", () => {
  test("begins a session, and one with a later number goes on with it from the first byte that is missing", async () => {
    const { server, knock } = bench();
    const first = await knock(hello({}));
    expect(first.status).toBe(0);
    await first.send(hex(data("aabbcc")));
    expect(first.got()).toBe("aabbcc");
    const second = await knock(hello({ kind: "01", attempt: 2 }));
    expect(second.transport).toBeNull();
    expect(Buffer.from(second.answer).toString("hex")).toBe(
      `${MAGIC}00000000${"3".padStart(16, "0")}`,
    );
    expect(first.isEnded).toBe(true);
    await second.send(hex(data("dd")));
    expect(first.got()).toBe("aabbccdd");
    expect(server.sessions).toBe(1);
  });

  test.each<[string, number, Parameters<typeof hello>[0]]>([
    ["with a wrong secret", 1, { kind: "01", secret: `${"22".repeat(15)}23`, attempt: 2 }],
    ["for a session that nobody knows", 1, { kind: "01", id: "33".repeat(16), attempt: 2 }],
    ["of a new session with the name of another one", 1, { secret: "44".repeat(16), attempt: 2 }],
    ["that is sent again", 2, { attempt: 1 }],
    ["with a number before the last", 2, { attempt: 0 }],
    ["that has received what was never sent", 3, { kind: "01", attempt: 2, received: 1 }],
    [
      "that has received more than numbers can say",
      3,
      { kind: "01", attempt: 2, received: 2 ** 53 - 1 },
    ],
  ])("%s is refused with status %i, and the session goes on", async (_, status, options) => {
    const { server, knock } = bench();
    const own = await knock(hello({}));
    await own.send(hex(data("aa")));
    const other = await knock(hello(options));
    expect(other.status).toBe(status);
    expect(MuxadoError.is(other.error) && other.error.code).toBe("CONNECT_FAILED");
    expect(own.isEnded).toBe(false);
    await own.send(hex(data("bb")));
    expect(own.got()).toBe("aabb");
    expect(server.sessions).toBe(1);
  });

  test("that comes after the deadline is refused, and the session has ended", async () => {
    const { clock, server, knock, calm } = bench({ deadline: 1_000 });
    const own = await knock(hello({}));
    await own.cut();
    expect(server.parked).toBe(1);
    clock.advance(1_001);
    await calm();
    expect(own.endError!.message).toContain("no other came within 1000 ms");
    expect((await knock(hello({ kind: "01", attempt: 2 }))).status).toBe(1);
    expect(server.sessions).toBe(0);
  });

  test.each([
    ["of another protocol", "474554202f20485454502f312e310d0a".padEnd(104, "0")],
    ["of another version", `4d585202${"00".repeat(48)}`],
    ["of a kind that does not exist", `${MAGIC}02${"00".repeat(47)}`],
  ])("%s is refused with status 4", async (_, bytes) => {
    const { server, knock } = bench();
    const other = await knock(hex(bytes));
    expect(other.status).toBe(4);
    expect(server.sessions).toBe(0);
  });

  test("that is not complete in time gives up its connection", async () => {
    const { clock, server, knock, calm } = bench({ handshakeTimeout: 500 });
    const other = await knock(hello({}).subarray(0, 51));
    clock.advance(501);
    await calm();
    expect(other.error).toMatchObject({ code: "CONNECT_FAILED" });
    expect(other.isEnded).toBe(true);
    expect(server.sessions).toBe(0);
  });

  test("that comes byte by byte is heard, with what follows it", async () => {
    const { knock } = bench();
    const bytes = concatenated([hello({}), hex(data("aabb"))]);
    const own = await knock(bytes.slice(0, 1));
    for (const byte of bytes.subarray(1)) await own.send(Uint8Array.of(byte));
    expect(own.got()).toBe("aabb");
  });
});

describe("a record", () => {
  test.each([
    ["of a type that does not exist", "0400000000", "type 4"],
    ["of data without data", "0000000000", "type 0 with 0 bytes"],
    ["of a confirmation with 7 bytes", "0100000007", "type 1 with 7 bytes"],
    ["of a question with content", "02000000010a", "type 2"],
    [
      "that confirms what was not sent",
      "01000000080000000000000001",
      "confirmed 1 units, and 0 were sent",
    ],
    ["that confirms an absurd number", "0100000008ffffffffffffffff", "confirmed"],
    ["behind the end", `0300000000${data("aa")}`, "after the end"],
    ["of a second end", "03000000000300000000", "twice"],
  ])("%s ends the session with an error that says it", async (_, bytes, text) => {
    const { server, knock } = bench();
    const own = await knock(hello({}));
    await own.send(hex(bytes));
    expect(own.isEnded).toBe(true);
    expect(server.sessions).toBe(0);
    if (!text.startsWith("after") && text !== "twice") {
      expect(own.endError).toMatchObject({ code: "PROTOCOL_ERROR" });
      expect(own.endError!.message).toContain(text);
    }
  });

  test("that announces 4 GiB takes no memory", async () => {
    const { knock } = bench();
    const own = await knock(hello({}));
    await own.send(hex("00ffffffffaabb"));
    expect(own.got()).toBe("aabb");
  });
});

describe("sessions that wait for another connection", () => {
  test("are limited in number: the owner of the most loses the oldest", async () => {
    const { server, knock } = bench({ maxParked: 4 });
    const honest = await knock(hello({ id: "aa".repeat(16) }), { remoteAddress: "192.0.2.1" });
    await honest.cut();
    const flood = [];
    for (let count = 0; count < 20; count++) {
      const id = count.toString(16).padStart(2, "0").repeat(16);
      const one = await knock(hello({ id }), { socket: { remoteAddress: "192.0.2.2" } });
      await one.cut();
      flood.push(one);
      expect(server.parked).toBeLessThanOrEqual(4);
    }
    expect(honest.endError).toBeUndefined();
    expect(flood[0]!.endError!.message).toContain("too many sessions wait");
    expect(flood.filter((one) => one.endError === undefined)).toHaveLength(3);
    expect((await knock(hello({ kind: "01", id: "aa".repeat(16), attempt: 2 }))).status).toBe(0);
  });

  test("are limited in bytes", async () => {
    const { server, knock } = bench({ maxParkedBytes: 10_000 });
    for (let count = 0; count < 5; count++) {
      const one = await knock(hello({ id: count.toString(16).padStart(2, "0").repeat(16) }));
      one.transport!.write([new Uint8Array(4_000)]);
      await one.cut();
      expect(server.parkedBytes).toBeLessThanOrEqual(10_000);
    }
    expect(server.parked).toBe(2);
  });

  test("may be forbidden: then a lost connection ends the session", async () => {
    const { server, knock } = bench({ maxParked: 0 });
    const one = await knock(hello({}));
    await one.cut();
    expect(one.endError!.message).toContain("too many sessions wait");
    expect(server.sessions).toBe(0);
  });
});

test.each([
  ["deadline", -1],
  ["handshakeTimeout", 0],
  ["maxParked", -1],
  ["maxParkedBytes", 0.5],
  ["budget", 0],
  ["pingInterval", 0],
  ["pingTimeout", Number.NaN],
])("a server with %s out of range is refused", (name, value) => {
  expect(() => new ResumeServer({ [name]: value })).toThrow(name);
});
