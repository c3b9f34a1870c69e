// The test server in its own process, which can be killed and measured. It takes requests from the process that has
// started it, and ends with that process.

import { createServer } from "@muxado/ws/server";
import { handlers } from "./handlers.ts";
import { Progress, type Report } from "./progress.ts";

/** Requests of the tests to the server. */
export type Request = "report" | "go" | "close";

const progress = new Progress();
/** The origin whose pages may connect. Default: the server's own host. */
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
    // Collects garbage, so the figures do not include it. The system decides how much memory is given back to it.
    globalThis.gc!();
    const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
    const { goOn: _, ...told } = progress;
    let openStreams = 0;
    for (const session of server.sessions) openStreams += session.stats().openStreams;
    return { ...told, openStreams, rss, heapUsed, arrayBuffers };
  },
  go: () => progress.go(),
  // Resolves when all streams and sessions have ended.
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
