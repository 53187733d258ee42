// What has come of an answer that may not go out yet, in order. It decides neither when nor whether.

export class WithheldEvents {
  private readonly events: (() => void)[] = [];

  /** Always true, so that the caller can leave at once. */
  keep(event: () => void): true {
    this.events.push(event);
    return true;
  }

  /** Lets them happen, as long as `goesOn`. */
  run(goesOn: () => boolean): void {
    for (const event of this.events) if (goesOn()) event();
  }
}
