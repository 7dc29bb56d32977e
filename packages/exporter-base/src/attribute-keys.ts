import type { Attributes } from '@opentelemetry/api';

/** How many lists of names are remembered. */
const MAX_LISTS = 1000;

/** Makes keys by which attributes can be found again, without writing their tags anew. */
export class AttributeKeys {
  /** Of lists of names, in the order in which an object has them. */
  readonly #numbers = new Map([['[]', 0]]);
  #lists = 0;
  #names: readonly string[] = [];
  #number = 0;

  /**
   * A text that only attributes with the same names, in the same order, and the same values have. `undefined` when that
   * can't be told from the values alone: an object may change inside.
   */
  of(attributes: Attributes): string | undefined {
    // What is inherited would be read here, and is no tag.
    const prototype: unknown = Object.getPrototypeOf(attributes);
    if (prototype !== Object.prototype && prototype !== null) return undefined;
    let key = '';
    let index = 0;
    for (const name in attributes) {
      // Nearly all points of a program have one of a few lists of names.
      if (name !== this.#names[index]) return this.#ofOtherNames(attributes);
      index += 1;
      const value = attributes[name];
      // The length in front says where a text ends, whatever is in it.
      if (typeof value === 'string') key += value.length + ':' + value;
      else if (typeof value === 'number' || typeof value === 'boolean' || value === undefined)
        key += `|${value}|`;
      else return undefined;
    }
    return index === this.#names.length ? key + '#' + this.#number : this.#ofOtherNames(attributes);
  }

  #ofOtherNames(attributes: Attributes): string | undefined {
    const names: string[] = [];
    for (const name in attributes) names.push(name);
    const text = JSON.stringify(names);
    let number = this.#numbers.get(text);
    if (number === undefined) {
      if (this.#numbers.size >= MAX_LISTS) this.#numbers.clear();
      this.#lists += 1;
      number = this.#lists;
      this.#numbers.set(text, number);
    }
    this.#names = names;
    this.#number = number;
    return this.of(attributes);
  }
}

/** Other people's attributes objects are reused and changed between exports; only frozen ones can stand for themselves. */
export function neverChanges(attributes: Attributes): boolean {
  return Object.isFrozen(attributes) && Object.values(attributes).every((value) => typeof value !== 'object');
}
