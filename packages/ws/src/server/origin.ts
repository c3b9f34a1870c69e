// Decides which pages may connect. A browser lets any page open a WebSocket to any host, and sends the cookies with it.
// The Origin header names the origin of the page, and the server has to refuse pages that it does not trust.

import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import { inspect } from "node:util";
import type { Refusal } from "./refusal.ts";

/**
 * Returns whether a page of this origin, such as `https://example.net`, may connect. It must return true or false, not
 * a promise.
 */
export type OriginCheck = (origin: string, request: IncomingMessage) => boolean;

/**
 * The pages that may connect: those of the server's own host, all pages, those of these origins, or those that a
 * function allows.
 */
export type Origins = "same-host" | "any" | readonly string[] | OriginCheck;

/** A host name or address with or without a port, as in an origin: without a scheme, a user or a path. */
const PLAIN_HOST = /^[^\s/\\?#@]+$/;

/** @throws {TypeError} if `origins` would allow no page, or not the pages that it seems to allow. */
export function checkOrigins(origins: unknown): void {
  if (origins === "same-host" || origins === "any" || typeof origins === "function") return;
  if (!Array.isArray(origins)) {
    const kinds = '"same-host", "any", a list or a function';
    throw new TypeError(`origins must be ${kinds}, got ${inspect(origins)}`);
  }
  for (const entry of origins as unknown[]) {
    const origin = originOf(String(entry));
    if (entry === origin) continue;
    const what = JSON.stringify(origin ?? "https://example.net");
    throw new TypeError(
      `origins must list origins ${origin ? "in the form that browsers send," : "such as"} ${what}, got ${inspect(entry)}`,
    );
  }
}

/**
 * Returns why the page of `request` may not connect; undefined if it may. A program that is not a browser sends no
 * origin. It may always connect: a check would not help, because it can send any origin.
 */
export function originRefusal(origins: Origins, request: IncomingMessage): Refusal | undefined {
  const { origin } = request.headers;
  if (origin === undefined) return undefined;
  try {
    if (mayConnect(origins, origin, request)) return undefined;
  } catch (cause) {
    return { status: 500, text: "the server could not check the origin", cause };
  }
  return { status: 403, text: "pages of this origin may not connect" };
}

function mayConnect(origins: Origins, origin: string, request: IncomingMessage): boolean {
  if (origins === "any") return true;
  if (origins === "same-host") return origin === ownOrigin(origin, request);
  if (typeof origins !== "function") return origins.includes(origin);
  const answer: unknown = origins(origin, request);
  if (typeof answer === "boolean") return answer;
  // An async function has returned a promise. A page may be able to make it reject, and this must not be an unhandled
  // rejection.
  Promise.resolve(answer).catch(() => undefined);
  throw new TypeError(`origins must return true or false, got ${inspect(answer)}`);
}

/**
 * Returns the origin of pages of the requested host, with the scheme of `origin`; undefined if they cannot have that
 * scheme.
 */
function ownOrigin(origin: string, request: IncomingMessage): string | undefined {
  const { host = "" } = request.headers;
  const scheme = /^https?:/.exec(origin)?.[0];
  // If a proxy handles TLS, the server does not know the scheme of its pages. If the server itself handles TLS, the
  // scheme is https.
  const isPossible = scheme === "https:" || !(request.socket as TLSSocket).encrypted;
  if (scheme === undefined || !isPossible || !PLAIN_HOST.test(host)) return undefined;
  return originOf(`${scheme}//${host}`);
}

/**
 * Returns the origin of a URL in the form that browsers send. This also works for an extension or an app, for which
 * Node's URL gives no origin.
 */
function originOf(url: string): string | undefined {
  try {
    const { origin, protocol, host } = new URL(url);
    if (origin !== "null") return origin;
    return host === "" ? undefined : `${protocol}//${host}`;
  } catch {
    return undefined;
  }
}
