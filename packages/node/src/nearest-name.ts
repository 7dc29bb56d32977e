import { distance } from 'fastest-levenshtein';
import { reasonOf } from '@tallykit/exporter-base';

/** What was probably meant: the known name that differs least, if it differs little. */
function nearestName(text: string, known: readonly string[]): string | undefined {
  const [nearest] = known
    .map((name) => ({ name, edits: editsBetween(text.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, edits }) => edits <= Math.max(1, Math.floor(name.length / 3)))
    .toSorted((first, second) => first.edits - second.edits);
  return nearest?.name;
}

/** Letters that changed places are one slip. */
function editsBetween(first: string, second: string): number {
  const sorted = (text: string): string => text.split('').toSorted().join('');
  return first !== second && sorted(first) === sorted(second) ? 1 : distance(first, second);
}

/** The part of an error message that helps with an unknown name. */
export function suggestion(text: string, known: readonly string[]): string {
  const nearest = nearestName(text, known);
  return `${nearest === undefined ? '' : `did you mean ${nearest}? `}There are ${known.join(', ')}`;
}

/** As `GivenOptions` says it. */
const UNKNOWN_OPTION = /there is no option `([^`]+)`.*; there are (.+)$/;

/** Runs what throws for an unknown option, and adds to the error which one was probably meant. */
export function suggesting<Value>(action: () => Value): Value {
  try {
    return action();
  } catch (error) {
    const message = reasonOf(error);
    const [, option = '', known = ''] = UNKNOWN_OPTION.exec(message) ?? [];
    const nearest = nearestName(option, known.split(', '));
    if (!nearest) throw error;
    throw new TypeError(`${message}; did you mean ${nearest}?`, { cause: error });
  }
}
