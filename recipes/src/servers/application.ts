// The application for the recipes of HTTP clients, on node:http. The recipes of frameworks have the same paths.

import * as http from "node:http";
import { HttpTarget } from "../harness/in-process.ts";
import type { RunningServer } from "./running-server.ts";

/** The application, and its count of failed connections. */
export interface RunningApplication extends RunningServer {
  /** Returns how many connections have failed, as the server sees it. */
  clientErrors(): number;
}

/** Starts the application. It never listens: connections are passed to it. */
export async function startApplication(): Promise<RunningApplication> {
  let clientErrors = 0;
  const server = http.createServer(new Application().answer);
  server.on("clientError", (_error, socket) => {
    clientErrors++;
    socket.destroy();
  });
  return { ...withoutListening(server), clientErrors: () => clientErrors };
}

/** Makes the server of a recipe from an HTTP server. */
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
        // Of three requests, the first two get the end of their connection instead of an answer.
        if (++this.#cuts % 3 !== 0) request.socket.destroy();
        else response.end("at last");
        break;
      default:
        response.end("here");
    }
  };
}
