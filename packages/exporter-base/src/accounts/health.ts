/** Whether an exporter's server takes what it gets, as far as the last attempt has shown. */
export interface Health {
  /** `unknown` as long as nothing was sent. Over UDP, `up` means that the kernel took it, and that nobody refused. */
  readonly state: 'up' | 'down' | 'unknown';
  /** Since when, in milliseconds since 1970. */
  readonly sinceMillis: number;
}

/** Remembers since when it is as it is. */
export class HealthRecord {
  #current: Health = { state: 'unknown', sinceMillis: Date.now() };

  /** How it is. */
  get current(): Health {
    return this.#current;
  }

  /** What an attempt has shown. */
  set(state: 'up' | 'down'): void {
    if (state !== this.#current.state) this.#current = { state, sinceMillis: Date.now() };
  }
}
