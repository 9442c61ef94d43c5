import { m } from "$/i18n";
import { asCommandError } from "$/ipc";
import { toast } from "$/parts/toasts.svelte";

/** Does something, and says so in the corner when it fails; whether it worked. */
export async function attempt(action: () => unknown): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (thrown) {
    toast({ tone: "bad", text: m.shell_failed({ why: asCommandError(thrown).message }) });
    return false;
  }
}
