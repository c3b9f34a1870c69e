// The server of the tests, in a process of its own, which can be killed and measured. It takes requests from the
// process that has started it, and ends with it.

import { createServer } from "@muxado/ws/server";
import { handlers } from "./handlers.ts";
import { Progress, type Report } from "./progress.ts";

/** What the tests ask of the server. */
export type Request = "report" | "go" | "close";

const progress = new Progress();
/** The pages that may connect; by default those of this server's own host. */
const [origin] = process.argv.slice(2);
const server = createServer(
  {
    ...(origin === undefined ? {} : { origins: [origin] }),
    acceptBacklog: 1_000,
    onConnectionError: (error) => progress.complaints.push(error.message),
  },
  async (session, request) => {
    void session.closed.then((end) => progress.ended(end));
    const { pathname, searchParams } = new URL(request.url!, "ws://server");
    try {
      await handlers[pathname]!(session, searchParams, progress);
    } catch (error) {
      progress.complaints.push(String(error));
    }
  },
);

const answers: Readonly<Record<Request, () => unknown>> = {
  report(): Report {
    // Without what is only waiting to be collected; what is given back to the system is up to the system.
    globalThis.gc!();
    const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
    const { goOn: _, ...told } = progress;
    let openStreams = 0;
    for (const session of server.sessions) openStreams += session.stats().openStreams;
    return { ...told, openStreams, rss, heapUsed, arrayBuffers };
  },
  go: () => progress.go(),
  // Resolves when the streams have ended and the sessions have.
  close: () => server.close(),
};

async function answer({ id, request }: { id: number; request: Request }): Promise<void> {
  const result = await answers[request]();
  if (process.connected) process.send!({ id, result });
}

process.on("message", (message) => void answer(message as Parameters<typeof answer>[0]));
process.on("disconnect", () => void server.close({ timeout: 0 }));
await server.listen({ host: "127.0.0.1", port: 0 });
process.send!({ id: 0, result: server.port });
