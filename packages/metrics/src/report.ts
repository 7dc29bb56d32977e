import type { Binding } from './binding.ts';
import { countHookError } from './hooks.ts';
import { operationTags } from './operation.ts';
import type { RecordOptions } from './options.ts';
import type { Cell } from './registry.ts';
import { TIMING } from './verb.ts';
import type { Verb } from './verb.ts';

/** Tells the listener `operations` of a call that was recorded. What fails here does not change what was recorded. */
export function reportOperation(
  { hooks, tags: collector, registry }: Binding,
  verb: Verb,
  name: string,
  value: number,
  options: RecordOptions | undefined,
  cell: Cell,
): void {
  try {
    const sampleRate = options?.sampleRate ?? 1;
    if (sampleRate < 1 && Math.random() >= sampleRate) return;
    // The overflow series does not have the tags of the call.
    const isOverflow = cell === cell.metric.overflow;
    const tags = (
      isOverflow ? Object.fromEntries(collector.collect(name, options).tags) : cell.attributes
    ) as Readonly<Record<string, string>>;
    const unit = verb === TIMING ? 'ms' : options?.unit;
    hooks.report({ kind: verb.name, name, value, unit, ...operationTags(tags, options) });
  } catch (error) {
    countHookError(registry, error);
  }
}
