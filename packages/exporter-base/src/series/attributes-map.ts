import type { Attributes } from '@opentelemetry/api';

/** How many different lists of names are remembered. */
const MAX_LISTS = 1000;

/** Attributes with more names than this are not remembered. */
const MAX_NAMES = 100;

/** A value in which nothing can change. */
type Constant = string | number | boolean | undefined;

interface Entry<Found> {
  readonly found: Found;
  /** The attributes object, if it never changes. */
  readonly frozen: Attributes | undefined;
  /** The names, for attributes that may change. */
  readonly list: List<Found> | undefined;
  readonly values: readonly Constant[];
  /** The entry that was asked for after this one the last time. */
  next: Entry<Found> | undefined;
}

/** One level for each name. Where only one entry is left, it is the leaf, and no deeper levels are made. */
type Tree<Found> = Entry<Found> | Map<Constant, Tree<Found>>;

/** Attributes that have the same names in the same order. */
interface List<Found> {
  readonly names: readonly string[];
  tree: Tree<Found> | undefined;
}

/**
 * A map whose keys are attributes. An object that never changes is its own key. Other objects are compared by their names
 * and values, one after the other, because making a text of each takes ten times as long (see .github/ARCHITECTURE.md). The
 * order of names counts. Attributes with arrays or objects in them can't be keys, because these may change.
 *
 * Readers hand over the same series in the same order each time, so the entry after the last one is tried first.
 */
export class AttributesMap<Found extends object> {
  readonly #frozen = new Map<Attributes, Entry<Found>>();
  readonly #lists = new Map<string, List<Found>>();
  /** The names of the attributes that came last: nearly all points of a metric have the same names. */
  #list: List<Found> | undefined = undefined;
  /** The values of the attributes that came last. */
  readonly #values: Constant[] = [];
  #alike = 0;
  #first: Entry<Found> | undefined = undefined;
  /** The entry that was found last. */
  #last: Entry<Found> | undefined = undefined;

  get size(): number {
    return this.#frozen.size + this.#alike;
  }

  /** A new export begins: its first attributes are probably those of the last export's first. */
  restart(): void {
    this.#last = undefined;
  }

  get(attributes: Attributes): Found | undefined {
    const expected = this.#last === undefined ? this.#first : this.#last.next;
    if (expected !== undefined && expected.frozen === attributes) {
      this.#last = expected;
      return expected.found;
    }
    const entry = this.#frozen.get(attributes) ?? this.#find(attributes, expected);
    if (entry !== undefined) this.#follow(entry);
    return entry?.found;
  }

  /** Adds attributes that `get` doesn't find. Nothing happens for those that can't be keys. */
  add(attributes: Attributes, found: Found): void {
    let entry: Entry<Found>;
    if (neverChanges(attributes)) {
      entry = { found, frozen: attributes, list: undefined, values: [], next: undefined };
      this.#frozen.set(attributes, entry);
    } else {
      const list = isPlain(attributes) ? this.#read(attributes) : undefined;
      if (list === undefined) return;
      const values = this.#values.slice(0, list.names.length);
      entry = { found, frozen: undefined, list, values, next: undefined };
      list.tree = this.#with(list.tree, entry, 0);
    }
    this.#follow(entry);
  }

  clear(): void {
    this.#frozen.clear();
    this.#lists.clear();
    this.#list = undefined;
    this.#alike = 0;
    this.#first = undefined;
    this.#last = undefined;
  }

  #find(attributes: Attributes, expected: Entry<Found> | undefined): Entry<Found> | undefined {
    if (!isPlain(attributes)) return undefined;
    if (expected?.list !== undefined && isAlike(attributes, expected.list.names, expected.values))
      return expected;
    let tree = this.#read(attributes)?.tree;
    for (let depth = 0; tree instanceof Map; depth += 1) tree = tree.get(this.#values[depth]);
    return tree !== undefined && haveSame(tree.values, this.#values) ? tree : undefined;
  }

  /** Remembers that this entry was asked for after the last one. */
  #follow(entry: Entry<Found>): void {
    if (this.#last === undefined) this.#first = entry;
    else if (this.#last.next !== entry) this.#last.next = entry;
    this.#last = entry;
  }

  #with(tree: Tree<Found> | undefined, leaf: Entry<Found>, depth: number): Tree<Found> {
    if (tree instanceof Map) {
      const value = leaf.values[depth];
      return tree.set(value, this.#with(tree.get(value), leaf, depth + 1));
    }
    if (tree === undefined) this.#alike += 1;
    else if (!haveSame(leaf.values, tree.values)) {
      return this.#with(new Map([[tree.values[depth], tree]]), leaf, depth);
    }
    return leaf;
  }

  /** Reads the values of plain attributes. @returns where attributes with these names are, or nothing if they can't be keys */
  #read(attributes: Attributes): List<Found> | undefined {
    const list = this.#list;
    if (list === undefined) return this.#readOtherNames(attributes);
    let count = 0;
    for (const name in attributes) {
      if (name !== list.names[count]) return this.#readOtherNames(attributes);
      const value = attributes[name];
      if (!isConstant(value)) return undefined;
      this.#values[count] = value;
      count += 1;
    }
    return count === list.names.length ? list : this.#readOtherNames(attributes);
  }

  #readOtherNames(attributes: Attributes): List<Found> | undefined {
    const names = Object.keys(attributes);
    if (names.length > MAX_NAMES) return undefined;
    const text = JSON.stringify(names);
    let list = this.#lists.get(text);
    if (list === undefined) {
      if (this.#lists.size >= MAX_LISTS) this.clear();
      list = { names, tree: undefined };
      this.#lists.set(text, list);
    }
    this.#list = list;
    return this.#read(attributes);
  }
}

function isConstant(value: unknown): value is Constant {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'undefined':
      return true;
    default:
      return false;
  }
}

function isPlain(attributes: Attributes): boolean {
  const prototype: unknown = Object.getPrototypeOf(attributes);
  return prototype === Object.prototype || prototype === null;
}

/** Whether plain attributes have these names, in this order, and these values. NaN is never found. */
function isAlike(attributes: Attributes, names: readonly string[], values: readonly Constant[]): boolean {
  let count = 0;
  for (const name in attributes) {
    if (name !== names[count] || attributes[name] !== values[count]) return false;
    count += 1;
  }
  return count === names.length;
}

/** Whether the others begin with the first ones. NaN is equal to itself, as in a `Map`. */
function haveSame(first: readonly Constant[], others: readonly Constant[]): boolean {
  for (let index = 0; index < first.length; index += 1) {
    const one = first[index];
    const other = others[index];
    if (one !== other && (one === one || other === other)) return false;
  }
  return true;
}

/** Whether nothing in the object can change. Other people reuse their objects, with other values, for the next export. */
function neverChanges(attributes: Attributes): boolean {
  return Object.isFrozen(attributes) && Object.values(attributes).every((value) => typeof value !== 'object');
}
