import type { Refusal } from '../accounts/ledger.ts';
import type { Failure, Item } from '../series/item.ts';
import type { Texts } from '../series/series.ts';
import { reasonOf } from '../support/reason-of.ts';
import { YIELD } from '../support/yielder.ts';
import type { Route } from '../transports/transport.ts';
import { bytesOf, Packer, type Payload } from './packer.ts';

/** The stages before and after it. */
export interface ItemPackerOptions<Packed extends Item> {
  readonly format: (item: Packed) => Texts | Refusal;
  readonly routeOf: (item: Packed) => Route;
}

/**
 * How much text is made between two places where the event loop may have its turn, in UTF-16 units. The length of a text
 * stands for the time that making it took.
 */
const UNITS_PER_YIELD = 8_192;

/** What an item counts there besides its texts. */
const UNITS_OF_ITEM = 128;

/** Makes payloads of the items of one batch: formats each, and packs its texts with others of the same route. */
export class ItemPacker<Packed extends Item> {
  readonly #options: ItemPackerOptions<Packed>;
  readonly #packers = new Map<Route, Packer<Packed>>();
  /** The packer of the item that came last. */
  #last: Packer<Packed> | undefined;
  readonly #settled: Packed[];
  #units = 0;
  /** How many items were packed, or failed. */
  packed = 0;
  /** When it is set, the items that come get it as their failure, and nothing more is made of them. */
  stop: Failure | undefined;

  /** @param settled gets the items that are in no payload */
  constructor(options: ItemPackerOptions<Packed>, settled: Packed[], stop: Failure | undefined) {
    this.#options = options;
    this.#settled = settled;
    this.stop = stop;
  }

  /** Formats and packs as it is pulled. */
  *pack(
    items: Iterable<readonly Packed[] | typeof YIELD>,
  ): Generator<Payload<Packed> | typeof YIELD, undefined> {
    for (const some of items) {
      if (some === YIELD) {
        yield YIELD;
        continue;
      }
      // By index: in a generator, `for…of` makes an object for each.
      for (let index = 0; index < some.length; index += 1) {
        const item = some[index]!;
        const packer = this.#packItem(item);
        for (let full = packer?.full(); full; full = packer?.full()) yield full;
        this.packed += 1;
        this.#units += UNITS_OF_ITEM;
        if (this.#units >= UNITS_PER_YIELD) {
          this.#units = 0;
          yield YIELD;
        }
      }
    }
    for (const packer of this.#packers.values()) {
      for (let rest = packer.rest(); rest; rest = packer.rest()) yield rest;
    }
    return undefined;
  }

  /** @returns what holds the item's texts now */
  #packItem(item: Packed): Packer<Packed> | undefined {
    item.openTexts = 1;
    const packer = this.#packTexts(item);
    item.openTexts -= 1;
    if (item.openTexts === 0) this.#settled.push(item);
    return packer;
  }

  #packTexts(item: Packed): Packer<Packed> | undefined {
    if (this.stop !== undefined) {
      item.failure ??= this.stop;
      return undefined;
    }
    try {
      const texts = this.#options.format(item);
      if (typeof texts !== 'string' && 'refused' in texts) {
        item.failure = texts;
        return undefined;
      }
      const packer = this.#packerOf(this.#options.routeOf(item));
      if (typeof texts === 'string') this.#packText(packer, texts, item);
      else for (const text of texts) this.#packText(packer, text, item);
      return packer;
    } catch (error) {
      item.failure = { refused: 'error', reason: `it could not be formatted: ${reasonOf(error)}` };
      return undefined;
    }
  }

  #packerOf(route: Route): Packer<Packed> {
    if (this.#last?.route === route) return this.#last;
    let packer = this.#packers.get(route);
    if (packer === undefined) this.#packers.set(route, (packer = new Packer(route)));
    this.#last = packer;
    return packer;
  }

  #packText(packer: Packer<Packed>, text: string, item: Packed): void {
    this.#units += text.length;
    if (packer.fits(text)) {
      item.openTexts += 1;
      packer.add(text, item);
    } else {
      item.failure ??= oversize(bytesOf(packer.route, text), packer.route.maxPayloadBytes);
    }
  }
}

function oversize(bytes: number, maxPayloadBytes: number): Refusal {
  return {
    refused: 'oversize',
    reason:
      `one of its lines has ${bytes} bytes, and a payload may have ${maxPayloadBytes} ` +
      '(option `maxPayloadBytes`); shorten its name and tags',
  };
}
