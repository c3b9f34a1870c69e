// The work that is counted: the workloads of bench/, written as a user would write them.

import type { Session, Stream } from "@muxado/core";

const MESSAGE = new Uint8Array(64).fill(7);
const CHUNK = new Uint8Array(64 * 1024).fill(7);

/** Runs `count` streams with 64 bytes each way, 64 streams at a time. */
export async function exchange(client: Session, server: Session, count: number): Promise<void> {
  let left = count;
  const serving = take(server, count, async (stream) => {
    await drain(stream);
    await stream.write(MESSAGE);
    await stream.close();
  });
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left--;
      const stream = client.open();
      await stream.write(MESSAGE);
      await stream.closeWrite();
      await drain(stream);
    }
  };
  await Promise.all([serving, ...Array.from({ length: 64 }, worker)]);
}

/** Sends this many bytes over one stream, 64 KiB in each write. */
export async function transfer(client: Session, server: Session, bytes: number): Promise<void> {
  const serving = take(server, 1, async (stream) => {
    await drain(stream);
    await stream.close();
  });
  const stream = client.open();
  for (let sent = 0; sent < bytes; sent += CHUNK.length) await stream.write(CHUNK);
  await stream.closeWrite();
  await drain(stream);
  await serving;
}

/** Opens streams, sends 64 bytes each way over each, and leaves them open. */
export async function hold(
  client: Session,
  server: Session,
  count: number,
  kept: Stream[],
): Promise<void> {
  const serving = take(server, count, async (stream) => {
    await stream.read();
    await stream.write(MESSAGE);
    kept.push(stream);
  });
  for (let made = 0; made < count; made++) {
    const stream = client.open();
    await stream.write(MESSAGE);
    await stream.read();
    kept.push(stream);
  }
  await serving;
}

async function drain(stream: Stream): Promise<void> {
  while ((await stream.read()) !== null);
}

/** Accepts and handles this many streams of the peer's. Keeps nothing of the streams that are done. */
async function take(
  session: Session,
  count: number,
  handle: (stream: Stream) => Promise<void>,
): Promise<void> {
  let left = count;
  let finish!: () => void;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  for (let taken = 0; taken < count; taken++) {
    void handle(await session.accept()).then(() => --left === 0 && finish());
  }
  await finished;
}
