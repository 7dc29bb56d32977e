import type { Payload } from './packer.ts';

/** Payloads that may have arrived, of which the server takes a second copy as the same: they are sent again as they are. */
export class HeldPayloads<Owner> {
  #payloads: Payload<Owner>[] = [];
  #bytes = 0;

  /** How large they are, as text. */
  get bytes(): number {
    return this.#bytes;
  }

  add(payload: Payload<Owner>): void {
    this.#payloads.push(payload);
    this.#bytes += payload.text.length;
  }

  /** Hands over all of them. */
  take(): Payload<Owner>[] {
    const taken = this.#payloads;
    this.#payloads = [];
    this.#bytes = 0;
    return taken;
  }

  /** Hands over the half that has been held longest. */
  takeOlderHalf(): Payload<Owner>[] {
    const taken = this.#payloads.splice(0, Math.ceil(this.#payloads.length / 2));
    for (const { text } of taken) this.#bytes -= text.length;
    return taken;
  }
}
