import type { RecordOptions } from './options.ts';
import type { Cell } from './registry.ts';
import { shared } from './shared.ts';

/**
 * A node of the tree that leads from the tags of a call to a cell. Each step is one tag with its value, in the order in
 * which the call names them. So finding a series needs no sorting, joining or hashing of tags. Calls that name the same
 * tags in another order take another path to the same cell.
 */
export class PathNode {
  cell: Cell | undefined;
  /** The first tag that a call named next at this node. Nearly all calls name the same one. */
  #tag: string | undefined;
  #values: Map<unknown, PathNode> | undefined;
  /** Other tags that calls named next at this node. */
  #others: Map<string, Map<unknown, PathNode>> | undefined;

  next(tag: string, value: unknown): PathNode | undefined {
    return this.#valuesOf(tag)?.get(value);
  }

  nextOrNew(tag: string, value: unknown): PathNode {
    let values = this.#valuesOf(tag);
    if (values === undefined) {
      values = new Map();
      if (this.#tag === undefined) {
        this.#tag = tag;
        this.#values = values;
      } else {
        this.#others ??= new Map();
        this.#others.set(tag, values);
      }
    }
    let node = values.get(value);
    if (node === undefined) {
      node = new PathNode();
      values.set(value, node);
    }
    return node;
  }

  #valuesOf(tag: string): Map<unknown, PathNode> | undefined {
    return this.#tag === tag ? this.#values : this.#others?.get(tag);
  }
}

/** The node to which the tags of a call lead, if it is known. Every call comes here, so this allocates nothing. */
export function followPath(root: PathNode, options: RecordOptions | undefined): PathNode | undefined {
  let node: PathNode | undefined = root;
  const scope = shared.scopes?.getStore();
  if (scope !== undefined) {
    for (let index = 0; index < scope.length; index += 2) {
      node = node.next(scope[index] as string, scope[index + 1]);
      if (node === undefined) return undefined;
    }
  }
  if (options === undefined || options === null) return node;
  const { tags, instance } = options;
  for (const tag in tags) {
    const value = tags[tag];
    if (value === undefined || value === null) continue;
    node = node.next(tag, value);
    if (node === undefined) return undefined;
  }
  return instance === undefined || instance === null ? node : node.next('instance', instance);
}
