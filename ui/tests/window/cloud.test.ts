// The cloud through the window, with S3 and MediaConvert on this machine: checked, chosen, at work, delivered, paid for.
import { join } from "node:path";

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";

import { Cloud } from "./kit/cloud";
import { drop } from "./kit/drop";
import { frames, Place } from "./kit/place";
import { Key, Window } from "./kit/window";

/** Long enough for more than one chunk. */
const SECONDS = 260;
const MASTER = "Storm special – 100% final.mov";
const DOLLARS = /US\$0\.\d{2,4}|\$0\.\d{2,4}/;

let cloud: Cloud;
let place: Place;
let window: Window;

beforeAll(async () => {
  cloud = await Cloud.open();
  // No file of this machine says who asks.
  const nobody = { AWS_CONFIG_FILE: "/dev/null", AWS_SHARED_CREDENTIALS_FILE: "/dev/null" };
  place = new Place("cloud", { variables: { ...cloud.variables, ...nobody } });
  place.master(MASTER, SECONDS, "320x180");
  window = await Window.open(place);
});

afterEach((context) => {
  if (context.task.result?.state === "fail") place.keep(join(place.folder, "window.log"));
});

afterAll(async () => {
  await window?.end();
  await cloud?.close();
  place?.remove();
});

test("a check says of every step what it came to", async () => {
  await window.press("Settings", "nav");
  await window.press("Cloud", "[role=tablist]");
  await window.says(`Jobs can go to the bucket ${cloud.variables["SPILLWAY_CLOUD_BUCKET"]}`);
  // What the environment holds is not changed here.
  await window.says("Set by the environment variable SPILLWAY_CLOUD_BUCKET");
  await window.press("Check", "#settings-setup");
  await window.until("every step is looked at", async () => (await steps()).length === 10);
  await window.says("Jobs can go to the cloud. Worth a look: ");
  const outcomes = new Map(await steps());
  // Nobody here knows who somebody is and what a role may do, and Amazon is not asked instead.
  expect(outcomes.get("AWS credentials")).toBe("Look at it");
  expect(outcomes.get("Role for MediaConvert")).toBe("Look at it");
  for (const name of ["Bucket", "Writing to the bucket", "MediaConvert queue", "Making MediaConvert jobs"])
    expect(outcomes.get(name), name).toBe("OK");
  expect([...outcomes.values()]).not.toContain("Missing");
  await looks("cloud-checked");
});

test("a master that is dropped goes to the cloud and comes back whole", async () => {
  await window.press(/^Queue/, "nav");
  await drop(window, [join(place.masters, MASTER)]);
  await window.see("[role=dialog]");
  await window.says(/320\s*×\s*180/);
  await (await window.named(/MP4 for the web|web/i, "[role=dialog] .profile")).click();
  await window.until("an engine is found", async () => (await offered()) !== null);
  await window.press("Cloud", "[role=dialog] footer");
  await window.until("the cloud does it, at a price", async () => {
    const offer = await offered();
    return offer !== null && offer.startsWith("Cloud") && DOLLARS.test(offer);
  });
  await (await window.see("[role=dialog] .profile.on .open")).click();
  await window.see("[role=dialog] .offers li.chosen");
  // Each engine with its time and its price, or what stands against it.
  expect(await texts("[role=dialog] .offers li")).toEqual([
    expect.stringMatching(/This machine.*no charge/),
    expect.stringMatching(/does it: Cloud.*\$/),
  ]);
  await looks("sheet-engines");
  await window.until("Start can be pressed", async () =>
    (await window.named("Start", "[role=dialog]")).isEnabled(),
  );
  await window.press("Start", "[role=dialog]");

  const row = await window.see("[data-job]");
  expect(await row.getAttribute("aria-label")).toContain(MASTER);
  await window.see("[data-job] .engine.cloud");
  await window.until("its chunks are under way", async () =>
    /\d of \d+ segments done, .*(on their way|running)/.test(await mapWords()),
  );
  await looks("queue-cloud");
  await window.until("it is delivered", () => place.jobs()[0]?.state === "delivered", 180_000);
  expect(frames(place.jobs()[0]?.outputs[0]?.path ?? "")).toBe(SECONDS * 25);
});

test("the page of the job has its charges, settled, and its MediaConvert jobs", async () => {
  const [job] = place.jobs();
  if (!job) throw new Error("no job");
  await window.focus(job.id);
  await window.keys(Key.ENTER);
  await window.see("[role=tablist]");
  await window.says("Done by");
  await window.press("Cloud", "[role=tablist]");
  await window.says("Charges");
  const billed = await cloud.billed();
  expect(billed).toBeGreaterThan(1);
  // A rendition each: as many jobs as lines on the bill.
  await window.until("every job is complete", async () => {
    const jobs = await texts("#job-panel section:nth-of-type(2) tbody tr");
    return jobs.length === billed && jobs.every((text) => text.includes("Complete"));
  });
  await window.until("every charge is settled", async () => {
    const charges = await texts("#job-panel section:nth-of-type(1) tbody tr");
    return charges.length >= billed && charges.every((text) => /Settled|Not charged/.test(text));
  });
  const sums = await texts("#job-panel .sums p");
  expect(sums.join(" ")).toMatch(DOLLARS);
  expect(sums.some((text) => text.startsWith("Reserved"))).toBe(false);
  await looks("job-cloud");
});

test("the month and the partner are charged, in either language", async () => {
  await window.press("Costs", "nav");
  await window.see("#costs-month strong");
  const spent = await window.text("#costs-month strong");
  expect(spent).toMatch(DOLLARS);
  // No job here and one in the cloud; nothing for this machine.
  expect((await texts("#costs-partners tbody tr:first-child > *")).slice(0, 6)).toEqual([
    "Web",
    "–",
    "1",
    "4:20",
    "–",
    spent,
  ]);
  await window.says(/Dedicated encoders would have cost|less than dedicated encoders/);

  await window.press("Look into the bucket", "#costs-bucket");
  await window.says("Nothing of Spillway’s lies in the bucket.");
  await looks("costs", async () => {
    await window.until("the chart is drawn", async () => (await texts("#costs-spend svg")).length > 0);
  });
  await changeLooks("zh-CN", "light");
  await window.says("费用");
  await window.says("至今");
  expect(await window.text("main h1")).toBe("费用");
  expect(await window.text("#costs-month strong")).toMatch(/0\.\d{2,4}/);
  await changeLooks("en", "light");
  await window.says("so far");
});

/** A step of the check each: its name, and what it came to. */
const steps = () =>
  window.driver.executeScript<[string, string][]>(
    `return [...document.querySelectorAll("#settings-setup li")].flatMap((step) => {
       const outcome = step.querySelector(".outcome");
       return outcome ? [[step.querySelector(".title").innerText, outcome.innerText]] : [];
     })`,
  );

/** Engine and price of the ticked profile, once it was tried out. */
const offered = () =>
  window.driver.executeScript<string | null>(
    `return document.querySelector("[role=dialog] .profile.on .finish:not(.stale) .engines")?.innerText.trim() ?? null`,
  );

const mapWords = () =>
  window.driver.executeScript<string>(
    `return document.querySelector("[data-job] [role=img][aria-label*=segments]")?.ariaLabel ?? ""`,
  );

/** What these elements say, each on one line. */
const texts = (selector: string) =>
  window.driver.executeScript<string[]>(
    "return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent.replace(/\\s+/g, ' ').trim())",
    selector,
  );

/** Pictures of what is shown, in both languages, light and dark; English and light again afterwards. */
async function looks(name: string, ready?: () => Promise<void>): Promise<void> {
  for (const locale of ["zh-CN", "en"] as const) {
    for (const theme of ["dark", "light"] as const) {
      await changeLooks(locale, theme);
      await ready?.();
      await window.shot(`${name}.${locale}.${theme}`);
    }
  }
}

/** As from another place of the window: what is shown stays. */
async function changeLooks(language: string, appearance: string): Promise<void> {
  await window.driver.executeAsyncScript(
    `const [language, appearance, done] = arguments;
     const { invoke } = globalThis.__TAURI_INTERNALS__;
     invoke("settings").then(({ settings }) =>
       invoke("save_settings", { settings: { ...settings, desktop: { ...settings.desktop, language, appearance } } }),
     ).then(() => done());`,
    language,
    appearance,
  );
  await window.until("it looks as wished", async () =>
    window.driver.executeScript<boolean>(
      `const root = document.documentElement;
       return root.lang === arguments[0] && root.dataset.theme === arguments[1] && !document.querySelector("[aria-busy=true]")`,
      language,
      appearance,
    ),
  );
}
