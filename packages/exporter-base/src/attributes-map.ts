import type { Attributes } from '@opentelemetry/api';

/** How many lists of names are remembered. */
const MAX_LISTS = 1000;

/** Attributes with more names than this are not remembered. */
const MAX_NAMES = 100;

/** What can't change inside. */
type Constant = string | number | boolean | undefined;

interface Leaf<Found> {
  readonly values: readonly Constant[];
  readonly found: Found;
}

/** As deep as it has to be: what only one has behind a value is a leaf. */
type Tree<Found> = Leaf<Found> | Map<Constant, Tree<Found>>;

/** Attributes that have the same names in the same order. */
interface List<Found> {
  readonly names: readonly string[];
  tree: Tree<Found> | undefined;
}

/**
 * A map whose keys are attributes by what is in them, so that it needs neither their tags nor another text of them. The
 * order of names counts. Objects in which something may change, and what is inherited, can be no key.
 */
export class AttributesMap<Found extends object> {
  readonly #lists = new Map<string, List<Found>>();
  /** The one of the attributes that came last: nearly all points of a metric have the same names. */
  #list: List<Found> | undefined = undefined;
  /** Of the attributes that came last. */
  readonly #values: Constant[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(attributes: Attributes): Found | undefined {
    let tree = this.#read(attributes)?.tree;
    for (let depth = 0; tree instanceof Map; depth += 1) tree = tree.get(this.#values[depth]);
    return tree !== undefined && haveSame(tree.values, this.#values) ? tree.found : undefined;
  }

  /** Without effect for attributes that can be no key. */
  set(attributes: Attributes, found: Found): void {
    const list = this.#read(attributes);
    if (list === undefined) return;
    const leaf = { values: this.#values.slice(0, list.names.length), found };
    list.tree = this.#with(list.tree, leaf, 0);
  }

  clear(): void {
    this.#lists.clear();
    this.#list = undefined;
    this.#size = 0;
  }

  #with(tree: Tree<Found> | undefined, leaf: Leaf<Found>, depth: number): Tree<Found> {
    if (tree instanceof Map) {
      const value = leaf.values[depth];
      return tree.set(value, this.#with(tree.get(value), leaf, depth + 1));
    }
    if (tree === undefined) this.#size += 1;
    else if (!haveSame(leaf.values, tree.values)) {
      return this.#with(new Map([[tree.values[depth], tree]]), leaf, depth);
    }
    return leaf;
  }

  /** Takes attributes apart. @returns where those like them are, unless they can be no key */
  #read(attributes: Attributes): List<Found> | undefined {
    const prototype: unknown = Object.getPrototypeOf(attributes);
    if (prototype !== Object.prototype && prototype !== null) return undefined;
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
export function neverChanges(attributes: Attributes): boolean {
  return Object.isFrozen(attributes) && Object.values(attributes).every((value) => typeof value !== 'object');
}
