/** Spares a service that does not answer: after a failure it is left alone for a while, then one call tries it. */
export class CircuitBreaker {
  /** When it may be tried again; undefined while all is well. */
  #restsUntil: number | undefined;

  /**
   * @param rest how long it is left alone after a failure, milliseconds.
   * @param now the clock, milliseconds.
   */
  constructor(
    private readonly rest: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Whether it may be called now. Half-open after a rest: one trial call at a time. */
  allows(): boolean {
    if (this.#restsUntil === undefined) return true;
    if (this.now() < this.#restsUntil) return false;
    // Whoever else asks meanwhile, or when this one is never heard of again, waits for another rest.
    this.#restsUntil = this.now() + this.rest;
    return true;
  }

  succeeded(): void {
    this.#restsUntil = undefined;
  }

  failed(): void {
    this.#restsUntil = this.now() + this.rest;
  }
}
