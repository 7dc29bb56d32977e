import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript6';
import { REPOSITORY } from '../repository.ts';

/** One option, as its type and its doc comment say it. */
export interface DocumentedOption {
  readonly name: string;
  /** As TypeScript. */
  readonly type: string;
  /** The text of `@default`. Empty where there is none. */
  readonly default: string;
  readonly isRequired: boolean;
  /** The environment variables of the sentence "Environment: `NAME`." */
  readonly variables: readonly string[];
  /** The first sentence of the comment, in Markdown. */
  readonly meaning: string;
  /** When there is such an option, for a type of several alternatives. Empty where all of them have it. */
  readonly condition: string;
}

/** The types that packages export, from any of their entry points. */
export class DocumentedTypes {
  readonly #checker: ts.TypeChecker;
  /** By the folder of the package and the name. */
  readonly #exports = new Map<string, ts.Symbol>();

  /** @param packages names of folders in `packages` */
  constructor(packages: readonly string[]) {
    const entries = packages.flatMap((folder) => entriesOf(folder).map((file) => ({ folder, file })));
    const { config } = ts.readConfigFile(join(REPOSITORY, 'tsconfig.base.json'), (file) =>
      readFileSync(file, 'utf8'),
    ) as {
      config: { compilerOptions: object };
    };
    const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, REPOSITORY);
    const program = ts.createProgram(
      entries.map(({ file }) => file),
      { ...options, typeRoots: [join(REPOSITORY, 'node_modules/@types')] },
    );
    this.#checker = program.getTypeChecker();
    for (const { folder, file } of entries) {
      const module = this.#checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
      for (const symbol of this.#checker.getExportsOfModule(module)) {
        this.#exports.set(`${folder}/${symbol.name}`, symbol);
      }
    }
  }

  /** The options of an exported interface or type, in the order of their declarations. */
  optionsOf(folder: string, typeName: string): DocumentedOption[] {
    const exported = this.#exports.get(`${folder}/${typeName}`);
    if (exported === undefined) throw new Error(`packages/${folder} exports no ${typeName}.`);
    const symbol =
      exported.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(exported) : exported;
    const type = this.#checker.getDeclaredTypeOfSymbol(symbol);
    // An intersection with a union is a union of intersections to the checker.
    const alternatives = (type.isUnion() ? type.types : [type]).map((one) => this.#propertiesOf(one));
    const names = [...new Set(alternatives.flatMap(({ options }) => [...options.keys()]))];
    return names
      .map((name) => this.#merge(name, alternatives))
      .toSorted((a, b) => a.file.localeCompare(b.file) || a.position - b.position);
  }

  #propertiesOf(type: ts.Type): Alternative {
    const options = new Map<string, ts.Symbol>();
    const leftOut: string[] = [];
    for (const property of this.#checker.getPropertiesOfType(type)) {
      const isLeftOut = (this.#checker.getTypeOfSymbol(property).flags & ~ts.TypeFlags.Undefined) === 0;
      if (isLeftOut) leftOut.push(property.name);
      else options.set(property.name, property);
    }
    return { options, leftOut };
  }

  #merge(
    name: string,
    alternatives: readonly Alternative[],
  ): DocumentedOption & { readonly file: string; readonly position: number } {
    const having = alternatives.filter(({ options }) => options.has(name));
    const symbols = having.map(({ options }) => options.get(name)!);
    const declarations = [
      ...new Set(symbols.flatMap(({ declarations: all = [] }) => all)),
    ] as ts.PropertySignature[];
    const comments = declarations.map((declaration) => this.#commentOf(declaration));
    const [first] = declarations;
    const condition = having.length === alternatives.length ? '' : this.#conditionOf(name, having);
    const isOptional = declarations.some(({ questionToken }) => questionToken !== undefined);
    return {
      name,
      type: unique(declarations.flatMap((declaration) => this.#typeOf(declaration, symbols[0]!)))
        .join(' | ')
        .replace(/^\((.*)\)$/, '$1'),
      default: comments.find((comment) => comment.default !== '')?.default ?? '',
      isRequired: !isOptional && (having.length === alternatives.length || condition !== ''),
      variables: unique(comments.flatMap(({ variables }) => variables)),
      meaning: comments.find(({ meaning }) => meaning !== '')?.meaning ?? '',
      condition,
      file: first!.getSourceFile().fileName,
      position: Math.min(...declarations.map((declaration) => declaration.pos)),
    };
  }

  /** What the alternatives that have an option have in common: an option of a fixed value, or what they don't have. */
  #conditionOf(name: string, having: readonly Alternative[]): string {
    const [{ options, leftOut }] = having as [Alternative];
    for (const other of options.keys()) {
      if (other === name) continue;
      const values = having.map((alternative) => this.#literalOf(alternative.options.get(other)));
      if (values.every((value) => value !== undefined)) {
        const [value, ...more] = unique(values);
        return [`with \`${other}: '${value}'\``, ...more.map((one) => `\`'${one}'\``)].join(' or ');
      }
    }
    const others = leftOut.filter((one) => having.every((alternative) => alternative.leftOut.includes(one)));
    if (others.length === 0) return '';
    return `without ${others.map((one) => `\`${one}\``).join(', ')}`;
  }

  #literalOf(symbol: ts.Symbol | undefined): string | undefined {
    if (symbol === undefined) return undefined;
    const type = this.#checker.getNonNullableType(this.#checker.getTypeOfSymbol(symbol));
    return type.isStringLiteral() ? type.value : undefined;
  }

  /** The parts of the union that its author has written, without `undefined`, which every option takes. */
  #typeOf({ type }: ts.PropertySignature, symbol: ts.Symbol): string[] {
    const parts = type && ts.isUnionTypeNode(type) ? type.types : [type!];
    return parts
      .filter((part) => part.kind !== ts.SyntaxKind.UndefinedKeyword)
      .flatMap((part) => this.#literalsOf(part) ?? this.#textOf(part, symbol))
      .filter((text) => text !== 'never');
  }

  /** Of a name for a short list of literals, that list. */
  #literalsOf(node: ts.TypeNode): string[] | undefined {
    const type = this.#checker.getTypeFromTypeNode(node);
    if (!ts.isTypeReferenceNode(node) || !type.isUnion() || type.types.length > 8) return undefined;
    if (!type.types.every((one) => one.isStringLiteral())) return undefined;
    return type.types.map((one) => `'${one.value}'`);
  }

  /** A type parameter is written as what it stands for where it isn't given, and nothing is written of what depends on one. */
  #textOf(node: ts.TypeNode, symbol: ts.Symbol): string {
    const type = this.#checker.getTypeFromTypeNode(node);
    if (type.flags & ts.TypeFlags.TypeParameter) {
      return (
        standInOf(type) ?? standInOf(this.#checker.getNonNullableType(this.#checker.getTypeOfSymbol(symbol)))!
      );
    }
    const dependsOn = (part: ts.Node): boolean =>
      (ts.isTypeReferenceNode(part) &&
        (this.#checker.getTypeFromTypeNode(part).flags & ts.TypeFlags.TypeParameter) !== 0) ||
      (ts.forEachChild(part, (child) => dependsOn(child) || undefined) ?? false);
    if (ts.isTypeReferenceNode(node) && dependsOn(node)) return node.typeName.getText();
    if (ts.isIndexedAccessTypeNode(node) && dependsOn(node)) return node.objectType.getText();
    if (ts.isMappedTypeNode(node) || ts.isTypeLiteralNode(node)) return 'object';
    return node.getText().replaceAll(/\s+/g, ' ');
  }

  #commentOf(declaration: ts.PropertySignature): Comment {
    const [jsDoc] = ts.getJSDocCommentsAndTags(declaration).filter((one) => ts.isJSDoc(one));
    if (jsDoc === undefined) return { default: '', variables: [], meaning: '' };
    const tag = jsDoc.tags?.find(({ tagName }) => tagName.text === 'default');
    const place = `${declaration.getSourceFile().fileName}: ${declaration.name.getText()}`;
    return { default: textOf(tag?.comment), ...readComment(textOf(jsDoc.comment), place) };
  }
}

interface Alternative {
  readonly options: ReadonlyMap<string, ts.Symbol>;
  /** Options of other alternatives, which this one doesn't take. */
  readonly leftOut: readonly string[];
}

/** What a type parameter is by default, or must be. */
function standInOf(type: ts.Type): string | undefined {
  const parts = type.isIntersection() ? type.types : [type];
  const [declaration] = parts
    .flatMap(({ symbol }) => symbol?.declarations ?? [])
    .filter(ts.isTypeParameterDeclaration);
  return (declaration?.default ?? declaration?.constraint)?.getText().replace(/ \| undefined$/, '');
}

type Comment = Pick<DocumentedOption, 'default' | 'variables' | 'meaning'>;

const ENVIRONMENT = /(?:^|\s)Environment: ((?:`[A-Z\d_]+`(?:, )?)+)\.(?=\s|$)/;

const SENTENCES = new Intl.Segmenter('en', { granularity: 'sentence' });

/** The variables of a comment, and its first sentence beside the one about them. */
function readComment(comment: string, place: string): Omit<Comment, 'default'> {
  const text = comment.replaceAll(/(?<!\n)\n(?!\n)/g, ' ');
  const [sentence, list = ''] = ENVIRONMENT.exec(text) ?? [];
  if (text.includes('Environment:') && sentence === undefined) {
    throw new Error(`${place}: the sentence about variables has to be "Environment: \`A\`, \`B\`."`);
  }
  if ((text.split('`').length - 1) % 2 !== 0) {
    throw new Error(
      `${place}: the comment ends within code, because TypeScript takes an @ after a blank for a tag`,
    );
  }
  const [paragraph = ''] = text
    .replace(sentence ?? '', '')
    .trim()
    .split('\n\n');
  const [first = ''] = Array.from(SENTENCES.segment(paragraph), ({ segment }) => segment);
  return {
    variables: Array.from(list.matchAll(/`([^`]+)`/g), ([, name]) => name!),
    meaning: first.trim(),
  };
}

/** A comment with its links as code. */
function textOf(comment: string | ts.NodeArray<ts.JSDocComment> | undefined): string {
  const parts = typeof comment === 'string' ? [comment] : (comment ?? []);
  return parts
    .map((part) =>
      typeof part === 'string' ? part : ts.isJSDocLink(part) ? `\`${part.name!.getText()}\`` : part.text,
    )
    .join('');
}

function unique<Item>(items: readonly Item[]): Item[] {
  return [...new Set(items)].filter((item) => item !== '');
}

/** The sources of all entry points of a package. */
function entriesOf(folder: string): string[] {
  const root = join(REPOSITORY, 'packages', folder);
  const { exports = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  return Object.values(exports).flatMap(({ '@tallykit/source': source }) =>
    typeof source === 'string' ? [join(root, source)] : [],
  );
}
