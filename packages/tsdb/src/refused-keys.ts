import { log, visible } from '@tallykit/exporter-base';

/** Tells people about keys that hold somebody else's data. A log shows it once, because every question finds them again. */
export class RefusedKeys {
  readonly #component: string;
  readonly #destination: string;
  readonly #keyPrefix: string;
  #isLogged = false;

  /** @param destination host and port, without anything secret */
  constructor(component: string, destination: string, keyPrefix: string) {
    this.#component = component;
    this.#destination = destination;
    this.#keyPrefix = keyPrefix;
  }

  /** A sentence with the answer of Redis and the remedy. */
  describe(reason: string): string {
    return (
      `Redis at ${this.#destination} refused it: ${visible(reason)}. Set \`keyPrefix\` of the option \`redis\` where ` +
      `somebody else's data is at keys that begin with ${JSON.stringify(this.#keyPrefix)}`
    );
  }

  /** Logs that a question was refused, unless it was logged before. */
  log(reason: string): void {
    if (this.#isLogged) return;
    this.#isLogged = true;
    log(
      'warn',
      `${this.#component}: ${this.describe(reason)}. Such questions are answered from this process's own memory. Logged once.`,
    );
  }

  /** To be called when the sentence was logged elsewhere, so that it is not logged again. */
  setLogged(): void {
    this.#isLogged = true;
  }
}
