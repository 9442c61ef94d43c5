import { fileURLToPath } from "node:url";

import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/**
 * The window freezes `Object.prototype`, so that nobody can pollute it. What it names can then not be assigned to other
 * objects before they have a property of that name, which d3 does to its prototypes.
 */
function underFrozenPrototype(): Plugin {
  const assignment = /^(\s*)([\w.]*prototype)\.(constructor|toString|valueOf) = /gm;
  return {
    name: "under-frozen-prototype",
    transform: {
      filter: { id: /\/node_modules\/d3-[a-z-]+\// },
      handler: (code) => ({
        code: code.replace(
          assignment,
          '$1Object.defineProperty($2, "$3", { writable: true, configurable: true });\n$&',
        ),
        map: null,
      }),
    },
  };
}

export default defineConfig({
  plugins: [svelte(), svelteTesting(), underFrozenPrototype()],
  resolve: { alias: { $: fileURLToPath(new URL("./src", import.meta.url)) } },
  clearScreen: false,
  // The shipped profiles are read by the fake back end.
  server: { port: 5173, strictPort: true, fs: { allow: [".", "../profiles"] } },
  // The webview of Debian 12 and newer.
  build: { target: ["safari16"], modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  test: { environment: "happy-dom", include: ["src/**/*.test.ts"], restoreMocks: true },
});
