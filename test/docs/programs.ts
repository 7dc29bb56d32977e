import { placeOf, type Block, type Marker } from './blocks.ts';

/** What a page states about a program: each line, or the text, in which `…` stands for what is another one each time. */
export interface Statement {
  readonly kind: 'printed' | 'received' | 'throws';
  readonly text: string;
}

/** A program of a page: a block and those that continue it. */
export interface Program {
  readonly place: string;
  readonly page: string;
  /** `ts`, or `sh` for commands that are run. */
  readonly language: 'ts' | 'sh';
  /** On the lines that it has on the page, so that messages of a compiler lead there. */
  readonly text: string;
  /** Names that `given.ts` exports. */
  readonly given: readonly string[];
  /** Under which other programs of the page import it. */
  readonly file: string | undefined;
  /** Why it is not run. */
  readonly compiledOnly: string | undefined;
  readonly runsUntilStopped: boolean;
  readonly statements: readonly Statement[];
}

type Draft = {
  -readonly [Key in keyof Program]: Program[Key] extends readonly (infer Item)[] ? Item[] : Program[Key];
};

/** The markers that a block of each kind takes. */
const TAKEN: Readonly<Record<string, readonly Marker[]>> = {
  ts: ['continues', 'given', 'file', 'compiled only', 'throws', 'runs until stopped'],
  sh: ['run', 'runs until stopped', 'throws', 'unchecked'],
  text: ['printed', 'received'],
};

/** The programs of a page. */
export function programsOf(blocks: readonly Block[]): Program[] {
  const programs: Draft[] = [];
  /** The program that the block before belongs to. */
  let last: Draft | undefined;
  let throws = false;
  for (const block of blocks) {
    const { language, markers, text } = block;
    for (const marker of markers.keys()) {
      if (!TAKEN[language]?.includes(marker))
        fail(block, `a block of ${language} takes no <!-- ${marker} -->`);
    }
    if (language === 'ts') {
      if (markers.has('continues')) {
        last = programs.findLast((program) => program.language === 'ts');
        if (last === undefined) fail(block, 'there is no block that it could continue');
        append(last, block);
      } else {
        last = begin(block);
        programs.push(last);
      }
      throws = markers.has('throws');
    } else if (markers.has('run')) {
      last = begin(block);
      programs.push(last);
      throws = markers.has('throws');
    } else if (language === 'text') {
      const kind = throws
        ? 'throws'
        : markers.has('printed')
          ? 'printed'
          : markers.has('received')
            ? 'received'
            : undefined;
      throws = false;
      if (kind === undefined) continue;
      if (last === undefined) fail(block, `there is no program before it that could have ${kind} it`);
      last.statements.push({ kind, text });
    } else {
      last = undefined;
    }
    if (throws && language !== 'ts' && !markers.has('run'))
      fail(block, 'a block of text with the message has to follow <!-- throws -->');
  }
  for (const program of programs) check(program);
  return programs;
}

function begin(block: Block): Draft {
  const program: Draft = {
    place: placeOf(block),
    page: block.page,
    language: block.language as Program['language'],
    text: '',
    given: [],
    file: block.markers.get('file'),
    compiledOnly: undefined,
    runsUntilStopped: false,
    statements: [],
  };
  append(program, block);
  return program;
}

function append(program: Draft, { line, text, markers }: Block): void {
  const written = program.text === '' ? 0 : program.text.split('\n').length - 1;
  program.text += `${'\n'.repeat(line - 1 - written)}${text}\n`;
  program.given.push(...(markers.get('given')?.split(', ') ?? []));
  program.compiledOnly ??= markers.get('compiled only');
  program.runsUntilStopped ||= markers.has('runs until stopped');
}

function check({
  place,
  runsUntilStopped,
  compiledOnly,
  file,
  statements,
  language,
  given,
  text,
}: Draft): void {
  const kinds = statements.map(({ kind }) => kind);
  const problem =
    new Set(kinds).size < kinds.length
      ? 'states the same twice'
      : runsUntilStopped && statements.length === 0
        ? 'runs until it is stopped, so it has to state what is printed or received'
        : compiledOnly === '' || (compiledOnly !== undefined && statements.length > 0)
          ? 'is compiled only: it needs a reason, and can state nothing'
          : file !== undefined && statements.length > 0
            ? 'is a file of other programs, and can state nothing'
            : language === 'ts' && given.length > 0 && !text.startsWith('\n')
              ? 'has no line before it for its given names'
              : undefined;
  if (problem !== undefined) throw new Error(`${place} ${problem}`);
}

function fail(block: Block, problem: string): never {
  throw new Error(`${placeOf(block)}: ${problem}`);
}
