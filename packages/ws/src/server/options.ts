// The options of a server: their meaning, defaults and limits. This is the only place that checks them.

import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Server as HttpsServer } from "node:https";
import { inspect } from "node:util";
import type { SessionOptions } from "@muxado/core";
import { type Admit, checkNumber, checkOptions } from "@muxado/core/layers";
import { checkOrigins, type Origins } from "./origin.ts";

/** Options of {@link createServer}, including those of every session. */
export interface ServerOptions extends SessionOptions {
  /**
   * The HTTP or HTTPS server. The session server takes all its upgrades, but does not close it. Default: the session
   * server makes an HTTP server, which answers all other requests with 426.
   */
  readonly server?: HttpServer | HttpsServer | undefined;
  /** The path of the URLs that are served, without a query. Requests for other paths get 404. Default: every path. */
  readonly path?: string | undefined;
  /**
   * The origins whose pages may connect. Other pages get 403. Programs that send no origin may always connect. Default:
   * `same-host`.
   */
  readonly origins?: Origins | undefined;
  /** The subprotocol. A client that does not offer it gets 400. Default: `muxado`. */
  readonly protocol?: string | undefined;
  /** Largest message that a peer may send, in bytes. A larger message ends the session. Default: 1 048 576. */
  readonly maxPayload?: number | undefined;
  /**
   * Compression of messages, as an option of `ws`. It costs much memory and time for each connection. Default: false.
   */
  readonly perMessageDeflate?: boolean | Readonly<Record<string, unknown>> | undefined;
  /** Sessions that may be open at once. The client of a further session gets 503. Default: no limit. */
  readonly maxConnections?: number | undefined;
  /**
   * Takes each new connection before there is a session, for layers below sessions: `admit` of a `ResumeServer` of
   * `@muxado/resume`. The second argument is the request of the upgrade. Default: each connection becomes a session at
   * once.
   */
  readonly admit?: Admit<IncomingMessage> | undefined;
  /**
   * Called with the error for each connection that did not become a session. The server continues. An error that the
   * callback throws is reported as a separate uncaught exception. Default: the server ignores the error.
   */
  readonly onConnectionError?: ((error: Error, request?: IncomingMessage) => void) | undefined;
}

/**
 * The checks of options that are neither numbers nor origins: the option, the rule in words, and a function that
 * returns whether a value keeps the rule.
 */
const CHECKS: readonly [keyof ServerOptions, must: string, (value: unknown) => boolean][] = [
  ["server", "be an HTTP server", isHttpServer],
  ["path", 'begin with "/" and have no query', (value) => isLike(/^\/[^?#]*$/, value)],
  // RFC 7230, section 3.2.6.
  ["protocol", "be an HTTP token", (value) => isLike(/^[\w!#$%&'*+.^`|~-]+$/, value)],
  [
    "perMessageDeflate",
    "be a boolean or an object",
    (value) => isBoolean(value) || isObject(value),
  ],
  ["admit", "be a function", isFunction],
  ["onConnectionError", "be a function", isFunction],
];

/** @throws {RangeError | TypeError} if an option is out of range; the message names the option. */
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

/** This must not accept an application of Express or Koa, which also has `on` and `listen`, but not `address`. */
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
