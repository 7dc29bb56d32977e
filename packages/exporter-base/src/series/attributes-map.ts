import type { Attributes } from '@opentelemetry/api';

/** How many lists of names are remembered. */
const MAX_LISTS = 1000;

/** Attributes with more names than this are not remembered. */
const MAX_NAMES = 100;

/** What can't change inside. */
type Constant = string | number | boolean | undefined;

interface Entry<Found> {
  readonly found: Found;
  /** The attributes, if they never change. */
  readonly frozen: Attributes | undefined;
  /** What is in the others. */
  readonly list: List<Found> | undefined;
  readonly values: readonly Constant[];
  /** What was found after it the last time. */
  next: Entry<Found> | undefined;
}

/** As deep as it has to be: what only one has behind a value is a leaf. */
type Tree<Found> = Entry<Found> | Map<Constant, Tree<Found>>;

/** Attributes that have the same names in the same order. */
interface List<Found> {
  readonly names: readonly string[];
  tree: Tree<Found> | undefined;
}

/**
 * A map whose keys are attributes: objects that never change as they are, the others by what is in them, so that it needs
 * neither their tags nor another text of them. The order of names counts. Objects in which something deeper may change, and
 * what is inherited, can be no key. Readers hand over the same series in the same order each time, so what is asked for in
 * the order of the last time is found without a search.
 */
export class AttributesMap<Found extends object> {
  readonly #frozen = new Map<Attributes, Entry<Found>>();
  readonly #lists = new Map<string, List<Found>>();
  /** The one of the attributes that came last: nearly all points of a metric have the same names. */
  #list: List<Found> | undefined = undefined;
  /** Of the attributes that came last. */
  readonly #values: Constant[] = [];
  #alike = 0;
  #first: Entry<Found> | undefined = undefined;
  /** What was found last. */
  #last: Entry<Found> | undefined = undefined;

  get size(): number {
    return this.#frozen.size + this.#alike;
  }

  /** The next one is probably the one that was asked for first. */
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

  /** For attributes that `get` doesn't find; without effect for those that can be no key. */
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

  /** The entry came after the last one. */
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

  /** Takes plain attributes apart. @returns where those like them are, unless they can be no key */
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

/** As many as the first ones; equal as in a `Map`, where NaN is itself. */
function haveSame(first: readonly Constant[], others: readonly Constant[]): boolean {
  for (let index = 0; index < first.length; index += 1) {
    const one = first[index];
    const other = others[index];
    if (one !== other && (one === one || other === other)) return false;
  }
  return true;
}

/** Other people's attributes objects are reused and changed between exports; only frozen ones can stand for themselves. */
function neverChanges(attributes: Attributes): boolean {
  return Object.isFrozen(attributes) && Object.values(attributes).every((value) => typeof value !== 'object');
}
