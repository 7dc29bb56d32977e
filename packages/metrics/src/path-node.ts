import { faultOf, isAbsent, RECORD_OPTIONS } from './call-shape.ts';
import type { RecordOptions } from './options.ts';
import type { Cell } from './registry.ts';
import { shared } from './shared.ts';

/** Stands in a path for the option `instance`, which is not the same as a tag of that name: tag rules may deny the tag. */
export const INSTANCE = Symbol('instance');

/** What a step of a path is about: a tag by its name, or the option `instance`. */
export type PathTag = string | typeof INSTANCE;

/** What a step of a path leads to: the next node, or the cell if no known path goes on from there. */
export type Step = PathNode | Cell;

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
 *
 * There may be as many nodes as series, so a node that one path goes through is small.
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
   */
  lead(path: readonly unknown[], cell: Cell, from = 0): boolean {
    if (from === path.length) {
      const isNew = this.cell === undefined;
      this.#endWith(cell);
      return isNew;
    }
    const [tag, value] = [path[from] as PathTag, path[from + 1]];
    const step = this.next(tag, value);
    if (step instanceof PathNode) return step.lead(path, cell, from + 2);
    if (from + 2 === path.length) {
      this.#set(tag, value, cell);
      return step === undefined;
    }
    const node = new PathNode();
    if (step !== undefined) node.#endWith(step);
    this.#set(tag, value, node);
    return node.lead(path, cell, from + 2);
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

/**
 * The cell to which the tags of a call lead, if it is known and the call has the right shape. Every call comes here, so this
 * allocates nothing.
 */
export function followPath(root: PathNode, options: RecordOptions | undefined): Cell | undefined {
  let step: Step | undefined = root;
  const scope = shared.scopes?.getStore();
  if (scope !== undefined) {
    for (let index = 0; index < scope.length; index += 2) {
      if (!(step instanceof PathNode)) return undefined;
      step = step.next(scope[index]!, scope[index + 1]);
    }
  }
  if (options === undefined || options === null) return cellAt(step);
  const start = step;
  const { tags, instance } = options;
  for (const tag in tags) {
    const value = tags[tag];
    if (value === undefined || value === null) continue;
    if (!(step instanceof PathNode)) return undefined;
    step = step.next(tag, value);
  }
  return instance === undefined && step !== start ? cellAt(step) : endOfPath(step, step === start, options);
}

function cellAt(step: Step | undefined): Cell | undefined {
  return step instanceof PathNode ? step.cell : step;
}

function endOfPath(step: Step | undefined, hasNoTags: boolean, options: RecordOptions): Cell | undefined {
  const { instance } = options;
  if (!isAbsent(instance))
    return step instanceof PathNode ? cellAt(step.next(INSTANCE, instance)) : undefined;
  // Options without any tag may be tags in the wrong place. With tags, they are looked at when their path is new.
  return hasNoTags && faultOf(options, RECORD_OPTIONS) !== undefined ? undefined : cellAt(step);
}
