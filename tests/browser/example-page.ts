// The page of examples/browser, seen from a test: the actions of a user, and the visible results.

import type { BrowserContext, Locator, Page } from "playwright";

/** A window size, and the colour scheme that the user prefers. */
interface Look {
  readonly width: number;
  readonly height: number;
  readonly colorScheme: "light" | "dark";
}

/** Pixels in the colour of one kind of stream in the picture of the streams, above the middle and below. */
interface Drawn {
  readonly above: number;
  readonly below: number;
}

const DESKTOP: Look = { width: 1280, height: 800, colorScheme: "light" };

/** One page. */
export class ExamplePage {
  readonly page: Page;
  /** Errors and warnings of the page. */
  readonly complaints: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(String(error)));
  }

  /** Opens the page, and waits for its connection. */
  static async open(context: BrowserContext, url: string, look = DESKTOP): Promise<ExamplePage> {
    const page = await context.newPage();
    const { width, height, colorScheme } = look;
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme });
    const opened = new ExamplePage(page);
    await page.goto(url);
    await opened.reach("connected");
    return opened;
  }

  /** Waits until the connection has this state. */
  async reach(state: "connected" | "waiting"): Promise<void> {
    await this.page.locator(`#link[data-state="${state}"]`).waitFor();
  }

  async say(text: string): Promise<void> {
    const input = this.page.getByRole("textbox", { name: "Message" });
    await input.fill(text);
    await input.press("Enter");
  }

  /** Waits for a message in the chat, and returns it. */
  async message(text: string): Promise<Locator> {
    const item = this.page.locator("#chat-list > li").filter({ hasText: text });
    await item.waitFor();
    return item;
  }

  /** Waits until a message of this page has this delivery, and returns it. */
  async delivery(text: string, delivery: string): Promise<Locator> {
    const item = await this.message(text);
    await item.and(this.page.locator(`[data-delivery="${delivery}"]`)).waitFor();
    return item;
  }

  /** Starts to send 64 MiB. `slowly`: the server takes longer than a test lasts. Otherwise, the page sets the pace. */
  async upload({ slowly }: { slowly: boolean }): Promise<void> {
    if (slowly) {
      const pace = this.page.getByLabel("The server takes").locator("option:checked");
      // MiB in a second.
      await pace.evaluate((option: HTMLOptionElement) => (option.value = "0.5"));
    }
    await this.button("Send 64 MiB").click();
  }

  button(name: string): Locator {
    return this.page.getByRole("button", { name });
  }

  /** Returns `idle`, `sending`, `done` or `failed`. */
  uploadState(): Promise<string | null> {
    return this.page.locator("#upload").getAttribute("data-state");
  }

  /** Returns the text about the upload. */
  async uploadText(): Promise<string> {
    return (await this.page.locator("#upload-state").textContent()) ?? "";
  }

  /** Returns by how many pixels the page is wider than the window. */
  overflow(): Promise<number> {
    return this.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  }

  /** Returns position and size of every card. */
  places(): Promise<string[]> {
    return this.page.evaluate(() =>
      [...document.querySelectorAll(".card")].map((card) => {
        const { left, top, width, height } = card.getBoundingClientRect();
        return [left, top + scrollY, width, height].map((value) => value.toFixed(1)).join(" ");
      }),
    );
  }

  /** Returns what the picture shows of streams of this kind. */
  drawn(kind: string): Promise<Drawn> {
    return this.page.evaluate((name) => {
      const canvas = document.querySelector<HTMLCanvasElement>("#picture")!;
      const { width, height } = canvas;
      const probe = new OffscreenCanvas(width, height).getContext("2d", {
        willReadFrequently: true,
      })!;
      probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);
      probe.fillRect(0, 0, 1, 1);
      const [red, green, blue] = probe.getImageData(0, 0, 1, 1).data;
      probe.clearRect(0, 0, 1, 1);
      probe.drawImage(canvas, 0, 0);
      const { data } = probe.getImageData(0, 0, width, height);
      const found = { above: 0, below: 0 };
      for (let index = 0; index < data.length; index += 4) {
        if (data[index] !== red || data[index + 1] !== green || data[index + 2] !== blue) continue;
        if (data[index + 3] === 255) found[index / 4 / width < height / 2 ? "above" : "below"]++;
      }
      return found;
    }, kind);
  }

  /** Returns the contrast of two colours of the style sheet, as WCAG 2 defines it. */
  contrast(one: string, other: string): Promise<number> {
    return this.page.evaluate(
      (names) => {
        const probe = new OffscreenCanvas(1, 1).getContext("2d")!;
        const style = getComputedStyle(document.documentElement);
        const [lighter, darker] = names
          .map((name) => {
            probe.fillStyle = style.getPropertyValue(`--${name}`);
            probe.fillRect(0, 0, 1, 1);
            const [red, green, blue] = [...probe.getImageData(0, 0, 1, 1).data].map((value) =>
              value <= 10 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
            );
            return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
          })
          .sort((a, b) => b - a);
        return (lighter! + 0.05) / (darker! + 0.05);
      },
      [one, other],
    );
  }
}
