// What can be done with profiles.
import { m } from "$/i18n";
import { asCommandError, commands } from "$/ipc";
import { toast } from "$/parts/toasts.svelte";

import { store } from "./store.svelte";

async function told<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (thrown) {
    toast({ tone: "bad", text: asCommandError(thrown).message });
    return undefined;
  }
}

export async function duplicate(id: string): Promise<void> {
  const copy = await told(() => commands.duplicateProfile(id));
  if (copy === undefined) return;
  toast({ tone: "good", text: m.profiles_duplicated({ id: copy }) });
  await store.reload(copy);
}

export async function importOne(): Promise<void> {
  const id = await told(() => commands.importProfile());
  if (!id) return;
  toast({ tone: "good", text: m.profiles_imported({ id }) });
  await store.reload(id);
}

/** Makes a profile of a MediaConvert job template; what of it did not map is told. */
export async function importTemplate(): Promise<void> {
  const made = await told(() => commands.importTemplate());
  if (!made) return;
  store.imported = made;
  await store.reload(made.id);
}

export async function exportOne(id: string): Promise<void> {
  if (await told(() => commands.exportProfile(id))) toast({ tone: "good", text: m.profiles_exported() });
}

export const showFile = (id: string) => told(() => commands.reveal({ what: "profile", id }));

/** Deletes a profile, or gives the shipped one back. */
export async function remove(id: string, changed: boolean): Promise<void> {
  if ((await told(() => commands.removeProfile(id))) === undefined) return;
  toast({ tone: "good", text: changed ? m.profiles_restored() : m.profiles_deleted() });
  await store.reload();
}
