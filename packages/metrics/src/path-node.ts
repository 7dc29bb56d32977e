import { faultOf, isAbsent, RECORD_OPTIONS } from './call-shape.ts';
import type { RecordOptions } from './options.ts';
import type { Cell } from './registry.ts';
import { shared } from './shared.ts';

/** Stands in a path for the option `instance`, which is not the same as a tag of that name: tag rules may deny the tag. */
export const INSTANCE = Symbol('instance');

/** What a step of a path is about: a tag by its name, or the option `instance`. */
export type PathTag = string | typeof INSTANCE;

/**
 * A node of the tree that leads from the tags of a call to a cell. Each step is one tag with its value, in the order in
 * which the call names them. So finding a series needs no sorting, joining or hashing of tags. Calls that name the same
 * tags in another order take another path to the same cell.
 *
 * A node with one child has no Map, because there may be as many such nodes as series.
 */
export class PathNode {
  cell: Cell | undefined;
  /** The first tag that a call named next at this node. Nearly all calls name the same one. */
  #tag: PathTag | undefined;
  /** The first value of that tag, and where it leads. */
  #value: unknown;
  #child: PathNode | undefined;
  /** The other values of that tag. */
  #values: Map<unknown, PathNode> | undefined;
  /** Other tags that calls named next at this node. */
  #others: Map<PathTag, Map<unknown, PathNode>> | undefined;

  next(tag: PathTag, value: unknown): PathNode | undefined {
    if (this.#tag !== tag) return this.#others?.get(tag)?.get(value);
    return this.#value === value ? this.#child : this.#values?.get(value);
  }

  nextOrNew(tag: PathTag, value: unknown): PathNode {
    return this.next(tag, value) ?? this.#add(tag, value);
  }

  #add(tag: PathTag, value: unknown): PathNode {
    const node = new PathNode();
    if (this.#child === undefined) {
      this.#tag = tag;
      this.#value = value;
      this.#child = node;
    } else if (this.#tag === tag) {
      this.#values ??= new Map();
      this.#values.set(value, node);
    } else {
      this.#others ??= new Map();
      const values = this.#others.get(tag) ?? new Map<unknown, PathNode>();
      this.#others.set(tag, values.set(value, node));
    }
    return node;
  }
}

/**
 * The node to which the tags of a call lead, if it is known and the call has the right shape. Every call comes here, so this
 * allocates nothing.
 */
export function followPath(root: PathNode, options: RecordOptions | undefined): PathNode | undefined {
  let node: PathNode | undefined = root;
  const scope = shared.scopes?.getStore();
  if (scope !== undefined) {
    for (let index = 0; index < scope.length; index += 2) {
      node = node.next(scope[index]!, scope[index + 1]);
      if (node === undefined) return undefined;
    }
  }
  if (options === undefined || options === null) return node;
  const start = node;
  const { tags, instance } = options;
  for (const tag in tags) {
    const value = tags[tag];
    if (value === undefined || value === null) continue;
    node = node.next(tag, value);
    if (node === undefined) return undefined;
  }
  return instance === undefined && node !== start ? node : endOfPath(node, node === start, options);
}

function endOfPath(node: PathNode, hasNoTags: boolean, options: RecordOptions): PathNode | undefined {
  const { instance } = options;
  if (!isAbsent(instance)) return node.next(INSTANCE, instance);
  // Options without any tag may be tags in the wrong place. With tags, they are looked at when their path is new.
  return hasNoTags && faultOf(options, RECORD_OPTIONS) !== undefined ? undefined : node;
}
