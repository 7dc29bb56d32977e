import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Code, Nodes } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { REPOSITORY } from '../repository.ts';

/** What may stand in comments before a block. .github/CONTRIBUTING.md, "Documentation", says what each means. */
const MARKERS = [
  'continues',
  'given',
  'file',
  'compiled only',
  'throws',
  'runs until stopped',
  'printed',
  'received',
  'run',
  'unchecked',
] as const;

export type Marker = (typeof MARKERS)[number];

/** A fenced block of a page. */
export interface Block {
  /** The page, from the root of the repository. */
  readonly page: string;
  /** The line on which its text begins, from 1. */
  readonly line: number;
  /** What stands behind the fence. Empty when nothing does. */
  readonly language: string;
  readonly text: string;
  /** The markers before it, each with what stands behind its colon. */
  readonly markers: ReadonlyMap<Marker, string>;
}

/** All blocks of a page, in their order, also those inside of lists. */
export function blocksOf(page: string): Block[] {
  return readBlocks(readFileSync(join(REPOSITORY, page), 'utf8'), page);
}

/** All blocks of a text in Markdown. */
export function readBlocks(markdown: string, page: string): Block[] {
  const blocks: Block[] = [];
  const visit = (node: Nodes): void => {
    if (!('children' in node)) return;
    let markers = new Map<Marker, string>();
    for (const child of node.children) {
      if (child.type === 'html') {
        for (const [marker, value] of readMarkers(child.value)) markers.set(marker, value);
        continue;
      }
      if (child.type === 'code') blocks.push(blockOf(child, markers, page));
      else if (markers.size > 0) {
        throw new Error(
          `${page}:${child.position!.start.line}: no block follows <!-- ${[...markers.keys()][0]} -->`,
        );
      }
      markers = new Map();
      visit(child);
    }
  };
  visit(fromMarkdown(markdown));
  return blocks;
}

/** Comments that are no markers, such as those around a generated table, are left alone. */
function readMarkers(html: string): [Marker, string][] {
  return Array.from(html.matchAll(/<!-- (.*?) -->/g), ([, comment = '']) => comment).flatMap((comment) => {
    const marker = MARKERS.find((name) => comment === name || comment.startsWith(`${name}: `));
    return marker === undefined ? [] : [[marker, comment.slice(marker.length + 2)]];
  });
}

function blockOf({ lang, value, position }: Code, markers: ReadonlyMap<Marker, string>, page: string): Block {
  return { page, line: position!.start.line + 1, language: lang ?? '', text: value, markers };
}

/** Where a block is, as editors open it. */
export function placeOf({ page, line }: Block): string {
  return `${page}:${line}`;
}
