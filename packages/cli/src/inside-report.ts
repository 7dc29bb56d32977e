/** A copy of `@opentelemetry/api` that a program has loaded. */
export interface ApiCopy {
  /** Its folder. */
  readonly path: string;
  readonly version: string;
  /** Whether what is recorded with it reaches the global MeterProvider. */
  readonly seesProvider: boolean;
}

/** A reader of the global MeterProvider, and what its exporter has done. */
export interface SeenExporter {
  readonly reader: string;
  /** Missing where the reader has none, such as Prometheus'. */
  readonly exporter: string | undefined;
  exports: number;
  failures: number;
  /** Why the last failure was one. */
  error?: string | undefined;
}

/** What a program looks like from inside. */
export interface InsideReport {
  readonly pid: number;
  /** The file that was started. */
  readonly program: string;
  /** Whether a global MeterProvider was ever registered; at the end of a program it may be gone again. */
  readonly isRegistered: boolean;
  /** The class of the global MeterProvider. */
  readonly provider: string | undefined;
  /** The version of the API that has registered something globally. */
  readonly apiVersion: string | undefined;
  readonly exporters: readonly SeenExporter[];
  readonly copies: readonly ApiCopy[];
  /** Files that contain a copy of the API of their own. */
  readonly bundles: readonly { readonly path: string; readonly contents: readonly string[] }[];
  /** Whether a copy of `@tallykit/metrics` is loaded. */
  readonly usesTallykit: boolean;
}
