// What the recipes of HTTP ask for, as an application of node:http; those of frameworks have the same paths.

import * as http from "node:http";
import { HttpTarget } from "../harness/in-process.ts";
import type { RunningServer } from "./running-server.ts";

/** The application, and what it sees of its clients. */
export interface RunningApplication extends RunningServer {
  /** Connections that have failed, as the server sees it. */
  clientErrors(): number;
}

/** Starts it. It never listens: connections are given to it. */
export async function startApplication(): Promise<RunningApplication> {
  let clientErrors = 0;
  const server = http.createServer(new Application().answer);
  server.on("clientError", (_error, socket) => {
    clientErrors++;
    socket.destroy();
  });
  return { ...withoutListening(server), clientErrors: () => clientErrors };
}

/** A server of HTTP as one of a recipe's. */
export function withoutListening(
  server: ConstructorParameters<typeof HttpTarget>[0],
  close: () => unknown = () => {},
): RunningServer {
  return {
    target: new HttpTarget(server),
    close: async () => {
      await close();
    },
  };
}

class Application {
  #cuts = 0;

  /** The request listener. */
  readonly answer: http.RequestListener = (request, response) => {
    switch (request.url!) {
      case "/echo":
        request.pipe(response);
        break;
      case "/wait":
        response.write("wait");
        break;
      case "/secret":
        response.writeHead(401).end("Who are you?");
        break;
      case "/third-time":
        // Twice it ends the connection instead of an answer.
        if (++this.#cuts % 3 !== 0) request.socket.destroy();
        else response.end("at last");
        break;
      default:
        response.end("here");
    }
  };
}
