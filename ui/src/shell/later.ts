/** What lies above the places, as soon as it is wanted or all is calm. */
import { Later } from "$/state/later.svelte";

export const later = {
  sheet: new Later(() => import("$/places/sheet/Sheet.svelte")),
  palette: new Later(() => import("./Palette.svelte")),
  shortcuts: new Later(() => import("./Shortcuts.svelte")),
  closing: new Later(() => import("./ClosingDialog.svelte")),
};
