import type { Attributes } from '@opentelemetry/api';
import { TagWriter, type TagSource, type TagSpelling } from './tags.ts';

/** What decides which tags the points of a resource have. */
export interface TagWritersOptions {
  /** How the protocol spells tags. */
  readonly spelling: TagSpelling;
  /** Tags of all points of a resource. A later source replaces keys of an earlier one. Pure. */
  readonly sharedTags: (resource: Attributes) => readonly TagSource[];
  /**
   * The value of the tag `process`.
   *
   * @default no tag `process`
   */
  readonly processName?: ((resource: Attributes) => string) | undefined;
}

/** The writers for the metrics of one resource. */
export interface TagWriters {
  /** For values that add up, whichever process they come from. */
  readonly common: TagWriter;
  /** With the tag `process`, for values that would otherwise be replaced by those of another process. */
  readonly ofProcess: TagWriter;
}

/**
 * Makes the tag writers of resources. Entries of series are kept for one writer, so the writers stay the same as long as the
 * resource gives the same tags.
 *
 * @example
 * const writersOf = createTagWriters({ spelling, sharedTags: () => [{ team: 'growth' }], processName: () => 'web-1' });
 * writersOf(resource).ofProcess.write({ queue: 'mail' }); // with `team` and `process`
 */
export function createTagWriters({
  spelling,
  sharedTags,
  processName,
}: TagWritersOptions): (resource: Attributes) => TagWriters {
  let last: (TagWriters & { readonly key: string }) | undefined;
  return (resource) => {
    const shared = sharedTags(resource);
    const process = processName === undefined ? {} : { process: processName(resource) };
    const key = JSON.stringify([shared, process]);
    if (last?.key === key) return last;
    last = {
      key,
      common: new TagWriter(spelling, ...shared),
      ofProcess: new TagWriter(spelling, ...shared, process),
    };
    return last;
  };
}

/** Attributes of a resource as tags under their own names. */
export function chosenAttributes(resource: Attributes, names: readonly string[]): Attributes {
  return Object.fromEntries(names.map((name) => [name, resource[name]]));
}
