import type { Lane } from './transport.ts';

/** Texts that are sent together, each with its owner. */
export class Payload<Owner> {
  readonly lane: Lane;
  readonly texts: readonly string[];
  /** `owners[i]` is whose `texts[i]` is. */
  readonly owners: readonly Owner[];
  /** What is sent. */
  readonly text: string;
  /** Since when nobody knows whether it arrived. */
  uncertainSinceMillis: number | undefined = undefined;

  constructor(lane: Lane, texts: readonly string[], owners: readonly Owner[]) {
    const { open = '', separator = '\n', close = '' } = lane;
    this.lane = lane;
    this.texts = texts;
    this.owners = owners;
    this.text = open + texts.join(separator) + close;
  }

  /** Its first and its second half, if it has more than one text. */
  halves(): readonly [Payload<Owner>, Payload<Owner>] | undefined {
    if (this.texts.length < 2) return undefined;
    const middle = this.texts.length >> 1;
    return [
      new Payload(this.lane, this.texts.slice(0, middle), this.owners.slice(0, middle)),
      new Payload(this.lane, this.texts.slice(middle), this.owners.slice(middle)),
    ];
  }
}

/** No character takes more bytes of UTF-8 than this for each of its UTF-16 units. */
const MOST_BYTES_PER_UNIT = 3;

/**
 * Collects texts into payloads of one lane, in their order, each filled as far as the next text allows. Never splits a
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
  readonly #lane: Lane;
  /** For the texts and what is between them. */
  readonly #room: number;
  readonly #maxTexts: number;
  readonly #separatorUnits: number;
  readonly #separatorBytes: number;
  readonly #full: Payload<Owner>[] = [];
  #texts: string[] = [];
  #owners: Owner[] = [];
  /**
   * UTF-16 units of the texts, with a separator behind each. There are never more of them than bytes, and counting the
   * bytes of every text would take longer than all else.
   */
  #units = 0;

  constructor(lane: Lane) {
    const { open = '', separator = '\n', close = '', maxPayloadBytes, maxTexts = Infinity } = lane;
    this.#lane = lane;
    this.#room = maxPayloadBytes - bytesOf(lane, open) - bytesOf(lane, close);
    this.#maxTexts = maxTexts;
    this.#separatorUnits = separator.length;
    this.#separatorBytes = bytesOf(lane, separator);
  }

  /** Whether a payload can have the text at all. */
  fits(text: string): boolean {
    return text.length * MOST_BYTES_PER_UNIT <= this.#room || bytesOf(this.#lane, text) <= this.#room;
  }

  /** Adds a text that fits. */
  add(text: string, owner: Owner): void {
    if (this.#texts.length > 0 && !this.#hasRoomFor(text)) this.#close();
    this.#texts.push(text);
    this.#owners.push(owner);
    this.#units += text.length + this.#separatorUnits;
  }

  /** A payload that has no room for what was added after it, if there is one. */
  full(): Payload<Owner> | undefined {
    return this.#full.length === 0 ? undefined : this.#full.shift();
  }

  /** The next payload of what is left. */
  rest(): Payload<Owner> | undefined {
    if (this.#texts.length > 0 && this.#full.length === 0) this.#close();
    return this.#full.shift();
  }

  #hasRoomFor(text: string): boolean {
    return this.#units + text.length <= this.#room && this.#texts.length < this.#maxTexts;
  }

  /** Makes a payload of all texts, or of as many as there is room for. */
  #close(): void {
    const [texts, owners] = [this.#texts, this.#owners];
    let payload = new Payload(this.#lane, texts, owners);
    let count = texts.length;
    // Seldom: there are characters of several bytes.
    if (bytesOf(this.#lane, payload.text) > this.#lane.maxPayloadBytes) {
      count = this.#countWithin(texts);
      payload = new Payload(this.#lane, texts.slice(0, count), owners.slice(0, count));
    }
    this.#full.push(payload);
    this.#texts = texts.slice(count);
    this.#owners = owners.slice(count);
    this.#units = this.#texts.reduce((units, { length }) => units + length + this.#separatorUnits, 0);
  }

  /** How many of the texts have room in bytes, at least one. */
  #countWithin(texts: readonly string[]): number {
    let used = bytesOf(this.#lane, texts[0]!);
    let count = 1;
    while (count < texts.length) {
      used += this.#separatorBytes + bytesOf(this.#lane, texts[count]!);
      if (used > this.#room) break;
      count += 1;
    }
    return count;
  }
}

/** How many bytes a text has in a lane's encoding. */
export function bytesOf({ encoding }: Lane, text: string): number {
  return encoding === 'latin1' ? text.length : Buffer.byteLength(text);
}
