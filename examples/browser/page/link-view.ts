// The connection on the page: its state, and a button that cuts it or retries at once.

import type { Client } from "./client.ts";
import type { Link } from "./reconnect.ts";

/** The view of a client's connection. */
export class LinkView {
  readonly #state: HTMLElement;
  readonly #button: HTMLButtonElement;
  #link: Link = { state: "connecting" };

  constructor(state: HTMLElement, button: HTMLButtonElement, client: Client) {
    this.#state = state;
    this.#button = button;
    button.addEventListener("click", () => {
      if (this.#link.state === "connected") client.cut();
      else client.hurry();
    });
    this.show(this.#link);
  }

  show(link: Link): void {
    this.#link = link;
    this.#state.dataset["state"] = link.state;
    this.#state.title = link.state === "waiting" ? link.reason : "";
    this.#state.textContent = describe(link);
    this.#button.textContent = link.state === "connected" ? "Cut the line" : "Retry now";
  }
}

function describe(link: Link): string {
  switch (link.state) {
    case "connecting":
      return "Connecting";
    case "connected":
      return "Connected";
    case "waiting":
      return "Connection lost";
  }
}
