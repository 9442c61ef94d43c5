import "@fontsource-variable/inter/wght.css";
import "./tokens.css";
import "./base.css";

import { mount } from "svelte";

import App from "$/App.svelte";

async function begin() {
  if (import.meta.env.VITE_FAKE === "1") (await import("$/ipc/fake")).install();
  const target = document.getElementById("app");
  if (target) mount(App, { target });
}

void begin();
