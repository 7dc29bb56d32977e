import { distance } from 'fastest-levenshtein';
import { amendOptionError, isOptionError } from '@tallykit/exporter-base';

/** The known name that was probably meant: the one that differs least, if it differs little. */
function nearestName(text: string, known: readonly string[]): string | undefined {
  const [nearest] = known
    .map((name) => ({ name, edits: editsBetween(text.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, edits }) => edits <= Math.max(1, Math.floor(name.length / 3)))
    .toSorted((first, second) => first.edits - second.edits);
  return nearest?.name;
}

/** Letters in the wrong order count as one mistake. */
function editsBetween(first: string, second: string): number {
  const sorted = (text: string): string => text.split('').toSorted().join('');
  return first !== second && sorted(first) === sorted(second) ? 1 : distance(first, second);
}

/** The advice of an error for an unknown name, where one of the known names is similar. */
export function didYouMean(text: string, known: readonly string[]): string | undefined {
  const nearest = nearestName(text, known);
  return nearest === undefined ? undefined : `did you mean ${nearest}?`;
}

/** Runs what throws for an unknown option, and adds to the error which option was probably meant. */
export function suggesting<Value>(action: () => Value): Value {
  try {
    return action();
  } catch (error) {
    if (!isOptionError(error) || error.advice !== undefined) throw error;
    const advice = didYouMean(lastName(error.unknownOptions?.[0] ?? ''), error.knownOptions ?? []);
    if (advice === undefined) throw error;
    throw amendOptionError(error, { advice });
  }
}

/** Of `internal.include`: `include`. */
function lastName(option: string): string {
  return option.slice(option.lastIndexOf('.') + 1);
}
