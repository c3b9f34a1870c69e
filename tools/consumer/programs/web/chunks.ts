// Uses of a stream's bytes, wherever there are Web Streams.

import { attach, type ByteStreamPair, Session, type Stream, type Transport } from "@muxado/core";
import { Recorder, Recording, replay } from "@muxado/core/recording";

export async function eachChunk(stream: Stream): Promise<void> {
  const chunk = await stream.read();
  if (chunk !== null) await use(chunk);
  const taken = stream.take(100);
  if (taken) await use(taken);
  for await (const piece of stream) await use(piece);
  const reader = stream.readable.getReader();
  const { done, value } = await reader.read();
  if (!done) await use(value);
}

async function use(chunk: Uint8Array<ArrayBuffer>): Promise<void> {
  const blob = new Blob([chunk, "and text"]);
  const response = new Response(chunk);
  const request = new Request("https://example.net/", { method: "POST", body: chunk });
  const hash = await crypto.subtle.digest("SHA-256", chunk);
  const own: ArrayBuffer = chunk.buffer;
  console.log(blob.size, response.ok, request.method, hash.byteLength, own.byteLength);
}

export async function directly(stream: Stream): Promise<void> {
  const chunk = await stream.read();
  if (chunk === null) return;
  console.log(new Blob([chunk]), new Response(chunk), await crypto.subtle.digest("SHA-1", chunk));
}

export async function throughTransforms(stream: Stream): Promise<void> {
  const zipped = stream.readable.pipeThrough(new CompressionStream("gzip"));
  await zipped.pipeTo(stream.writable);
  for await (const text of stream.readable.pipeThrough(new TextDecoderStream())) {
    console.log(text.toUpperCase());
  }
}

export async function asBodies(stream: Stream): Promise<string> {
  const { body } = await fetch("https://example.net/");
  if (body !== null) await body.pipeTo(stream.writable);
  await new Blob(["text"]).stream().pipeTo(stream.writable);
  await new Response("text").body?.pipeTo(stream.writable);
  return new Response(stream.readable).text();
}

/** A stream also takes bytes whose kind of memory is not known. */
export async function whatever(stream: Stream, bytes: Uint8Array): Promise<void> {
  await stream.write(bytes);
  await stream.write(new Uint8Array(new SharedArrayBuffer(8)));
  stream.offer(bytes);
  stream.session.goAway("NO_ERROR", bytes);
  const writer = stream.writable.getWriter();
  await writer.write(bytes);
}

export async function whole(pair: ByteStreamPair): Promise<void> {
  await using session = attach(pair, { role: "client", maxInboundStreams: undefined });
  const stream = session.open({ signal: undefined, priority: { urgency: 1 } });
  await stream.read({ signal: undefined });
  const { remoteDebug, localError } = await session.closed;
  console.log(new Blob([remoteDebug]), localError?.retry);
}

export function traced(transport: Transport): Session {
  return new Session(transport, "server", {
    trace(frame) {
      if (frame.kind === "goAway") console.log(new Blob([frame.debug]));
    },
  });
}

export async function recorded(transport: Transport): Promise<void> {
  const recorder = new Recorder({ sink: (piece) => console.log(new Blob([piece])) });
  const session = new Session(transport, "client", { record: recorder.record });
  await session.close({ timeout: undefined });
  const recording = new Recording(recorder.bytes());
  const { sent } = await replay(
    recording,
    (itsTransport, role, options) => new Session(itsTransport, role, options),
  );
  console.log(new Blob([sent, recorder.bytes()]));
  for (const entry of recording) if (entry.kind === "in") console.log(new Blob([entry.bytes]));
}

/** `attach` takes a pair whatever its types declare about the memory of the bytes. */
export function pairs(
  loose: { readable: ReadableStream<Uint8Array>; writable: WritableStream<Uint8Array> },
  strict: {
    readable: ReadableStream<Uint8Array<ArrayBuffer>>;
    writable: WritableStream<Uint8Array<ArrayBuffer>>;
  },
): Session[] {
  const through = new TransformStream<Uint8Array, Uint8Array>();
  return [loose, strict, through].map((pair) => attach(pair, { role: "server" }));
}
