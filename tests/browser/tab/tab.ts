// The program of a page that nobody looks at: a transfer in each direction, and a report of its progress.

import { MuxadoError } from "@muxado/core";
import { connect } from "@muxado/ws";
import { Checksum, content } from "../server/content.ts";

/** The progress of the page. */
export interface TabReport {
  readonly received: number;
  readonly sent: number;
  /** Whether the page believes it is visible. */
  readonly visibility: string;
  /** Events that the browser has fired: freeze, resume. */
  readonly events: readonly string[];
  /** How often a timer of 10 ms has fired. */
  readonly ticks: number;
  /** The longest time between two of these ticks, in milliseconds. */
  readonly longestGap: number;
}

/** The result of both transfers, with both sides' checksums of the upload, or the reasons of their failures. */
export interface TabResult {
  readonly received: string;
  readonly sent: string;
  readonly arrived: string;
  readonly failures: readonly { readonly code: string; readonly retry: string }[];
}

/** Bytes to send in each direction. */
export interface TabTask {
  readonly download: number;
  readonly upload: number;
}

const MIB = 1024 * 1024;

/** The work of the page. The page has it as a global. */
export class Tab {
  /** How long each transfer pauses after each mebibyte, in milliseconds. */
  pace = 0;
  #received = new Checksum();
  #sent = new Checksum();
  readonly #events: string[] = [];
  #ticks = 0;
  #lastTick = performance.now();
  #longestGap = 0;
  #result: Promise<TabResult> | undefined;

  constructor() {
    for (const type of ["freeze", "resume"]) {
      document.addEventListener(type, () => this.#events.push(type));
    }
    setInterval(() => {
      const now = performance.now();
      this.#longestGap = Math.max(this.#longestGap, now - this.#lastTick);
      this.#lastTick = now;
      this.#ticks++;
    }, 10);
  }

  /** Starts both transfers, each in its own session. */
  start(url: string, task: TabTask): void {
    this.#received = new Checksum();
    this.#sent = new Checksum();
    this.#result = this.#run(url, task);
  }

  report(): TabReport {
    return {
      received: this.#received.length,
      sent: this.#sent.length,
      visibility: document.visibilityState,
      events: this.#events,
      ticks: this.#ticks,
      longestGap: this.#longestGap,
    };
  }

  /** Resolves with the result of both transfers. */
  async result(): Promise<TabResult> {
    return this.#result!;
  }

  async #run(url: string, task: TabTask): Promise<TabResult> {
    const failures: { code: string; retry: string }[] = [];
    const told = (error: unknown): string => {
      if (!MuxadoError.is(error)) throw error;
      failures.push({ code: error.code, retry: error.retry });
      return "";
    };
    const [, arrived] = await Promise.all([
      task.download > 0 ? this.#download(url, task).catch(told) : "",
      task.upload > 0 ? this.#upload(url, task).catch(told) : "",
    ]);
    return { received: String(this.#received), sent: String(this.#sent), arrived, failures };
  }

  async #download(url: string, { download }: TabTask): Promise<void> {
    const session = await connect(`${url}/source?length=${download}`);
    const stream = session.open();
    await stream.closeWrite();
    for await (const chunk of stream) await this.#count(this.#received, chunk);
    await session.close();
  }

  /** @returns the server's checksum of the bytes that have arrived */
  async #upload(url: string, { upload }: TabTask): Promise<string> {
    const session = await connect(`${url}/sink`);
    const stream = session.open();
    for (const chunk of content(upload)) {
      await stream.write(chunk);
      await this.#count(this.#sent, chunk);
    }
    await stream.closeWrite();
    const arrived = await new Response(stream.readable).text();
    await session.close();
    return arrived;
  }

  async #count(checksum: Checksum, chunk: Uint8Array): Promise<void> {
    const before = checksum.length;
    checksum.add(chunk);
    const isNext = Math.floor(before / MIB) < Math.floor(checksum.length / MIB);
    if (isNext && this.pace > 0) await new Promise((resolve) => setTimeout(resolve, this.pace));
  }
}

declare global {
  var tab: Tab;
}
globalThis.tab = new Tab();
