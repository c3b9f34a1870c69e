// The page: makes the client, and shows its events and numbers.

import type { Session } from "@muxado/core";
import { connect } from "@muxado/ws";
import { wantsCalm } from "./canvas.ts";
import { ChatView } from "./chat-view.ts";
import { Client } from "./client.ts";
import { FrameLog } from "./frame-log.ts";
import { duration, Gauge, rate } from "./gauge.ts";
import { LinkView } from "./link-view.ts";
import { someName } from "./names.ts";
import { StreamBook } from "./stream-book.ts";
import { StreamPicture } from "./stream-picture.ts";
import { UploadView } from "./upload-view.ts";

/** Interval at which numbers are read and shown, in milliseconds. */
const TICK = 125;
const TICKS_PER_RATE = 4;

/** The least time between two pictures, in milliseconds. The picture slides slowly, so no display needs more. */
const PICTURE = 30;

const find = <E extends HTMLElement>(id: string): E => document.getElementById(id) as E;

const book = new StreamBook();
const picture = new StreamPicture(find<HTMLCanvasElement>("picture"), book);
const frames = new FrameLog(find("frame-list"), (streamId) => book.kindOf(streamId));
const chatView = new ChatView(find("chat-list"));
const beat = new Gauge(find("beat"), "beat", duration);
const echo = new Gauge(find("echo"), "echo", duration);
const up = new Gauge(find("up"), "upload", rate);
const down = new Gauge(find("down"), "gift", rate);

let session: Session | undefined;
const client = new Client({
  name: someName(),
  dial: () =>
    connect(new URL("mux", location.href.replace("http", "ws")), {
      connectTimeout: 5000,
      watcher: book,
      trace: (frame) => frames.add(frame),
    }),
  onLink: (link) => {
    session = link.state === "connected" ? link.session : undefined;
    linkView.show(link);
  },
  onEntry: (entry) => chatView.show(entry),
  onNews: ({ pages, uploads }) => {
    const count = (many: number, what: string): string => `${many} ${what}${many === 1 ? "" : "s"}`;
    find("news").textContent = `${count(pages, "page")} · ${count(uploads, "upload")}`;
  },
  onBeat: (milliseconds) => beat.add(milliseconds),
  onEcho: (milliseconds) => {
    echo.add(milliseconds);
    uploadView.measured(milliseconds);
  },
  onTyped: (stream) => book.typed(stream),
});
const linkView = new LinkView(find("link"), find<HTMLButtonElement>("cut"), client);
const uploadView = new UploadView(find("upload"), client);
chatView.bind(find<HTMLFormElement>("say"), client.chat);
client.start();

find("wish").addEventListener("click", () => void client.wish(100).catch(() => {}));
find("pause").addEventListener("click", ({ currentTarget }) => {
  frames.isPaused = !frames.isPaused;
  const button = currentTarget as HTMLElement;
  button.textContent = frames.isPaused ? "Go on" : "Pause";
  button.setAttribute("aria-pressed", String(frames.isPaused));
});
addEventListener("online", () => client.hurry());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") client.hurry();
});

let before = performance.now();
let ticks = 0;
let last = { session, at: before, sent: 0, received: 0 };
setInterval(() => {
  book.sample(before);
  before = performance.now();
  if (ticks % 2 === 0) frames.draw();
  if (wantsCalm.matches && ticks % TICKS_PER_RATE === 0) picture.draw(before);
  if (ticks++ % TICKS_PER_RATE === 0) measureRates();
}, TICK);

function measureRates(): void {
  const { bytesSent: sent = 0, bytesReceived: received = 0 } = session?.stats() ?? {};
  const at = performance.now();
  // A new session counts from 0.
  const from = last.session === session ? last : { ...last, sent: 0, received: 0 };
  const seconds = (at - from.at) / 1000;
  up.add((sent - from.sent) / seconds);
  down.add((received - from.received) / seconds);
  last = { session, at, sent, received };
  const { lines, openCount } = book;
  find("open-count").textContent = String(openCount);
  find("frame-count").textContent = frames.count.toLocaleString("en");
  find("picture").setAttribute(
    "aria-label",
    `${openCount} streams are open, and ${lines.length - openCount} have ended in the last 12 seconds.`,
  );
}

let drawn = 0;
function animate(now: number): void {
  if (!wantsCalm.matches && now - drawn >= PICTURE) {
    picture.draw(now);
    drawn = now;
  }
  requestAnimationFrame(animate);
}
requestAnimationFrame(animate);
