// Which pages may connect. A browser lets any page open a WebSocket to any host, cookies included, and says in
// the Origin header which page it is: refusing is the server's part.

import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import { inspect } from "node:util";
import type { Refusal } from "./refusal.ts";

/** Says whether a page of this origin, such as `https://example.net`, may connect: true or false, at once. */
export type OriginCheck = (origin: string, request: IncomingMessage) => boolean;

/** Pages that may connect: of the server's own host, of any, of these origins, or those that a function lets in. */
export type Origins = "same-host" | "any" | readonly string[] | OriginCheck;

/** A host name or address as it stands in an origin, with a port or none: nothing before it and no path. */
const PLAIN_HOST = /^[^\s/\\?#@]+$/;

/** @throws {TypeError} if `origins` would let nobody in, or not those whom it seems to. */
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
      `origins must list origins ${origin ? "as browsers say them" : "such as"} ${what}, got ${inspect(entry)}`,
    );
  }
}

/**
 * Why the page that `request` comes from may not connect. A program that is no browser says no origin, and always
 * may: it could say whatever it likes.
 */
export function originRefusal(origins: Origins, request: IncomingMessage): Refusal | undefined {
  const { origin } = request.headers;
  if (origin === undefined) return undefined;
  try {
    if (mayConnect(origins, origin, request)) return undefined;
  } catch (cause) {
    return { status: 500, text: "the server could not judge the origin", cause };
  }
  return { status: 403, text: "pages of this origin may not connect" };
}

function mayConnect(origins: Origins, origin: string, request: IncomingMessage): boolean {
  if (origins === "any") return true;
  if (origins === "same-host") return origin === ownOrigin(origin, request);
  if (typeof origins !== "function") return origins.includes(origin);
  const answer: unknown = origins(origin, request);
  if (typeof answer === "boolean") return answer;
  // An async function's, which may be about to fail because of what a page says.
  Promise.resolve(answer).catch(() => undefined);
  throw new TypeError(`origins must return true or false, got ${inspect(answer)}`);
}

/** The origin of the pages of the host that was asked, in the scheme of `origin`, which such a page may have. */
function ownOrigin(origin: string, request: IncomingMessage): string | undefined {
  const { host = "" } = request.headers;
  const scheme = /^https?:/.exec(origin)?.[0];
  // Behind a proxy that speaks TLS, the server does not know its own scheme. Where it speaks TLS, it does.
  const isPossible = scheme === "https:" || !(request.socket as TLSSocket).encrypted;
  if (scheme === undefined || !isPossible || !PLAIN_HOST.test(host)) return undefined;
  return originOf(`${scheme}//${host}`);
}

/** The origin of a URL as browsers say it: also of an extension's or an app's, of which Node's URL says none. */
function originOf(url: string): string | undefined {
  try {
    const { origin, protocol, host } = new URL(url);
    if (origin !== "null") return origin;
    return host === "" ? undefined : `${protocol}//${host}`;
  } catch {
    return undefined;
  }
}
