// A recipe: a library, its server, and the steps that must succeed over a session as well as over TCP.

import type { Link } from "./link.ts";
import { Resources } from "./leftovers.ts";
import { SessionLink } from "./session-link.ts";
import { TcpLink } from "./tcp-link.ts";
import type { RunningServer } from "../servers/running-server.ts";

/** The environment of a recipe. */
export interface Ground<S extends RunningServer> {
  readonly server: S;
  readonly link: Link;
  /** Runs one part of the recipe, and reports it. If `body` returns a note, the report shows it beside the title. */
  readonly step: (title: string, body: () => Promise<string | void>) => Promise<void>;
}

/** The part of a recipe that the library's file defines. */
export interface Definition<S extends RunningServer> {
  /** Starts the server. `folder` is for this server only. */
  start(folder: string): Promise<S>;
  /** Uses the library, and closes everything that it has opened. */
  run(ground: Ground<S>): Promise<void>;
}

/** Called for each step. */
interface Reporter {
  begins(kind: Link["kind"], title: string): void;
  passes(note: string): void;
  fails(error: unknown): void;
}

/** A recipe with any kind of server. */
export interface Recipe {
  /** Runs the recipe over each kind of link. Resolves when nothing of it runs any more, or a step has failed. */
  play(folder: string, reporter: Reporter): Promise<void>;
}

/** Makes a recipe from its definition. */
export function recipe<S extends RunningServer>(definition: Definition<S>): Recipe {
  return {
    async play(folder, reporter) {
      const server = await definition.start(folder);
      try {
        for (const kind of [TcpLink, SessionLink]) {
          await over(kind, server, definition, reporter);
        }
      } finally {
        await server.close();
      }
    },
  };
}

/** Thrown to leave a recipe after a failed step, because later steps depend on it. */
class StepFailed extends Error {}

async function over<S extends RunningServer>(
  kind: typeof TcpLink | typeof SessionLink,
  server: S,
  definition: Definition<S>,
  reporter: Reporter,
): Promise<void> {
  const resources = await Resources.note();
  const link: Link = await kind.open(server.target);
  const step: Ground<S>["step"] = async (title, body) => {
    reporter.begins(link.kind, title);
    try {
      reporter.passes((await body()) ?? "");
    } catch (error) {
      reporter.fails(error);
      throw new StepFailed();
    }
  };
  try {
    await definition.run({ server, link, step });
    await step("nothing is left, and the end is graceful", async () => {
      const note = await link.close();
      await resources.noneLeft();
      return note;
    });
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
  }
}
