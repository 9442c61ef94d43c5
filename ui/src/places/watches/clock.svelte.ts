/** The time, second by second, as long as something shows it. */
export class Clock {
  now = $state(Date.now());

  /** Goes until what comes back is called: `$effect(() => clock.run())`. */
  run(): () => void {
    let timer: ReturnType<typeof setTimeout>;
    const tick = () => {
      this.now = Date.now();
      // At the turn of each second, so that all countdowns change together.
      timer = setTimeout(tick, 1000 - (this.now % 1000));
    };
    tick();
    return () => clearTimeout(timer);
  }
}
