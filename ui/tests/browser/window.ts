import { chromium, type Browser, type Page } from "playwright-core";
import { inject } from "vitest";

export interface Looks {
  language?: "en" | "zh-CN";
  appearance?: "light" | "dark";
  contrast?: "high";
  width?: number;
  height?: number;
  /** Further wishes to the fake back end, e.g. `empty` or `jobs=20`. */
  fake?: string[];
}

export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });

export class Window {
  /** What should not have happened. */
  readonly faults: string[] = [];

  private constructor(readonly page: Page) {}

  /** A window with nothing moving in it. */
  static async open(browser: Browser, looks: Looks = {}): Promise<Window> {
    const { width = 880, height = 560 } = looks;
    const page = await browser.newPage({ viewport: { width, height }, reducedMotion: "reduce" });
    page.setDefaultTimeout(8_000);
    const window = new Window(page);
    const address = inject("address");
    page.on("console", (line) => {
      // bits-ui looks once more at what a popup was, when it goes together with its page. Nobody sees it.
      if (line.text() === "https://svelte.dev/e/derived_inert") return;
      if (["error", "warning"].includes(line.type())) window.faults.push(`console: ${line.text()}`);
    });
    page.on("pageerror", (error) => window.faults.push(`thrown: ${error.message}`));
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(address) && !url.startsWith("data:") && !url.startsWith("blob:"))
        window.faults.push(`asked for ${url}`);
    });
    const wishes = new URLSearchParams({
      still: "",
      language: looks.language ?? "en",
      appearance: looks.appearance ?? "light",
    });
    if (looks.contrast) wishes.set("contrast", looks.contrast);
    for (const wish of looks.fake ?? []) {
      const [name = "", value = ""] = wish.split("=");
      wishes.set(name, value);
    }
    await page.goto(`${address}?${wishes}`);
    await page.locator("nav [aria-current=page]").waitFor();
    await page.evaluate(() => document.fonts.ready);
    return window;
  }

  /** Tells the window something, as the engine would. */
  async tell(message: object) {
    await this.page.evaluate(
      (sent) => (window as unknown as { spillway: { emit: (message: unknown) => void } }).spillway.emit(sent),
      message,
    );
  }

  /** Commands that were called, in order. */
  async calls(): Promise<string[]> {
    return this.page.evaluate(() =>
      (window as unknown as { spillway: { calls: { command: string }[] } }).spillway.calls.map(
        (one) => one.command,
      ),
    );
  }

  close() {
    return this.page.close();
  }
}
