import { AsyncLocalStorage } from 'node:async_hooks';
import { shared } from './shared.ts';
import { TagList } from './tag-list.ts';
import type { Scope, Tags } from './tags.ts';

/**
 * The tags of `withTags` within those of the calls around it. What has the same name replaces what they have, so that a job
 * which starts its next run within its own scope does not collect tags without end.
 */
export function scopeWith(tags: Tags | undefined): { readonly scope: Scope; readonly dropped: number } {
  const list = new TagList(namedPairs(currentScope()));
  for (const [tag, value] of Object.entries({ ...tags })) {
    // Made to text here, once, because many calls may follow this path.
    if (value !== undefined && value !== null) list.put(tag, value);
  }
  return { scope: [...list.tags].flat(), dropped: list.dropped };
}

function* namedPairs(scope: Scope): Generator<[string, string]> {
  for (let index = 0; index < scope.length; index += 2) yield [scope[index]!, scope[index + 1]!];
}

/** The tags that calls get here from the calls of `withTags` around them. */
export function currentScope(): Scope {
  return shared.scopes?.getStore() ?? [];
}

/** Runs something with exactly these tags of `withTags`. */
export function inScope<T>(scope: Scope, work: () => T): T {
  // Without a storage there are no tags anywhere. It is made late, because it costs time in each asynchronous step.
  if (scope.length === 0 && shared.scopes === undefined) return work();
  shared.scopes ??= new AsyncLocalStorage();
  return shared.scopes.run(scope, work);
}
