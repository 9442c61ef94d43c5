import { cleanup, fireEvent, render, screen } from "@testing-library/svelte";
import { createRawSnippet, tick } from "svelte";
import { afterEach, expect, it, vi } from "vitest";

import VirtualList from "./VirtualList.svelte";

const row = createRawSnippet<[number]>((index) => ({
  render: () => `<span role="gridcell">row ${index()}</span>`,
}));

function begin(props: { count: number; role?: "grid" | "list"; onopen?: (index: number) => void }) {
  render(VirtualList, { rowHeight: 20, row, label: "Rows", overscan: 2, ...props });
  return screen.getByRole(props.role ?? "grid");
}

const drawn = (list: HTMLElement) =>
  [...list.querySelectorAll<HTMLElement>("[data-index]")].map((one) => Number(one.dataset.index));

async function scroll(list: HTMLElement, top: number) {
  list.scrollTop = top;
  await fireEvent.scroll(list);
  await tick();
}

afterEach(cleanup);

it("draws few of many, and says how many there are", async () => {
  const list = begin({ count: 100_000 });
  expect(list.getAttribute("aria-rowcount")).toBe("100000");
  expect(drawn(list).length).toBeLessThan(20);
  await scroll(list, 20 * 50_000);
  expect(drawn(list)).toContain(50_000);
  expect(drawn(list)).not.toContain(0);
  expect(list.querySelector('[data-index="50000"]')?.getAttribute("aria-rowindex")).toBe("50001");
});

it("has one row that Tab enters, and it is in view", async () => {
  const list = begin({ count: 1_000 });
  await scroll(list, 20 * 400);
  const stops = [...list.querySelectorAll<HTMLElement>('[tabindex="0"]')];
  expect(stops.map((one) => one.dataset.index)).toEqual(["400"]);
});

it("keeps the row with the keyboard, wherever the view goes", async () => {
  const list = begin({ count: 1_000 });
  const first = list.querySelector<HTMLElement>('[data-index="1"]');
  first?.focus();
  await scroll(list, 20 * 600);
  expect(document.activeElement).toBe(first);
  expect(drawn(list)).toEqual([...drawn(list)].sort((a, b) => a - b));
  expect(drawn(list)[0]).toBe(1);
});

it("goes to the ends, and not beyond", async () => {
  const onopen = vi.fn();
  const list = begin({ count: 300, onopen });
  const press = async (key: string) => {
    await fireEvent.keyDown(document.activeElement ?? list, { key });
    await tick();
    await tick();
  };
  list.querySelector<HTMLElement>('[data-index="0"]')?.focus();
  await press("ArrowUp");
  await press("End");
  await press("ArrowDown");
  await press("Enter");
  expect(onopen).toHaveBeenLastCalledWith(299);
  await press("Home");
  await press("Enter");
  expect(onopen).toHaveBeenLastCalledWith(0);
});

it("can be a plain list, or empty", () => {
  const list = begin({ count: 2, role: "list" });
  expect(list.querySelectorAll('[role="listitem"][aria-setsize="2"]')).toHaveLength(2);
  cleanup();
  expect(drawn(begin({ count: 0 }))).toEqual([]);
});
