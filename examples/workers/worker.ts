// A worker: a session over the streams that its parent has given it. It does one job after the other. The bytes of
// further jobs wait unread, which delays only their sender.

import { createHmac } from "node:crypto";
import { Socket } from "node:net";
import { attach } from "@muxado/node";
import { TypedSession } from "@muxado/typed";
import { type Carrier, KEY, PIPE, REPORT, SEAL } from "./protocol.ts";

const [name, carrier] = process.argv.slice(2) as [string, Carrier];
const transport =
  carrier === "pipe"
    ? new Socket({ fd: PIPE })
    : { readable: process.stdin, writable: process.stdout };
const session = new TypedSession(attach(transport, { role: "server" }));

// The parent asks this worker to leave. Accepted jobs are finished. New jobs are refused, so others can do them safely.
process.once("SIGTERM", () => {
  session.goAway();
  void session.close();
});

const key = await introduce().catch(() => process.exit()); // the parent has finished already

/** Reports for work, and asks for the key. So the key is neither in the environment nor on a command line. */
async function introduce(): Promise<Uint8Array> {
  const report = session.open({ type: REPORT });
  await report.write(Buffer.from(`${name}, process ${process.pid}, over ${carrier}`));
  await report.close();
  const stream = session.open({ type: KEY });
  await stream.closeWrite();
  return new Uint8Array(await new Response(stream.readable).arrayBuffer());
}

for await (const stream of session) {
  if (stream.type !== SEAL) {
    stream.refuse();
    continue;
  }
  try {
    const seal = createHmac("sha256", key);
    for await (const chunk of stream) seal.update(chunk);
    await stream.write(Buffer.from(seal.digest("hex")));
    await stream.closeWrite();
  } catch {
    stream.reset(); // has no effect if the stream itself has failed: the parent does not need the seal any more
  }
}
