/** The places of a page that a tool writes: `<!-- KIND: NAME -->` or `<!-- KIND -->`, a text, `<!-- end of KIND -->`. */
function placesOf(page: string, kind: string): RegExp {
  const place = new RegExp(`(?<=<!-- ${kind}(?:: (\\S+))? -->\\n)[^]*?(?=<!-- end of ${kind} -->)`, 'g');
  const begins = page.match(new RegExp(`^<!-- ${kind}(?:: \\S+)? -->`, 'gm')) ?? [];
  if ((page.match(place) ?? []).length !== begins.length)
    throw new Error(`A place for ${kind} has no <!-- end of ${kind} -->.`);
  return place;
}

/** The names of the places, `undefined` for those without one. */
export function namesOfPlaces(page: string, kind: string): (string | undefined)[] {
  return Array.from(page.matchAll(placesOf(page, kind)), ([, name]) => name);
}

/** The page with what `textOf` gives for the name of each place. */
export function fillPlaces(page: string, kind: string, textOf: (name: string) => string): string {
  return page.replaceAll(placesOf(page, kind), (_, name = '') => `\n${textOf(name as string)}\n\n`);
}
