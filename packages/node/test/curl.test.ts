// curl knows nothing of sessions, but works through one: a TCP front pipes its sockets through streams to an HTTP
// application on the other side.

import { execFile, spawn, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import * as http from "node:http";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import type { Session } from "@muxado/core";
import { serveHttp, toDuplex } from "@muxado/node";
import { describe, expect, test, vi } from "vitest";
import { nothingOpen, tcpSessions } from "./connections.ts";
import { HOST, ignore, serveSockets } from "./peers.ts";
import { leaveNothingOpen, socketPath } from "./resources.ts";

const isMissing = spawnSync("curl", ["--version"]).status !== 0;
if (isMissing) console.warn("NOT RUN, because curl cannot be found: tests with curl");

const SIZE = 8 * 1024 * 1024;

leaveNothingOpen();

/** Starts a front for `handler`. Returns its URL for curl, and the sessions behind it. */
async function front(
  handler: http.RequestListener,
): Promise<{ url: string; sessions: [Session, Session] }> {
  const sessions = await tcpSessions();
  void serveHttp(sessions[1], http.createServer(handler));
  const port = await serveSockets((socket) => {
    const stream = toDuplex(sessions[0].open());
    pipeline(socket, stream, socket).catch(ignore);
  });
  return { url: `http://${HOST}:${port}`, sessions };
}

/** Returns the output of curl. Rejects if curl fails. */
async function curl(...options: string[]): Promise<Buffer> {
  const given = ["--silent", "--show-error", "--fail", "--max-time", "50", ...options];
  const run = promisify(execFile);
  const { stdout } = await run("curl", given, { encoding: "buffer", maxBuffer: 2 * SIZE });
  return stdout;
}

/** Returns the path of a file that is removed when the test ends. */
function fileWith(content: Uint8Array): string {
  const file = path.join(path.dirname(socketPath()), "body");
  writeFileSync(file, content);
  return file;
}

describe.skipIf(isMissing)("curl through a session", () => {
  test("gets, heads and posts", async () => {
    const { url, sessions } = await front((request, response) => {
      response.setHeader("X-Asked", `${request.method} ${request.url}`);
      request.pipe(response);
    });
    expect(String(await curl("--include", `${url}/a?b=c`))).toContain("X-Asked: GET /a?b=c\r\n");
    expect(String(await curl("--head", `${url}/a`))).toContain("X-Asked: HEAD /a\r\n");
    expect(String(await curl("--data", "name=value", url))).toBe("name=value");
    const form = String(await curl("--form", "field=of a form", url));
    expect(form).toContain("of a form");
    await nothingOpen(sessions);
  });

  test("sees the statuses of failures", async () => {
    const { url } = await front((_request, response) => response.writeHead(503).end());
    await expect(curl(url)).rejects.toMatchObject({ code: 22 });
  });

  test.each([
    ["of a given length", []],
    ["chunked", ["--header", "Transfer-Encoding: chunked"]],
    ["asked for first", ["--header", "Expect: 100-continue"]],
  ])("sends and gets large bodies, %s", async (_, options) => {
    const { url, sessions } = await front((request, response) => {
      const sum = createHash("sha256");
      request.on("data", (chunk: Buffer) => sum.update(chunk));
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        response.setHeader("X-Sum", sum.digest("hex"));
        for (const chunk of chunks) response.write(chunk);
        response.end();
      });
    });
    const body = randomBytes(SIZE);
    const file = fileWith(body);
    const got = await curl("--include", ...options, "--data-binary", `@${file}`, url);
    const sum = createHash("sha256").update(body).digest("hex");
    expect(got.subarray(-SIZE).equals(body)).toBe(true);
    expect(String(got.subarray(0, -SIZE))).toContain(`X-Sum: ${sum}\r\n`);
    await nothingOpen(sessions);
  });

  test("uses one connection, and so one stream, for several requests", async () => {
    const { url, sessions } = await front((request, response) => response.end(request.url));
    const urls = [1, 2, 3, 4, 5].map((number) => `${url}/${number}`);
    expect(String(await curl(...urls))).toBe("/1/2/3/4/5");
    expect(sessions[0].stats().streamsOpened).toBe(1);
    await nothingOpen(sessions);
  });

  test("uses several at the same time", async () => {
    const { url, sessions } = await front((request, response) => response.end(request.url));
    const urls = Array.from({ length: 20 }, (_, number) => `${url}/${number}`);
    const answers = await Promise.all(urls.map((one) => curl(one)));
    expect(answers.map(String)).toEqual(urls.map((one) => new URL(one).pathname));
    expect(sessions[0].stats().streamsOpened).toBe(20);
    await nothingOpen(sessions);
  });

  test("may read slowly, and gets everything", async () => {
    const body = randomBytes(400_000);
    const { url } = await front((_request, response) => response.end(body));
    expect((await curl("--limit-rate", "1M", url)).equals(body)).toBe(true);
  });

  test("may leave in the middle of an answer: the application notices it", async () => {
    let finished: boolean | undefined;
    const { url, sessions } = await front((_request, response) => {
      response.on("close", () => (finished = response.writableFinished));
      const fill = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(64 * 1024)));
      };
      response.on("drain", fill);
      fill();
    });
    const process = spawn("curl", ["--silent", "--no-buffer", url]);
    await once(process.stdout, "data");
    process.kill();
    await once(process, "exit");
    await vi.waitFor(() => expect(finished).toBe(false));
    await nothingOpen(sessions);
  });

  test("notices when an answer is cut off", async () => {
    const { url, sessions } = await front((_request, response) => {
      response.writeHead(200, { "Content-Length": 1_000 });
      response.write("half", () => response.destroy());
    });
    const outcome = await curl(url).catch((error: { code: number }) => error.code);
    // curl reports a partial file, an empty answer or a connection reset.
    expect([18, 52, 56]).toContain(outcome);
    await nothingOpen(sessions);
  });
});
