import { faultOf, isAbsent, RECORD_OPTIONS } from './call-shape.ts';
import type { RecordOptions } from './options.ts';
import type { Cell } from './registry.ts';
import { shared } from './shared.ts';

/** Stands in a path for the option `instance`, which is not the same as a tag of that name: tag rules may deny the tag. */
export const INSTANCE = Symbol('instance');

/** What a step of a path is about: a tag by its name, or the option `instance`. */
export type PathTag = string | typeof INSTANCE;

/** What a step of a path leads to. */
type Step = PathNode | PathEnd;

/**
 * The end of a path: what no other known path shares with it. As there is one for each series, it is small, and paths that end
 * in the same steps have one `rest`.
 */
class PathEnd {
  /** The steps that are left: tag, value, tag, value, … */
  readonly rest: readonly unknown[];
  cell: Cell;

  constructor(rest: readonly unknown[], cell: Cell) {
    this.rest = rest;
    this.cell = cell;
  }
}

/** What nodes have that more than one path goes through. */
interface MorePaths {
  /** The cell of the path that ends at the node. */
  cell: Cell | undefined;
  /** The further values of the tag that came first. */
  readonly values: Map<unknown, Step>;
  /** Other tags that calls named next at the node. */
  readonly others: Map<PathTag, Map<unknown, Step>>;
}

/**
 * A node of the tree that leads from the tags of a call to a cell. Each step is one tag with its value, in the order in
 * which the call names them. So finding a series needs no sorting, joining or hashing of tags. Calls that name the same
 * tags in another order take another path to the same cell.
 */
export class PathNode {
  /** The first tag that a call named next at this node. Nearly all calls name the same one. */
  #tag: PathTag | undefined;
  /** The first value of that tag, and where it leads. */
  #value: unknown;
  #next: Step | undefined;
  #more: MorePaths | undefined;

  /** The cell of the path that ends here. */
  get cell(): Cell | undefined {
    return this.#more?.cell;
  }

  next(tag: PathTag, value: unknown): Step | undefined {
    if (this.#tag !== tag) return this.#more?.others.get(tag)?.get(value);
    return this.#value === value ? this.#next : this.#more?.values.get(value);
  }

  /**
   * Leads a path to a cell, and returns whether it led nowhere before.
   *
   * @param path tag, value, tag, value, …
   * @param rests gives the one array of these steps that all ends of paths share
   */
  lead(path: readonly unknown[], cell: Cell, rests: SharedRests): boolean {
    if (path.length === 0) {
      const isNew = this.cell === undefined;
      this.#endWith(cell);
      return isNew;
    }
    const [tag, value] = path as [PathTag, unknown];
    const rest = path.slice(2);
    const step = this.next(tag, value);
    if (step instanceof PathNode) return step.lead(rest, cell, rests);
    if (step === undefined || isSame(step.rest, rest)) {
      this.#set(tag, value, new PathEnd(rests.share(rest), cell));
      return step === undefined;
    }
    // Two paths part somewhere behind this step.
    const node = new PathNode();
    node.lead(step.rest, step.cell, rests);
    this.#set(tag, value, node);
    return node.lead(rest, cell, rests);
  }

  #endWith(cell: Cell): void {
    this.#more ??= { cell: undefined, values: new Map(), others: new Map() };
    this.#more.cell = cell;
  }

  #set(tag: PathTag, value: unknown, step: Step): void {
    if (this.#next === undefined || (this.#tag === tag && this.#value === value)) {
      this.#tag = tag;
      this.#value = value;
      this.#next = step;
      return;
    }
    this.#more ??= { cell: undefined, values: new Map(), others: new Map() };
    const { values, others } = this.#more;
    if (this.#tag === tag) {
      values.set(value, step);
    } else {
      const ofTag = others.get(tag) ?? new Map<unknown, Step>();
      others.set(tag, ofTag.set(value, step));
    }
  }
}

/** The last steps that ends of paths have in common, as most calls of a place in a program do. */
export class SharedRests {
  #latest: readonly unknown[] = [];

  /** The same steps as one array, if they are those of the end before. */
  share(rest: readonly unknown[]): readonly unknown[] {
    if (!isSame(this.#latest, rest)) this.#latest = rest;
    return this.#latest;
  }
}

function isSame(first: readonly unknown[], second: readonly unknown[]): boolean {
  return first.length === second.length && first.every((item, index) => item === second[index]);
}

/**
 * The cell to which the tags of a call lead, if it is known and the call has the right shape. Every call comes here, so this
 * allocates nothing.
 */
export function followPath(root: PathNode, options: RecordOptions | undefined): Cell | undefined {
  let node = root;
  let end: PathEnd | undefined;
  /** How many items of the end's rest were met. */
  let met = 0;
  const scope = shared.scopes?.getStore();
  if (scope !== undefined) {
    for (let index = 0; index < scope.length; index += 2) {
      const [tag, value] = [scope[index]!, scope[index + 1]];
      if (end !== undefined) {
        if (end.rest[met] !== tag || end.rest[met + 1] !== value) return undefined;
        met += 2;
        continue;
      }
      const step = node.next(tag, value);
      if (step === undefined) return undefined;
      if (step instanceof PathEnd) end = step;
      else node = step;
    }
  }
  if (options === undefined || options === null) return cellAt(node, end, met);
  const { tags, instance } = options;
  let hasTags = false;
  for (const tag in tags) {
    const value = tags[tag];
    if (value === undefined || value === null) continue;
    hasTags = true;
    if (end !== undefined) {
      if (end.rest[met] !== tag || end.rest[met + 1] !== value) return undefined;
      met += 2;
      continue;
    }
    const step = node.next(tag, value);
    if (step === undefined) return undefined;
    if (step instanceof PathEnd) end = step;
    else node = step;
  }
  return instance === undefined && hasTags
    ? cellAt(node, end, met)
    : endOfPath(node, end, met, hasTags, options);
}

function cellAt(node: PathNode, end: PathEnd | undefined, met: number): Cell | undefined {
  if (end === undefined) return node.cell;
  return met === end.rest.length ? end.cell : undefined;
}

function endOfPath(
  node: PathNode,
  end: PathEnd | undefined,
  met: number,
  hasTags: boolean,
  options: RecordOptions,
): Cell | undefined {
  const { instance } = options;
  if (!isAbsent(instance)) {
    if (end !== undefined) {
      const isMet = end.rest[met] === INSTANCE && end.rest[met + 1] === instance;
      return isMet && met + 2 === end.rest.length ? end.cell : undefined;
    }
    const step = node.next(INSTANCE, instance);
    return step instanceof PathEnd ? cellAt(node, step, 0) : step?.cell;
  }
  // Options without any tag may be tags in the wrong place. With tags, they are looked at when their path is new.
  return !hasTags && faultOf(options, RECORD_OPTIONS) !== undefined ? undefined : cellAt(node, end, met);
}
