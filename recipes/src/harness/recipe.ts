// A recipe: a library, its server, and what must go as well over a session as it goes over TCP.

import type { Link } from "./link.ts";
import { Resources } from "./leftovers.ts";
import { SessionLink } from "./session-link.ts";
import { TcpLink } from "./tcp-link.ts";
import type { RunningServer } from "../servers/running-server.ts";

/** What a recipe is run with. */
export interface Ground<S extends RunningServer> {
  readonly server: S;
  readonly link: Link;
  /** Runs one part of the recipe, and reports it. A note that it returns stands beside its title. */
  readonly step: (title: string, body: () => Promise<string | void>) => Promise<void>;
}

/** What the library's file says. */
export interface Definition<S extends RunningServer> {
  /** Starts the server, which has `folder` for itself. */
  start(folder: string): Promise<S>;
  /** Uses the library, and closes what it has opened. */
  run(ground: Ground<S>): Promise<void>;
}

/** Told of each step as it goes. */
interface Reporter {
  begins(kind: Link["kind"], title: string): void;
  passes(note: string): void;
  fails(error: unknown): void;
}

/** A recipe, whatever its server is. */
export interface Recipe {
  /** Runs it over each kind of link. Resolves when nothing of it runs any more, or a step has failed. */
  play(folder: string, reporter: Reporter): Promise<void>;
}

/** Makes a recipe of its definition. */
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

/** Thrown to leave a recipe whose step has failed: later ones build on it. */
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
