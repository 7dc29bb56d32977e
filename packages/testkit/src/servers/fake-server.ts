import { createArrivalPrinter, type ArrivalPrinter } from '../printing/arrival-printer.ts';
import type { DatadogRequest } from './fake-datadog-intake.ts';

/**
 * A server that keeps what it receives, and that a test can stop and start. It listens on a free port of 127.0.0.1, or in a
 * temporary folder.
 */
export interface FakeServer<Payload = string> {
  /** Everything that arrived since the start, or since the last `take`, in order of arrival. */
  readonly payloads: readonly Payload[];
  /** Resolves with all payloads as soon as `isEnough` is true of them. It has no deadline of its own: test runners have one. */
  until(isEnough: (payloads: readonly Payload[]) => boolean): Promise<readonly Payload[]>;
  /** Resolves with all payloads as soon as there are at least `count`. */
  receive(count: number): Promise<readonly Payload[]>;
  /** Returns all payloads so far, and forgets them. */
  take(): Payload[];
  /** Stops to listen, and breaks connections, so that senders are refused. Can be called twice. */
  close(): Promise<void>;
  /** Listens again, at the same address. */
  restart(): Promise<void>;
}

/** Options of every fake server. */
export interface FakeServerOptions<Payload = string> {
  /** Is called with each payload as it arrives. */
  readonly onPayload?: ((payload: Payload) => void) | undefined;
  /**
   * Whether to print what arrives, as `tallykit listen` does: `true` for lines on standard output, or a printer of
   * `createArrivalPrinter`, which several servers can share and which stays open.
   *
   * @default false
   */
  readonly print?: boolean | ArrivalPrinter | undefined;
}

/** Options of a fake server with an address on a network. */
export interface FakeServerAddress {
  /**
   * The port to listen on; 0 for a free one.
   *
   * @default 0
   */
  readonly port?: number | undefined;
  /**
   * The address to listen on.
   *
   * @default '127.0.0.1'
   */
  readonly host?: string | undefined;
}

/** Collects payloads, and resolves the promises of those who wait for something to be true of them. */
export class Inbox<Payload extends string | DatadogRequest = string> {
  #payloads: Payload[] = [];
  readonly #onPayload: ((payload: Payload) => void) | undefined;
  readonly #printer: ArrivalPrinter | undefined;
  readonly #waiting = new Set<() => void>();

  constructor({ onPayload, print = false }: FakeServerOptions<Payload>) {
    this.#onPayload = onPayload;
    this.#printer = print === true ? createArrivalPrinter() : print || undefined;
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
    this.#printer?.add(payload);
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
