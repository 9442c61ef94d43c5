export interface Toast {
  tone?: "neutral" | "good" | "warn" | "bad";
  text: string;
  action?: { label: string; run: () => unknown };
}

export interface ShownToast extends Toast {
  id: number;
}

const LONGEST = 4;
let next = 1;
let shown = $state.raw<readonly ShownToast[]>([]);

/** Messages in the corner, oldest first. */
export const toasts = {
  get list(): readonly ShownToast[] {
    return shown;
  },
  dismiss(id: number) {
    shown = shown.filter((one) => one.id !== id);
  },
};

/** Says something in the corner; the same words again take the place of what is there. */
export function toast(message: Toast): number {
  const id = next++;
  shown = [...shown.filter((one) => one.text !== message.text), { ...message, id }].slice(-LONGEST);
  return id;
}
