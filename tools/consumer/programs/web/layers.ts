// The layers and the codecs, wherever there are Web Streams.

import { attach, type ByteStreamPair, type Session, transportOf } from "@muxado/core";
import { encode, type Frame, FrameDecoder } from "@muxado/frame";
import { Heartbeat } from "@muxado/heartbeat";
import { resume, ResumeServer } from "@muxado/resume";
import { TypedSession } from "@muxado/typed";
import * as yamux from "@muxado/yamux";

export function frames(bytes: Uint8Array): Blob[] {
  const blobs: Blob[] = [];
  for (const frame of new FrameDecoder().decode(bytes)) {
    if (frame.type === "data") blobs.push(new Blob([frame.body]));
    if (frame.type === "goAway") blobs.push(new Blob([frame.debug]));
    blobs.push(new Blob([encode(frame)]));
  }
  const mine: Frame = { type: "data", streamId: 1, syn: true, fin: false, body: bytes };
  return [...blobs, new Blob([encode(mine)])];
}

export function yamuxFrames(bytes: Uint8Array): Blob[] {
  const blobs: Blob[] = [];
  for (const frame of new yamux.FrameDecoder().decode(bytes)) {
    if (frame.type === "data") blobs.push(new Blob([frame.body]));
    blobs.push(new Blob([yamux.encode(frame)]));
  }
  return blobs;
}

export async function typed(session: Session): Promise<void> {
  const typedSession = new TypedSession(session);
  const stream = await typedSession.accept();
  const chunk = await stream.read();
  if (chunk !== null) console.log(new Blob([chunk]), stream.type);
  for await (const piece of stream) console.log(await crypto.subtle.digest("SHA-1", piece));
  stream.readable.pipeThrough(new CompressionStream("gzip"));
  const heartbeat = new Heartbeat(typedSession, { interval: undefined });
  console.log(heartbeat);
}

export async function resumed(pair: ByteStreamPair): Promise<Session> {
  const transport = await resume(async () => transportOf(pair), { onLost: console.log });
  const admitted = await new ResumeServer({ maxParked: 10 }).admit(transportOf(pair));
  return attach(admitted ?? transport, { role: "client" });
}

export const wire = yamux.yamux({ keepAlive: undefined });
