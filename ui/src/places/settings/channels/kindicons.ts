import Mail from "@lucide/svelte/icons/mail";
import RadioTower from "@lucide/svelte/icons/radio-tower";
import SquareTerminal from "@lucide/svelte/icons/square-terminal";
import Webhook from "@lucide/svelte/icons/webhook";

import type { Icon } from "$/parts/icon";
import type { Kind } from "./draft";

export const KIND_ICONS: Record<Kind, Icon> = {
  webhook: Webhook,
  email: Mail,
  command: SquareTerminal,
  stomp: RadioTower,
};
