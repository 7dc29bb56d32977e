import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

/** The picture of a specification, with one element in each line. */
export async function draw(spec: TopLevelSpec): Promise<string> {
  const view = new View(parse(compile(spec).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return `${svg.replaceAll('><', '>\n<')}\n`;
}
