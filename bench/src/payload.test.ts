import { expect, test } from "vitest";
import {
  bulkChunks,
  BulkReader,
  bulkReply,
  checkReply,
  EchoPayload,
  EchoReader,
  MessageReader,
  MixedReader,
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

test("a stream that may carry either is answered as what it is, whatever the chunks", () => {
  const bulk = Buffer.concat([...bulkChunks(200_000, 65_536)]);
  for (const size of [1, 63, 64, 65, 100_000]) {
    const request7 = new MixedReader();
    for (let at = 0; at < 64; at += size) request7.add(request(7).subarray(at, at + size));
    expect(() => checkReply(request7.end(), 7)).not.toThrow();
    const upload = new MixedReader();
    for (let at = 0; at < bulk.length; at += size) upload.add(bulk.subarray(at, at + size));
    expect(() => checkReply(upload.end(), 200_000)).not.toThrow();
  }
});

test("a wrong byte is found in either, also among those that could have been the other", () => {
  for (const at of [0, 10, 63, 64, 199_999]) {
    const bulk = Buffer.concat([...bulkChunks(200_000, 65_536)]);
    bulk[at]! ^= 1;
    const reader = new MixedReader();
    expect(() => {
      for (let from = 0; from < bulk.length; from += 50) reader.add(bulk.subarray(from, from + 50));
    }).toThrow();
  }
});

const echoLengths = [1, 7, 8, 1024, 1024 * 1024, 3_000_000];

test.each(echoLengths)("an echo of %i bytes passes whatever the chunks", (length) => {
  const payload = new EchoPayload(length);
  payload.number(258);
  const chunks = [...payload.chunks()];
  expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThanOrEqual(1024 * 1024);
  const sent = Buffer.concat(chunks);
  expect(sent.length).toBe(length);
  const echo = new EchoReader(payload);
  for (let at = 0, size = 1; at < length; at += size, size = size * 3 + 1) {
    expect(echo.isWhole).toBe(false);
    expect(() => echo.end()).toThrow();
    echo.add(sent.subarray(at, at + size));
  }
  expect(echo.isWhole).toBe(true);
  expect(() => echo.end()).not.toThrow();
  expect(() => echo.add(sent.subarray(0, 1))).toThrow();
});

test.each(echoLengths)("any wrong byte of an echo of %i bytes is found", (length) => {
  const payload = new EchoPayload(length);
  payload.number(5);
  for (const at of [0, length >> 1, length - 1]) {
    const sent = Buffer.concat([...payload.chunks()]);
    sent[at]! ^= 1;
    expect(() => new EchoReader(payload).add(sent)).toThrow("differ");
  }
});

test("an echo is no other message's", () => {
  const payload = new EchoPayload(1024);
  payload.number(256);
  const sent = Buffer.concat([...payload.chunks()]);
  payload.number(512);
  expect(() => new EchoReader(payload).add(sent)).toThrow("differ");
});
