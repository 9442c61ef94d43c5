// The real window, driven through WebKit's own WebDriver.
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, connect } from "node:net";
import { join, resolve } from "node:path";

import { Builder, By, Capabilities, Key, type WebDriver, type WebElement } from "selenium-webdriver";

import { APP, type Place } from "./place";

/** Starts the window, and notes its process and its exit code. */
const NOTED = resolve(import.meta.dirname, "noted.sh");
const NOTES = ["pid", "code"];
const SHOTS = resolve(import.meta.dirname, "../shots");

export class Window {
  private constructor(
    readonly driver: WebDriver,
    readonly place: Place,
    private readonly server: ChildProcess,
    /** Process of the window. */
    readonly pid: number,
  ) {}

  /** Starts the window and waits until it shows itself. */
  static async open(place: Place, args: string[] = []): Promise<Window> {
    const port = await freePort();
    const log = createWriteStream(join(place.folder, "window.log"), { flags: "a" });
    await once(log, "open");
    for (const note of NOTES) rmSync(join(place.folder, note), { force: true });
    const server = spawn("WebKitWebDriver", [`--port=${port}`, "--host=127.0.0.1"], {
      env: {
        ...place.variables,
        TAURI_AUTOMATION: "true",
        TAURI_WEBVIEW_AUTOMATION: "true",
        NOTES: place.folder,
      },
      stdio: ["ignore", log, log],
    });
    await listening(port);
    const options = { binary: NOTED, args: [APP, "--data-dir", place.data, ...args] };
    const capabilities = new Capabilities().set("webkitgtk:browserOptions", options);
    const driver = await new Builder()
      .usingServer(`http://127.0.0.1:${port}`)
      .withCapabilities(capabilities.setBrowserName("wry"))
      .build();
    const pid = Number(readFileSync(join(place.folder, "pid"), "utf8"));
    const window = new Window(driver, place, server, pid);
    await window.see("main");
    return window;
  }

  /** The first element that fits, as soon as it is shown. */
  async see(selector: string, within = 30_000): Promise<WebElement> {
    let last: unknown;
    const end = Date.now() + within;
    do {
      try {
        for (const element of await this.driver.findElements(By.css(selector))) {
          if (await element.isDisplayed()) return element;
        }
      } catch (error) {
        last = error;
      }
      await this.tick();
    } while (Date.now() < end);
    await this.shot("not-seen");
    throw new Error(`${selector} is not shown\n${String(last ?? "")}\n${await this.text("body")}`);
  }

  /** Waits until what the function says is true. */
  async until(what: string, holds: () => Promise<boolean> | boolean, within = 60_000): Promise<void> {
    const end = Date.now() + within;
    while (Date.now() < end) {
      try {
        if (await holds()) return;
      } catch (error) {
        if (!(error instanceof Error) || error.name !== "StaleElementReferenceError") throw error;
      }
      await this.tick();
    }
    await this.shot("not-so");
    throw new Error(`Not so within ${within} ms: ${what}\n${await this.text("body")}`);
  }

  /** Until this text is on the page. */
  async says(text: string | RegExp, within = 30_000): Promise<void> {
    const fits = (page: string) => (typeof text === "string" ? page.includes(text) : text.test(page));
    await this.until(`the page says ${text}`, async () => fits(await this.text("body")), within);
  }

  async text(selector: string): Promise<string> {
    const script = "return document.querySelector(arguments[0])?.innerText ?? ''";
    return this.driver.executeScript<string>(script, selector);
  }

  /** The button, link, tab or menu item with this name. */
  async named(name: string | RegExp, inside = "body", within = 30_000): Promise<WebElement> {
    const [source, flags] = typeof name === "string" ? [name, "exact"] : [name.source, name.flags];
    let found: WebElement | null = null;
    await this.until(
      `there is something named ${name}`,
      async () => {
        found = await this.driver.executeScript<WebElement | null>(FIND_BY_NAME, inside, source, flags);
        return found !== null;
      },
      within,
    );
    if (!found) throw new Error("unreachable");
    return found;
  }

  async press(name: string | RegExp, inside = "body"): Promise<void> {
    await (await this.named(name, inside)).click();
  }

  /** Keys for whatever has the focus. */
  async keys(...keys: string[]): Promise<void> {
    await this.driver
      .actions()
      .sendKeys(...keys)
      .perform();
  }

  async chord(modifier: string, key: string): Promise<void> {
    await this.driver.actions().keyDown(modifier).sendKeys(key).keyUp(modifier).perform();
  }

  /** A picture of the page, kept as a result of the build. */
  async shot(name: string): Promise<void> {
    mkdirSync(SHOTS, { recursive: true });
    // The picture is of the last frame that was painted, which may be older than the page.
    await this.driver.executeAsyncScript(
      "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 250)))",
    );
    writeFileSync(join(SHOTS, `${name}.png`), Buffer.from(await this.driver.takeScreenshot(), "base64"));
  }

  /** Whether the window's process is still there. */
  alive(): boolean {
    return lives(this.pid);
  }

  async gone(within = 15_000): Promise<void> {
    const end = Date.now() + within;
    while (this.alive()) {
      if (Date.now() > end) throw new Error("The window's process did not end.");
      await this.tick();
    }
  }

  /** Exit code of the window's process, once it has ended. */
  async code(): Promise<number> {
    await this.gone();
    const note = join(this.place.folder, "code");
    await this.until("the exit code is noted", () => existsSync(note) && readFileSync(note, "utf8") !== "");
    return Number(readFileSync(note, "utf8"));
  }

  /** Worker processes of the window. */
  workers(): number[] {
    return childrenOf(this.pid).filter((pid) => argumentsOf(pid)[1] === "worker");
  }

  /** Closes the window as its close button does. */
  close(): void {
    execFileSync("wmctrl", ["-F", "-c", "Spillway"]);
  }

  /** The row of a job of the queue. */
  row(id: string): Promise<WebElement> {
    return this.see(`[data-job="${id}"]`);
  }

  /** Puts the keyboard on the row of a job. */
  async focus(id: string): Promise<void> {
    await this.row(id);
    await this.driver.executeScript(
      `document.querySelector('[data-job="' + arguments[0] + '"]').focus()`,
      id,
    );
  }

  /** Segments that the segment map of a row calls done, and all; `null` before there is a plan. */
  async map(id: string): Promise<{ done: number; all: number } | null> {
    const script = `return document.querySelector('[data-job="' + arguments[0] + '"] [role=img]')?.ariaLabel ?? ""`;
    const label = await this.driver.executeScript<string>(script, id);
    const found = /(\d+) of (\d+) segments/.exec(label);
    return found ? { done: Number(found[1]), all: Number(found[2]) } : null;
  }

  /** Until this many segments of a job are done, and not all. */
  async midway(id: string, done = 1): Promise<void> {
    await this.until(
      `${done} segments are done, and not all`,
      async () => {
        const map = await this.map(id);
        if (map && map.done === map.all) throw new Error("too late: the master is too short");
        return map !== null && map.done >= done;
      },
      90_000,
    );
  }

  /** Pulls the plug of the window's process. */
  async kill(): Promise<void> {
    process.kill(this.pid, "SIGKILL");
    await this.gone();
    await this.end();
  }

  /** Ends the window, and what drives it. */
  async end(): Promise<void> {
    if (this.alive()) {
      process.kill(this.pid, "SIGTERM");
      await this.gone().catch(() => process.kill(this.pid, "SIGKILL"));
    }
    if (this.server.exitCode === null && this.server.signalCode === null) {
      this.server.kill("SIGTERM");
      await once(this.server, "exit");
    }
    // The webview's own processes end a moment later, and write until then.
    for (const end = Date.now() + 10_000; Date.now() < end && startedIn(this.place.folder);)
      await this.tick();
  }

  private tick(): Promise<void> {
    return new Promise((done) => setTimeout(done, 40));
  }
}

export { Key };

const FIND_BY_NAME = `
  const [inside, source, flags] = arguments;
  const fits = flags === "exact" ? (name) => name === source : (name) => new RegExp(source, flags).test(name);
  const roles = "button, a[href], [role=button], [role=tab], [role=menuitem], [role=option], [role=checkbox], " +
    "[role=switch], [role=radio], input, select, textarea, label";
  const name = (element) => (element.getAttribute("aria-label") ?? element.innerText ?? "").trim().replace(/\\s+/g, " ");
  for (const scope of document.querySelectorAll(inside)) {
    for (const element of scope.querySelectorAll(roles)) {
      if (element.checkVisibility() && !element.closest("[inert]") && fits(name(element))) return element;
    }
  }
  return null;`;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  server.close();
  await once(server, "close");
  return address.port;
}

async function listening(port: number): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    const open = await new Promise<boolean>((answer) => {
      const socket = connect(port, "127.0.0.1", () => answer(true)).on("error", () => answer(false));
      socket.on("connect", () => socket.destroy());
    });
    if (open) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error("WebKitWebDriver does not listen.");
}

/** Whether a process is there and has not ended. */
export function lives(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

function childrenOf(parent: number): number[] {
  const threads = readdirSync(`/proc/${parent}/task`);
  const lists = threads.map((thread) => {
    try {
      return readFileSync(`/proc/${parent}/task/${thread}/children`, "utf8");
    } catch {
      // A thread that has ended meanwhile has none.
      return "";
    }
  });
  return lists.join(" ").split(" ").filter(Boolean).map(Number);
}

function argumentsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}

/** Whether a process of a window is left that was started in this folder. */
function startedIn(folder: string): boolean {
  return readdirSync("/proc").some((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, "utf8").includes(`NOTES=${folder}\0`);
    } catch {
      return false;
    }
  });
}
