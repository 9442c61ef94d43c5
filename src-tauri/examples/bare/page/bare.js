// As in Spillway's own window: shown when its page runs; two frames later it has been drawn once.
const { invoke } = window.__TAURI_INTERNALS__;
void invoke("ready");
requestAnimationFrame(() => requestAnimationFrame(() => void invoke("drawn")));
