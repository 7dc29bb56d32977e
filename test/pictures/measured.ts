import type { HeapResult, CollectionResult } from '../bench/measure-aggregation.ts';
import type { CallResult } from '../bench/measure-calls.ts';
import type { ExportResult } from '../bench/measure-exports.ts';
import type { ImportResult } from '../bench/measure-imports.ts';
import type { PairResult } from '../bench/measure-pairs.ts';
import type { ServerResult } from '../bench/measure-server.ts';
import type { HostileResult, StoreResult } from '../bench/measure-store.ts';
import type { WholeResult } from '../bench/measure-whole.ts';
import { readResults, type Results } from '../bench/results.ts';
import type { OutageResult } from '../chaos/outage-table.ts';

/** What the files of docs/benchmarks have, by the names of the files. What is not measured yet has no results. */
export interface Measured {
  readonly calls: Results<Omit<CallResult, 'call' | 'aloneRounds'>>;
  readonly pairs: Results<PairResult>;
  readonly exports: Results<ExportResult>;
  readonly http: Results<ExportResult>;
  readonly store: Results<StoreResult>;
  readonly hostile: Results<HostileResult>;
  readonly collections: Results<CollectionResult>;
  readonly whole: Results<WholeResult>;
  readonly heap: Results<HeapResult>;
  readonly servers: Results<ServerResult>;
  readonly imports: Results<ImportResult>;
  readonly outage: Results<OutageResult>;
}

const NOTHING: Results<never> = { command: '', node: '', processors: 0, versions: {}, results: [] };

export function readMeasured(repository: string): Measured {
  const read = <Row>(name: keyof Measured): Results<Row> => readResults(repository, name) ?? NOTHING;
  return {
    calls: read('calls'),
    pairs: read('pairs'),
    exports: read('exports'),
    http: read('http'),
    store: read('store'),
    hostile: read('hostile'),
    collections: read('collections'),
    whole: read('whole'),
    heap: read('heap'),
    servers: read('servers'),
    imports: read('imports'),
    outage: read('outage'),
  };
}
