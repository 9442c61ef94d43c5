import { cleanup, fireEvent, render, screen, within } from "@testing-library/svelte";
import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { locale } from "$/i18n";
import { handlers } from "$/ipc/fake/profiles";
import Contract from "./Contract.svelte";
import Profiles from "./Profiles.svelte";
import { store } from "./store.svelte";
import type { ProfileCard, ProfilePage } from "$/ipc";

const page = (id: string) => handlers.profile?.({ id }) as ProfilePage;
const cards = () => handlers.profiles?.({}) as ProfileCard[];
const ids = () => cards().map((card) => card.id);

beforeEach(() => {
  mockIPC(async (command, args) => {
    const handler = handlers[command];
    if (!handler) throw new Error(`No such command: ${command}`);
    return structuredClone(handler(args));
  });
});

afterEach(() => {
  store.close();
  cleanup();
  clearMocks();
  locale.set("en");
});

const entry = async (title: RegExp) =>
  within(await screen.findByRole("navigation")).findByRole("button", { name: title });

describe("profiles", () => {
  it("are all listed, with what is changed, own and broken in words", async () => {
    render(Profiles);
    const list = await screen.findByRole("navigation", { name: "Profiles by partner" });
    await vi.waitFor(() => expect(within(list).getAllByRole("button")).toHaveLength(ids().length));
    expect((await entry(/YouTube upload/)).textContent).toContain("Changed");
    expect((await entry(/Client review/)).textContent).toContain("Own");
    expect((await entry(/late-edition/)).textContent).toContain("Cannot be read");
  });

  it("are gone through with the arrows", async () => {
    render(Profiles);
    await entry(/Apple HLS/);
    const list = screen.getByRole("navigation");
    const buttons = within(list).getAllByRole("button");
    await fireEvent.keyDown(buttons[0] as HTMLElement, { key: "End" });
    expect(document.activeElement).toBe(buttons.at(-1));
    await vi.waitFor(() => expect(screen.getByText("This profile cannot be used")).toBeTruthy());
  });

  it("of every kind can be read, in both languages, with every rule", () => {
    for (const language of ["en", "zh-CN"] as const) {
      locale.set(language);
      for (const id of ids()) {
        const { profile } = page(id);
        if (!profile) continue;
        const { container, unmount } = render(Contract, { profile, cloud: [] });
        for (const rule of profile.rule ?? []) expect(container.textContent).toContain(rule.id);
        for (const source of Object.values(profile.sources ?? {})) {
          expect(container.textContent).toContain(source.url);
        }
        expect(container.querySelectorAll("a")).toHaveLength(0);
        expect(container.textContent).not.toMatch(/undefined|null|NaN|profiles_/);
        unmount();
      }
    }
  });

  it("ask before changes are thrown away", async () => {
    render(Profiles);
    await fireEvent.click(await entry(/Web MP4/));
    await screen.findByRole("heading", { name: /Web MP4/ });
    await fireEvent.click(screen.getByRole("button", { name: "Edit" }));
    const { session } = store;
    if (!session) return expect.fail("no session");
    session.write(`${session.text}# more`);
    await fireEvent.click(await screen.findByRole("button", { name: "Back" }));
    expect(await screen.findByText("Discard unsaved changes?")).toBeTruthy();
    expect(store.session).toBe(session);
    await fireEvent.click(screen.getByRole("button", { name: "Discard" }));
    expect(store.session).toBeNull();
  });

  it("that are copied are shown at once", async () => {
    await store.load();
    const { duplicate } = await import("./actions");
    await duplicate("web-mp4");
    expect(store.id).toBe("web-mp4-copy");
    expect(store.page?.card.origin).toBe("own");
  });

  it("say what MediaConvert cannot do of them", async () => {
    render(Profiles);
    await fireEvent.click(await entry(/HEVC archive/));
    expect(await screen.findByText(/MediaConvert makes no HEVC in yuv422p10le/)).toBeTruthy();
    await fireEvent.click(await entry(/YouTube upload/));
    expect(await screen.findByText("MediaConvert can make it as asked.")).toBeTruthy();
  });

  it("are made of job templates, with what did not map", async () => {
    const user = userEvent.setup();
    render(Profiles);
    await entry(/YouTube upload/);
    await user.click(screen.getByRole("button", { name: "Import" }));
    await user.click(await screen.findByRole("menuitem", { name: "MediaConvert job template…" }));
    const dialog = within(await screen.findByRole("dialog"));
    expect(dialog.getByText(/^Imported as “northlight-house/)).toBeTruthy();
    expect(dialog.getAllByRole("listitem")).toHaveLength(3);
    expect(dialog.getByText("/outputGroups/1")).toBeTruthy();
    await user.click(dialog.getByRole("button", { name: "Done" }));
    expect(store.page?.card.id).toMatch(/^northlight-house/);
  });
});
