import type { Message } from "../bindings";

interface Line {
  onmessage: (message: Message) => void;
}

let line: Line | null = null;

/** Takes the channel of a subscription; an earlier one is heard no more. */
export function connect(channel: Line) {
  line = channel;
}

/** Tells the window something. */
export function emit(message: Message) {
  line?.onmessage(structuredClone(message));
}
