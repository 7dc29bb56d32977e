import type { Attributes } from '@opentelemetry/api';
import type { Cell } from './registry.ts';

/** How many slots a table has at first. A power of two. */
const MIN_SLOTS = 8;

/** Up to which share of its slots a table is filled. */
const MAX_LOAD = 0.75;

/** The hash of an empty text in FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/). */
const HASH_START = 0x811c9dc5;
const HASH_PRIME = 0x01000193;

/**
 * The cells of a metric by their attributes: a hash table with open addressing. Beside the cells it takes some 20 bytes a
 * series, where a Map takes its key and 40 bytes more.
 */
export class SeriesTable {
  /**
   * The cells in the order in which they were added. It may be walked while cells are added and deleted: a deleted cell leaves
   * a hole, and what closes the holes makes another array.
   */
  list: (Cell | undefined)[] = [];
  /** The hash of each place in `list`. */
  #hashes = new Int32Array(MIN_SLOTS * MAX_LOAD);
  /** Places in `list`, plus one; 0 is free. */
  #slots = new Int32Array(MIN_SLOTS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  *[Symbol.iterator](): Generator<Cell> {
    for (const cell of this.list) if (cell !== undefined) yield cell;
  }

  find(tags: ReadonlyMap<string, string>): Cell | undefined {
    return this.list[this.#placeOf(tags, hashOf(tags))];
  }

  /** Adds a cell that is not there, with the tags that it was made for. */
  add(cell: Cell, tags: ReadonlyMap<string, string>): void {
    if (this.list.length >= this.#hashes.length) this.#rebuild();
    this.#hashes[this.list.length] = hashOf(tags);
    this.list.push(cell);
    this.#size += 1;
    this.#enter(this.list.length - 1);
  }

  delete(cell: Cell): void {
    const tags = tagsOf(cell);
    const place = this.#placeOf(tags, hashOf(tags));
    if (this.list[place] !== cell) return;
    this.list[place] = undefined;
    this.#size -= 1;
  }

  /** @returns -1 if there is no such cell */
  #placeOf(tags: ReadonlyMap<string, string>, hash: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const place = this.#slots[slot]! - 1;
      if (this.#hashes[place] !== hash) continue;
      const cell = this.list[place];
      if (cell !== undefined && hasTags(cell.attributes, tags)) return place;
    }
    return -1;
  }

  /** Closes the holes, and makes room for as many cells again. */
  #rebuild(): void {
    const { list } = this;
    const hashes = this.#hashes;
    let slots = MIN_SLOTS;
    // A third of the places at least is free then, so that a rebuild is rare.
    while (slots * MAX_LOAD < 1.5 * this.#size + 1) slots *= 2;
    this.#slots = new Int32Array(slots);
    this.#hashes = new Int32Array(slots * MAX_LOAD);
    this.list = [];
    for (const [place, cell] of list.entries()) {
      if (cell === undefined) continue;
      this.#hashes[this.list.length] = hashes[place]!;
      this.list.push(cell);
      this.#enter(this.list.length - 1);
    }
  }

  #enter(place: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#hashes[place]! & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = place + 1;
  }
}

/** The tags that a cell was made for. */
export function tagsOf({ attributes }: Cell): Map<string, string> {
  return new Map(Object.entries(attributes) as [string, string][]);
}

/** The same for whatever order of the tags. */
function hashOf(tags: ReadonlyMap<string, string>): number {
  let sum = 0;
  for (const [name, value] of tags) sum = (sum + hashText(hashText(HASH_START, name), value)) | 0;
  // The lower bits choose the slot, and FNV mixes them less than the upper ones.
  return sum ^ (sum >>> 15);
}

function hashText(start: number, text: string): number {
  let hash = start;
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), HASH_PRIME);
  return Math.imul(hash ^ text.length, HASH_PRIME);
}

function hasTags(attributes: Attributes, tags: ReadonlyMap<string, string>): boolean {
  for (const [name, value] of tags) if (attributes[name] !== value) return false;
  return Object.keys(attributes).length === tags.size;
}
