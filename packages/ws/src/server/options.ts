// The options of a server: their meaning, and the only place that checks them.

import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Server as HttpsServer } from "node:https";
import { inspect } from "node:util";
import type { SessionOptions } from "@muxado/core";
import { checkNumber, checkOptions } from "@muxado/core/layers";
import { checkOrigins, type Origins } from "./origin.ts";

/** Options of {@link createServer}: who may connect, and the options of every session. */
export interface ServerOptions extends SessionOptions {
  /**
   * The HTTP or HTTPS server. The session server takes all its upgrades; you still close it yourself. Default: an HTTP
   * server of its own, which answers all other requests with 426.
   */
  readonly server?: HttpServer | HttpsServer | undefined;
  /** The path of the URLs that are served, without a query; requests for other paths get 404. Default: any. */
  readonly path?: string | undefined;
  /**
   * The origins whose pages may connect; other pages get 403. Programs that send no origin always may connect. Default:
   * `same-host`.
   */
  readonly origins?: Origins | undefined;
  /** The subprotocol; a client that does not offer it gets 400. Default: `muxado`. */
  readonly protocol?: string | undefined;
  /** Largest message that a peer may send, in bytes; a larger one ends the session. Default: 1 048 576. */
  readonly maxPayload?: number | undefined;
  /**
   * Compression of messages, as an option of `ws`. It costs much memory and time for each connection. Default: false.
   */
  readonly perMessageDeflate?: boolean | Readonly<Record<string, unknown>> | undefined;
  /** Sessions that may be open at once; one more gets 503. Default: no limit. */
  readonly maxConnections?: number | undefined;
  /**
   * Called with the error for each connection that did not become a session. The server continues. An error that the
   * callback throws is reported as an uncaught exception of its own. Default: the error is dropped silently.
   */
  readonly onConnectionError?: ((error: Error, request?: IncomingMessage) => void) | undefined;
}

/** The checks for options that are neither numbers nor origins: the rule in words, and the function that tests it. */
const CHECKS: readonly [keyof ServerOptions, must: string, (value: unknown) => boolean][] = [
  ["server", "be an HTTP server", isHttpServer],
  ["path", 'begin with "/" and have no query', (value) => isLike(/^\/[^?#]*$/, value)],
  // RFC 7230, section 3.2.6.
  ["protocol", "be a token of HTTP's", (value) => isLike(/^[\w!#$%&'*+.^`|~-]+$/, value)],
  [
    "perMessageDeflate",
    "be a boolean or an object",
    (value) => isBoolean(value) || isObject(value),
  ],
  ["onConnectionError", "be a function", isFunction],
];

/** @throws {RangeError | TypeError} naming the option that is out of range. */
export function checkServerOptions(options: ServerOptions): void {
  checkOptions("server", options);
  const { maxConnections, maxPayload, origins } = options;
  if (maxConnections !== undefined) checkNumber("maxConnections", maxConnections, 1, Infinity);
  if (maxPayload !== undefined) checkNumber("maxPayload", maxPayload, 1, 2 ** 31 - 1);
  if (origins !== undefined) checkOrigins(origins);
  for (const [name, must, isRight] of CHECKS) {
    const value = options[name];
    if (value !== undefined && !isRight(value)) {
      throw new TypeError(`${name} must ${must}, got ${inspect(value, { depth: -1 })}`);
    }
  }
}

function isLike(pattern: RegExp, value: unknown): boolean {
  return typeof value === "string" && pattern.test(value);
}

/** An application of Express or Koa has `on` and `listen` as well, but no `address`. */
function isHttpServer(value: unknown): boolean {
  const { on, address } = (value ?? {}) as Partial<HttpServer>;
  return isFunction(on) && isFunction(address);
}

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}

function isBoolean(value: unknown): boolean {
  return typeof value === "boolean";
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
