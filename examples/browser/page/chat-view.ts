// The conversation on the page: a line for each entry, with two buttons if only the author can decide.

import type { Chat, Entry } from "./chat.ts";
import { duration } from "./gauge.ts";

/** The view of a {@link Chat}. */
export class ChatView {
  readonly #list: HTMLElement;
  readonly #items = new Map<string, HTMLElement>();
  #chat: Chat | undefined;

  constructor(list: HTMLElement) {
    this.#list = list;
  }

  /** Sends the text that is entered into the form. */
  bind(form: HTMLFormElement, chat: Chat): void {
    this.#chat = chat;
    const input = form.querySelector("input")!;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = input.value.trim();
      input.value = "";
      if (text !== "") void chat.say(text);
    });
  }

  /** Shows a new entry, or the new state of an entry. */
  show(entry: Entry): void {
    let item = this.#items.get(entry.key);
    if (item === undefined) {
      item = document.createElement("li");
      item.append(paragraph("who", entry.name), paragraph("text", entry.text));
      item.append(paragraph("state", ""));
      item.classList.toggle("ours", entry.isOurs);
      this.#items.set(entry.key, item);
      this.#list.querySelector(".empty")?.remove();
      this.#list.append(item);
    }
    item.dataset["delivery"] = entry.delivery;
    const state = item.querySelector(".state")!;
    state.replaceChildren(stateOf(entry));
    if (entry.delivery === "unknown") {
      state.append(
        button("Send again", () => void this.#chat?.sayAgain(entry)),
        button("Leave it", () => state.replaceChildren("may have arrived")),
      );
    }
    this.#list.scrollTop = this.#list.scrollHeight;
  }
}

function stateOf({ isOurs, delivery, took }: Entry): string {
  if (!isOurs) return "";
  switch (delivery) {
    case "waiting":
      return "waits for the connection";
    case "sending":
      return "on its way";
    case "delivered":
      return took === undefined ? "delivered" : `delivered in ${duration(took).join(" ")}`;
    case "unknown":
      return "Connection lost: it may have arrived. ";
  }
}

function paragraph(name: string, text: string): HTMLElement {
  const element = document.createElement("p");
  element.className = name;
  element.textContent = text;
  return element;
}

function button(text: string, onClick: () => void): HTMLElement {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "small";
  element.textContent = text;
  element.addEventListener("click", onClick);
  return element;
}
