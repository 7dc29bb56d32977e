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
  #texts: string[] = [];
  #owners: Owner[] = [];
  /** Those before it are in payloads. */
  #first = 0;
  /** UTF-16 units, of which there are never more than bytes. Counting the bytes of every text would take longer than all else. */
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
    if (this.#texts.length > this.#first) this.#units += this.#separatorUnits;
    this.#units += text.length;
    this.#texts.push(text);
    this.#owners.push(owner);
  }

  /** A payload that has no room for what was added after it, if there is one. */
  full(): Payload<Owner> | undefined {
    const count = this.#texts.length - this.#first;
    const isFull = count > 1 && (this.#units > this.#room || count > this.#maxTexts);
    return isFull ? this.#take() : undefined;
  }

  /** The next payload of what is left. */
  rest(): Payload<Owner> | undefined {
    return this.#texts.length > this.#first ? this.#take() : undefined;
  }

  /** As many texts as there is room for. */
  #take(): Payload<Owner> {
    let payload = this.#payload(this.#countWithin((text) => text.length, this.#separatorUnits));
    // Seldom: there are characters of several bytes.
    if (bytesOf(this.#lane, payload.text) > this.#lane.maxPayloadBytes) {
      const bytes = (text: string) => bytesOf(this.#lane, text);
      payload = this.#payload(this.#countWithin(bytes, this.#separatorBytes));
    }
    for (const { length } of payload.texts) this.#units -= length + this.#separatorUnits;
    this.#first += payload.texts.length;
    if (this.#first === this.#texts.length) this.#units = 0;
    // Not each time: that would move many texts often.
    if (this.#first * 2 >= this.#texts.length) {
      this.#texts = this.#texts.slice(this.#first);
      this.#owners = this.#owners.slice(this.#first);
      this.#first = 0;
    }
    return payload;
  }

  /** How many of the texts have room, at least one. */
  #countWithin(size: (text: string) => number, separator: number): number {
    const most = Math.min(this.#texts.length - this.#first, this.#maxTexts);
    let used = size(this.#texts[this.#first]!);
    let count = 1;
    while (count < most) {
      used += separator + size(this.#texts[this.#first + count]!);
      if (used > this.#room) break;
      count += 1;
    }
    return count;
  }

  #payload(count: number): Payload<Owner> {
    const end = this.#first + count;
    return new Payload(this.#lane, this.#texts.slice(this.#first, end), this.#owners.slice(this.#first, end));
  }
}

/** How many bytes a text has in a lane's encoding. */
export function bytesOf({ encoding }: Lane, text: string): number {
  return encoding === 'latin1' ? text.length : Buffer.byteLength(text);
}
