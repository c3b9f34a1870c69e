import { createServer as createHttpServer } from "node:http";
import { expect, test } from "vitest";
import { createServer, type ServerOptions } from "@muxado/ws/server";
import { ignore } from "../../test/peers.ts";

const attempt = (options: object): (() => unknown) => {
  return () => createServer(options as ServerOptions, ignore);
};

test.each<[keyof ServerOptions, unknown[]]>([
  ["server", [null, {}, 8080, { on: ignore, listen: ignore }]],
  ["path", [null, "", "mux", "/mux?token=1", "/mux#top", 1, ["/mux"]]],
  ["origins", [null, true, 1, "", "https://example.net", "same-hosts", {}]],
  ["protocol", [null, "", "two words", "muxado, other", "a\r\nb", "ü", 1]],
  ["perMessageDeflate", [null, "yes", 1]],
  ["onConnectionError", [null, "log", {}]],
])("%s is refused before there is a server if it is none", (name, values) => {
  for (const value of values) {
    expect(attempt({ [name]: value })).toThrow(TypeError);
    expect(attempt({ [name]: value })).toThrow(new RegExp(`^${name} must`));
  }
});

test("an option that is undefined is left out", () => {
  const names = ["server", "path", "origins", "protocol", "perMessageDeflate", "onConnectionError"];
  for (const name of names) attempt({ [name]: undefined })();
});

test.each<ServerOptions>([
  { server: createHttpServer() },
  { path: "/" },
  { path: "/a%20b/c" },
  { protocol: "v1.mux!#$%&'*+-.^_`|~" },
  { perMessageDeflate: true },
  { perMessageDeflate: { threshold: 1024 } },
])("%o is taken", (options) => {
  attempt(options)();
});
