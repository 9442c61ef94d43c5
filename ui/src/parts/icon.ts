/** A component of `@lucide/svelte/icons/…`. */
export type { LucideIcon as Icon } from "@lucide/svelte";
