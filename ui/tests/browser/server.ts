import type { TestProject } from "vitest/node";
import { preview } from "vite";

declare module "vitest" {
  export interface ProvidedContext {
    address: string;
  }
}

/** As the real window is served, but for the pictures, which are drawn in the page. */
const POLICY =
  "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; connect-src 'self'";

export default async function setup(project: TestProject) {
  const server = await preview({
    configFile: false,
    build: { outDir: "dist-fake" },
    preview: { host: "127.0.0.1", port: 0, headers: { "Content-Security-Policy": POLICY } },
    logLevel: "error",
  });
  const address = server.resolvedUrls?.local[0];
  if (!address) throw new Error("The preview server has no address.");
  project.provide("address", address);
  return () => server.close();
}
