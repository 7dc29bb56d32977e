import type { Route } from '../transports/transport.ts';

/** Texts that are sent together, each with its owner. */
export class Payload<Owner> {
  /** The route that it is sent by. */
  readonly route: Route;
  /** What is sent. */
  readonly text: string;
  /** `owners[i]` is whose `texts[i]` is. */
  readonly owners: readonly Owner[];
  /** Since when nobody knows whether it arrived. */
  uncertainSinceMillis: number | undefined = undefined;
  readonly #lengths: readonly number[];

  /** @param lengths of the texts, in UTF-16 units */
  constructor(route: Route, text: string, lengths: readonly number[], owners: readonly Owner[]) {
    this.route = route;
    this.text = text;
    this.owners = owners;
    this.#lengths = lengths;
  }

  /** The texts in it, in their order. */
  get texts(): readonly string[] {
    const { open = '', separator = '\n' } = this.route;
    let begin = open.length;
    return this.#lengths.map((length) => {
      const text = this.text.slice(begin, begin + length);
      begin += length + separator.length;
      return text;
    });
  }

  /** Its first and its second half, if it has more than one text. What is unknown of it is unknown of both. */
  halves(): readonly Payload<Owner>[] | undefined {
    const { route, texts, owners } = this;
    if (texts.length < 2) return undefined;
    const packer = new Packer<Owner>({ ...route, maxTexts: Math.ceil(texts.length / 2) });
    for (const [index, text] of texts.entries()) packer.add(text, owners[index]!);
    const halves = [packer.full()!, packer.rest()!];
    for (const half of halves) half.uncertainSinceMillis = this.uncertainSinceMillis;
    return halves;
  }
}

/** No character takes more bytes of UTF-8 than this for each of its UTF-16 units. */
const MOST_BYTES_PER_UNIT = 3;

/** So many UTF-16 units are made one text as soon as they are there, because doing it for a whole payload may take long. */
const UNITS_AT_ONCE = 16_384;

/**
 * Collects texts into payloads of one route, in their order, each filled as far as the next text allows. Never splits a
 * text.
 *
 * @example
 * const packer = new Packer<string>({ transport, maxPayloadBytes: 1432 });
 * for (const [owner, text] of texts) {
 *   if (packer.fits(text)) packer.add(text, owner);
 *   for (let full = packer.full(); full; full = packer.full()) await send(full.text);
 * }
 * for (let rest = packer.rest(); rest; rest = packer.rest()) await send(rest.text);
 */
export class Packer<Owner> {
  /** Whose payloads it makes. */
  readonly route: Route;
  readonly #separator: string;
  readonly #separatorBytes: number;
  /** For the texts and what is between them. */
  readonly #room: number;
  readonly #full: Payload<Owner>[] = [];
  #owners: Owner[] = [];
  #lengths: number[] = [];
  /** Texts that are joined already. */
  #pieces: string[] = [];
  /** The bytes of these, with a separator behind each. */
  #bytes = 0;
  /** The others. */
  #texts: string[] = [];
  /**
   * UTF-16 units of these, with a separator behind each. There are never more of them than bytes, and counting the bytes of
   * every text would take longer than all else.
   */
  #units = 0;

  constructor(route: Route) {
    const { open = '', separator = '\n', close = '', maxPayloadBytes } = route;
    this.route = route;
    this.#separator = separator;
    this.#separatorBytes = bytesOf(route, separator);
    this.#room = maxPayloadBytes - bytesOf(route, open) - bytesOf(route, close);
  }

  /** Whether a payload can have the text at all. */
  fits(text: string): boolean {
    return text.length * MOST_BYTES_PER_UNIT <= this.#room || bytesOf(this.route, text) <= this.#room;
  }

  /** Adds a text that fits. */
  add(text: string, owner: Owner): void {
    const { maxTexts = Infinity } = this.route;
    while (
      this.#owners.length >= maxTexts ||
      (this.#owners.length > 0 && this.#bytes + this.#units + text.length > this.#room)
    )
      this.#close();
    this.#texts.push(text);
    this.#owners.push(owner);
    this.#lengths.push(text.length);
    this.#units += text.length + this.#separator.length;
    if (this.#units >= UNITS_AT_ONCE) this.#join();
  }

  /** A payload that has no room for what was added after it, if there is one. */
  full(): Payload<Owner> | undefined {
    // Asked after every text.
    return this.#full.length > 0 ? this.#full.shift() : undefined;
  }

  /** The next payload of what is left. */
  rest(): Payload<Owner> | undefined {
    if (this.#owners.length > 0 && this.#full.length === 0) this.#close();
    return this.#full.shift();
  }

  /** Makes a payload of all texts, or of as many as there is room for. */
  #close(): void {
    if (this.#join()) this.#finish();
  }

  /** @returns whether there was room for all texts; otherwise they are in a payload as far as there was */
  #join(): boolean {
    const texts = this.#texts;
    if (texts.length === 0) return true;
    const piece = texts.join(this.#separator);
    const bytes = bytesOf(this.route, piece);
    this.#texts = [];
    this.#units = 0;
    if (this.#bytes + bytes <= this.#room) {
      this.#pieces.push(piece);
      this.#bytes += bytes + this.#separatorBytes;
      return true;
    }
    // Seldom: there are characters of several bytes. At least one text has room if there is no other in the payload.
    let rest = this.#room - this.#bytes;
    const count = texts.findIndex((text) => {
      rest -= bytesOf(this.route, text) + this.#separatorBytes;
      return rest + this.#separatorBytes < 0;
    });
    const left = texts.splice(count);
    if (texts.length > 0) this.#pieces.push(texts.join(this.#separator));
    const owners = this.#owners.splice(-left.length);
    this.#lengths.splice(-left.length);
    this.#finish();
    for (const [index, text] of left.entries()) this.add(text, owners[index]!);
    return false;
  }

  #finish(): void {
    const { open = '', close = '' } = this.route;
    const text = open + this.#pieces.join(this.#separator) + close;
    this.#full.push(new Payload(this.route, text, this.#lengths, this.#owners));
    this.#owners = [];
    this.#lengths = [];
    this.#pieces = [];
    this.#bytes = 0;
  }
}

/** How many bytes a text has in a route's encoding. */
export function bytesOf({ encoding }: Route, text: string): number {
  return encoding === 'latin1' ? text.length : Buffer.byteLength(text);
}
