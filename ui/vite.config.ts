import { fileURLToPath } from "node:url";

import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [svelte(), svelteTesting()],
  resolve: { alias: { $: fileURLToPath(new URL("./src", import.meta.url)) } },
  clearScreen: false,
  // The shipped profiles are read by the fake back end.
  server: { port: 5173, strictPort: true, fs: { allow: [".", "../profiles"] } },
  // The webview of Debian 12 and newer.
  build: { target: ["safari16"], modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  test: { environment: "happy-dom", include: ["src/**/*.test.ts"], restoreMocks: true },
});
