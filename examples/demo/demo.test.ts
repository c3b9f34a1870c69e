// The demo detects every wrong answer, and its exit code shows it.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { json, text } from "node:stream/consumers";
import type { Session, Stream } from "@muxado/core";
import { connect, createServer } from "@muxado/node";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { demo } from "./demo.ts";
import { hashFiles, sendFiles } from "./files.ts";
import { answerQuestions, askQuestions } from "./questions.ts";
import { repositoryFiles } from "./repository.ts";
import type { Summary } from "./tally.ts";

const said = vi.spyOn(console, "log").mockImplementation(() => {});
const complained = vi.spyOn(console, "error").mockImplementation(() => {});
beforeEach(() => {
  said.mockClear();
  complained.mockClear();
});

function folder(): string {
  const made = realpathSync(mkdtempSync(path.join(tmpdir(), "muxado-")));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

/** Resolves with a client's session. Its server calls `serve` with each of its sessions. */
async function connected(serve: (session: Session) => void | Promise<void>): Promise<Session> {
  const server = createServer({}, serve);
  onTestFinished(() => server.close({ timeout: 0 }));
  await server.listen({ host: "localhost", port: 0 });
  return connect({ port: server.port });
}

/** Answers each stream with the result of `answer`. */
async function answering(
  session: Session,
  answer: (stream: Stream) => Promise<string>,
): Promise<void> {
  for await (const stream of session) {
    const reply = Buffer.from(await answer(stream));
    await stream.write(reply);
    await stream.closeWrite();
  }
}

describe("files", () => {
  function files(): string[] {
    const root = folder();
    return ["", "a", "b".repeat(100_000)].map((content, index) => {
      const file = path.join(root, String(index));
      writeFileSync(file, content);
      return file;
    });
  }

  test("reach an honest server unharmed", async () => {
    const summary = await sendFiles(await connected(hashFiles), files());
    expect(summary).toMatchObject({
      streams: 3,
      bytesSent: 100_001,
      bytesReceived: 3 * 64,
      mismatches: 0,
    });
  });

  test("detect a server that sends wrong hashes", async () => {
    const truth = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const liar = await connected((session) =>
      answering(session, async (stream) => ((await text(stream)) === "" ? truth : "0".repeat(64))),
    );
    expect(await sendFiles(liar, files())).toMatchObject({ streams: 3, mismatches: 2 });
    expect(complained).toHaveBeenCalledTimes(2);
  });

  test("are not counted as sent if the server breaks off", async () => {
    const quitter = await connected((session) => session.destroy());
    await expect(sendFiles(quitter, files())).rejects.toMatchObject({ origin: "remote" });
  });
});

describe("questions", () => {
  /** Asks a client `count` questions and resolves with the summary. The client answers them with `answer`. */
  async function asked(
    count: number,
    answer: (client: Session) => Promise<void>,
  ): Promise<Summary> {
    let outcome!: (summary: Promise<Summary>) => void;
    const summary = new Promise<Summary>((resolve) => {
      outcome = resolve;
    });
    const client = await connected((session) => outcome(askQuestions(session, count)));
    void answer(client);
    return summary;
  }

  test("get the right answers from an honest client, the meaning of life among them", async () => {
    expect(await asked(1000, answerQuestions)).toMatchObject({ streams: 1000, mismatches: 0 });
    expect(complained).not.toHaveBeenCalled();
  });

  test("detect a client that gives one answer to everything", async () => {
    const summary = await asked(60, (client) => answering(client, async () => "42"));
    expect(summary).toMatchObject({ streams: 60, mismatches: 59 });
  });

  test("detect a client that is wrong about the meaning of life", async () => {
    const summary = await asked(60, (client) =>
      answering(client, async (stream) => {
        const { ask } = (await json(stream)) as { ask: string };
        return ask.startsWith("the meaning of life") ? "43" : "null";
      }),
    );
    expect(summary.mismatches).toBe(60);
    expect(complained.mock.calls.flat()).toContainEqual(expect.stringContaining("not 43"));
  });

  test("are refused if they make no sense, and others are answered", async () => {
    const answers: unknown[] = [];
    const client = await connected(async (session) => {
      for (const question of ["not JSON", '{"ask":"sum","of":[40,2]}']) {
        const stream = session.open();
        await stream.write(Buffer.from(question));
        await stream.closeWrite();
        answers.push(await text(stream).catch((error: { code: string }) => error.code));
      }
      await session.close();
    });
    await answerQuestions(client);
    expect(answers).toEqual(["INTERNAL_ERROR", "42"]);
  });
});

describe("the exit code", () => {
  const good = {
    streams: 1,
    bytesSent: 1,
    bytesReceived: 1,
    streamsPerSecond: 1,
    median: 1,
    p99: 1,
  };

  /** Writes a program that sends `messages`, waits until it is dismissed, and exits with `code`. */
  function program(messages: readonly object[], code = 0): string {
    const file = path.join(folder(), "program.mjs");
    const tell = messages.map((message) => `process.send(${JSON.stringify(message)});\n`);
    const exit = `process.once("disconnect", () => process.exit(${code}));\n`;
    writeFileSync(file, tell.join("") + exit);
    return file;
  }
  const server = (mismatches: number, code?: number): string =>
    program([{ port: 1 }, { progress: [1, 1] }, { summary: { ...good, mismatches } }], code);
  // A client exits without being dismissed.
  const client = (mismatches: number, code = 0): string => {
    const file = path.join(folder(), "program.mjs");
    const message = JSON.stringify({ summary: { ...good, mismatches } });
    writeFileSync(file, `process.send(${message}, () => process.exit(${code}));`);
    return file;
  };

  test("is 0 if every answer was right", async () => {
    expect(await demo(server(0), client(0))).toBe(0);
    expect(said.mock.calls.flat()).toContain("Every answer was right.");
  });

  test.each([
    ["a file was wrong", 0, 1],
    ["a question was wrong", 1, 0],
  ])("is 1 if %s", async (_, questions, files) => {
    expect(await demo(server(questions), client(files))).toBe(1);
    expect(said.mock.calls.flat()).toContain("Wrong answers: 1");
  });

  test.each([
    ["the server", 3, 0],
    ["the client", 0, 3],
  ])("is 1 if %s ends badly, though every answer was right", async (_, serverCode, clientCode) => {
    expect(await demo(server(0, serverCode), client(0, clientCode))).toBe(1);
  });

  test("is 1 if a process breaks off, and the other process is ended as well", async () => {
    const broken = path.join(folder(), "broken.mjs");
    writeFileSync(broken, "process.exit(7)");
    expect(await demo(broken, client(0))).toBe(1);
    expect(await demo(server(0), broken)).toBe(1);
    expect(String(complained.mock.calls.at(-1))).toContain("exited with code 7 before it was done");
  });
});

describe("the files of a repository", () => {
  function repository(): string {
    const root = folder();
    for (const name of ["src", "node_modules", "dist"]) mkdirSync(path.join(root, name));
    for (const name of ["a.ts", "src/b.ts", "src/c.log", "node_modules/d.js", "dist/e.js"]) {
      writeFileSync(path.join(root, name), name);
    }
    return root;
  }
  const names = async (root: string): Promise<Set<string>> => {
    const files = await repositoryFiles(root);
    return new Set(files.map((file) => path.relative(root, file).replaceAll("\\", "/")));
  };

  test("are those that git tracks and that exist", async () => {
    const root = repository();
    const git = (...args: string[]): unknown => execFileSync("git", args, { cwd: root });
    git("init", "--quiet");
    git("add", "a.ts", "src/b.ts", "dist/e.js");
    rmSync(path.join(root, "a.ts"));
    expect(await names(root)).toEqual(new Set(["dist/e.js", "src/b.ts"]));
  });

  test("are found without git, too", async () => {
    expect(await names(repository())).toEqual(new Set(["a.ts", "src/b.ts", "src/c.log"]));
  });
});
