/** What a server received, and how a test breaks it. Listens on a free port of 127.0.0.1, or in a temporary folder. */
export interface FakeServer<Payload = string> {
  /** Everything since the start, or since the last `take`, in order of arrival. */
  readonly payloads: readonly Payload[];
  /** Resolves as soon as that is true of the payloads, with all of them. It has no deadline: test runners have one. */
  until(isEnough: (payloads: readonly Payload[]) => boolean): Promise<readonly Payload[]>;
  /** Resolves with all payloads as soon as there are so many. */
  receive(count: number): Promise<readonly Payload[]>;
  /** All payloads so far, which are forgotten. */
  take(): Payload[];
  /** Goes away: whoever sends is refused, and connections break. Can be called twice. */
  close(): Promise<void>;
  /** Listens again, at the same address. */
  restart(): Promise<void>;
}

/** What every fake server takes. */
export interface FakeServerOptions<Payload = string> {
  /** Called with each payload as it arrives. */
  readonly onPayload?: (payload: Payload) => void;
}

/** Collects payloads, and wakes those who wait for something to be true. */
export class Inbox<Payload = string> {
  #payloads: Payload[] = [];
  readonly #onPayload: ((payload: Payload) => void) | undefined;
  readonly #waiting = new Set<() => void>();

  constructor(onPayload: ((payload: Payload) => void) | undefined) {
    this.#onPayload = onPayload;
  }

  get payloads(): readonly Payload[] {
    return this.#payloads;
  }

  async until(isEnough: (payloads: readonly Payload[]) => boolean): Promise<readonly Payload[]> {
    await this.when(() => isEnough(this.#payloads));
    return [...this.#payloads];
  }

  receive(count: number): Promise<readonly Payload[]> {
    return this.until(({ length }) => length >= count);
  }

  take(): Payload[] {
    const payloads = this.#payloads;
    this.#payloads = [];
    return payloads;
  }

  protected add(payload: Payload): void {
    this.#payloads.push(payload);
    this.#onPayload?.(payload);
    this.changed();
  }

  protected async when(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  protected changed(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
