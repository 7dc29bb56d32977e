import { distance } from 'fastest-levenshtein';

/** What was probably meant: the known name that differs least, if it differs little. */
function nearestName(text: string, known: readonly string[]): string | undefined {
  const [nearest] = known
    .map((name) => ({ name, edits: distance(text.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, edits }) => edits <= Math.max(1, Math.floor(name.length / 3)))
    .toSorted((first, second) => first.edits - second.edits);
  return nearest?.name;
}

/** The part of an error message that helps with an unknown name. */
export function suggestion(text: string, known: readonly string[]): string {
  const nearest = nearestName(text, known);
  return `${nearest === undefined ? '' : `did you mean ${nearest}? `}There are ${known.join(', ')}`;
}
