export { locale, systemLocale, type Locale } from "./locale.svelte";
export { m } from "./generated/messages.js";
