import { expect, test } from "vitest";
import {
  bulkChunks,
  BulkReader,
  bulkReply,
  checkReply,
  MessageReader,
  replyTo,
  request,
} from "./payload.ts";

test("a request gets its own reply, and no other passes for it", () => {
  const reply = replyTo(request(4_000_000_001));
  expect(() => checkReply(reply, 4_000_000_001)).not.toThrow();
  expect(() => checkReply(reply, 4_000_000_002)).toThrow();
});

test("one wrong byte anywhere in a message is found", () => {
  for (let at = 0; at < 64; at++) {
    const body = request(7);
    body[at]! ^= 1;
    expect(() => replyTo(body)).toThrow();
  }
});

test("a message is put together from pieces, and neither more nor less than it passes", () => {
  const body = request(5);
  const reader = new MessageReader();
  expect(reader.add(body.subarray(0, 10))).toBeUndefined();
  expect(() => reader.end()).toThrow();
  expect(reader.add(body.subarray(10))).toEqual(body);
  expect(reader.end()).toEqual(body);
  expect(() => reader.add(body.subarray(0, 1))).toThrow();
});

test("bulk bytes pass whatever the chunks", () => {
  const sent = Buffer.concat([...bulkChunks(3_000_000, 1024 * 1024)]);
  expect(Buffer.concat([...bulkChunks(3_000_000, 65_536)]).equals(sent)).toBe(true);
  const reader = new BulkReader();
  for (let at = 0, size = 1; at < sent.length; at += size, size = size * 3 + 1) {
    reader.add(sent.subarray(at, at + size));
  }
  expect(reader.length).toBe(3_000_000);
  expect(() => checkReply(bulkReply(reader.length), 3_000_000)).not.toThrow();
});

test("a changed, lost or repeated piece of bulk bytes is found", () => {
  const sent = Buffer.concat([...bulkChunks(400_000, 65_536)]);
  const changed = Buffer.from(sent);
  changed[399_999]! ^= 1;
  const lost = Buffer.concat([sent.subarray(0, 65_536), sent.subarray(131_072)]);
  const repeated = Buffer.concat([sent.subarray(0, 16_384), sent]);
  for (const bytes of [changed, lost, repeated]) {
    expect(() => new BulkReader().add(bytes)).toThrow();
  }
});
