// The client of node:http, for recipes about servers.

import { once } from "node:events";
import * as http from "node:http";
import type { Readable } from "node:stream";
import { SessionAgent } from "@muxado/node";
import type { HttpClient } from "./http-steps.ts";
import type { Link } from "./link.ts";

/** Sends requests over a link. */
export class NodeClient implements HttpClient {
  readonly #agent: http.Agent;
  readonly #address: { readonly host: string; readonly port: number };

  constructor({ host, port, source }: Link) {
    const options = { keepAlive: true };
    this.#agent =
      source === undefined ? new http.Agent(options) : new SessionAgent(source, options);
    this.#address = { host, port };
  }

  async status(path: string): Promise<number> {
    const response = await this.#ask("GET", path);
    await once(response.resume(), "end");
    return response.statusCode!;
  }

  read(path: string): Promise<http.IncomingMessage> {
    return this.#ask("GET", path);
  }

  echo(body: Readable): Promise<http.IncomingMessage> {
    return this.#ask("POST", "/echo", body);
  }

  /** Closes the idle connections. */
  close(): void {
    this.#agent.destroy();
  }

  #ask(method: string, path: string, body?: Readable): Promise<http.IncomingMessage> {
    return new Promise((resolve, reject) => {
      const request = http.request({ ...this.#address, method, path, agent: this.#agent });
      request.on("response", resolve).on("error", reject);
      if (body === undefined) request.end();
      else body.pipe(request);
    });
  }
}
