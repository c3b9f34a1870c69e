// Uploads on the page: the chosen file, the progress, and the round trips of small messages meanwhile.

import { MuxadoError } from "@muxado/core";
import type { Client } from "./client.ts";
import { duration, size } from "./gauge.ts";
import { bytesOf, noise } from "./upload.ts";

const MEBIBYTE = 1024 ** 2;

/** Bytes that the button sends. */
const GENERATED = 64 * MEBIBYTE;

/** The view of a client's uploads. */
export class UploadView {
  readonly #root: HTMLElement;
  readonly #client: Client;
  #abort: AbortController | undefined;
  /** Round trips of small messages since the upload began, in milliseconds. */
  #times: number[] = [];

  constructor(root: HTMLElement, client: Client) {
    this.#root = root;
    this.#client = client;
    const file = this.#find<HTMLInputElement>("#file");
    file.addEventListener("change", () => {
      const [chosen] = file.files!;
      if (chosen !== undefined) void this.#sendFile(chosen);
      file.value = "";
    });
    this.#find("#generate").addEventListener(
      "click",
      () => void this.#send("64 MiB of noise", GENERATED, noise(GENERATED)),
    );
    this.#find("#cancel").addEventListener("click", () => this.#abort?.abort());
    this.#takeDrops(this.#find(".drop"));
  }

  /** Takes the round trip of a small message. */
  measured(milliseconds: number): void {
    if (this.#abort === undefined) return;
    this.#times.push(milliseconds);
    this.#say("#meanwhile", this.#summary());
  }

  #takeDrops(place: HTMLElement): void {
    place.addEventListener("dragover", (event) => {
      event.preventDefault();
      place.classList.add("over");
    });
    place.addEventListener("dragleave", () => place.classList.remove("over"));
    place.addEventListener("drop", (event) => {
      event.preventDefault();
      place.classList.remove("over");
      const dropped = event.dataTransfer?.files[0];
      if (dropped !== undefined) void this.#sendFile(dropped);
    });
  }

  #sendFile(file: File): Promise<void> {
    return this.#send(file.name, file.size, bytesOf(file));
  }

  async #send(name: string, length: number, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    if (this.#abort !== undefined) return;
    this.#abort = new AbortController();
    this.#times = [];
    this.#say("#meanwhile", "");
    this.#root.dataset["state"] = "sending";
    this.#find<HTMLButtonElement>("#cancel").focus({ preventScroll: true });
    const started = performance.now();
    let sent = 0;
    let shown = -1;
    try {
      const progress = this.#find<HTMLProgressElement>("progress");
      const { bytes, checksum } = await this.#client.upload(chunks, {
        urgency: Number(this.#find<HTMLSelectElement>("#urgency").value),
        pace: Number(this.#find<HTMLSelectElement>("#pace").value) * MEBIBYTE,
        signal: this.#abort.signal,
        onProgress: (bytes) => {
          sent = bytes;
          const percent = Math.floor((100 * bytes) / (length || 1));
          if (percent === shown) return;
          progress.value = shown = percent;
          this.#say("#upload-state", `${name}: ${percent} %`);
        },
      });
      progress.value = 100;
      const took = duration(performance.now() - started).join(" ");
      const sum = checksum.toString(16).padStart(8, "0");
      const what = `${size(bytes).join(" ")} in ${took}`;
      this.#say("#upload-state", `${what}. The server has the same checksum, ${sum}.`);
      this.#root.dataset["state"] = "done";
    } catch (error) {
      const percent = Math.floor((100 * sent) / (length || 1));
      const why = this.#abort.signal.aborted ? "cancelled." : explain(error);
      this.#say("#upload-state", `Ended at ${percent} %: ${why}`);
      this.#root.dataset["state"] = "failed";
    }
    this.#abort = undefined;
    this.#find("#generate").focus({ preventScroll: true });
  }

  #summary(): string {
    const times = [...this.#times].sort((a, b) => a - b);
    const [middle, most] = [times[times.length >> 1]!, times[times.length - 1]!];
    return `${times.length} small messages meanwhile: median ${duration(middle).join(" ")}, slowest ${duration(most).join(" ")}.`;
  }

  #say(selector: string, text: string): void {
    this.#find(selector).textContent = text;
  }

  #find<E extends HTMLElement>(selector: string): E {
    return this.#root.querySelector<E>(selector)!;
  }
}

function explain(error: unknown): string {
  if (!MuxadoError.is(error)) return error instanceof Error ? error.message : String(error);
  const again = error.retry === "safe" ? "nothing of it arrived" : "part of it may have arrived";
  return `${error.code}, and ${again}.`;
}
