import type { Refusal } from './ledger.ts';
import type { HistogramSeries, MergeHistograms, Texts } from './series.ts';
import { reasonOf } from './transport.ts';

/** The texts of a histogram. Pure. */
export type HistogramFormat = (series: HistogramSeries) => Texts | Refusal;

/** What only histograms need, loaded with the first of them, so that nobody carries code that only others run. */
export class OnDemandHistograms {
  readonly #loadFormat: () => Promise<HistogramFormat>;
  #loaded: { readonly merge: MergeHistograms; readonly format: HistogramFormat } | undefined;
  #refusal: Refusal | undefined;

  constructor(loadFormat: () => Promise<HistogramFormat>) {
    this.#loadFormat = loadFormat;
  }

  get isLoaded(): boolean {
    return this.#loaded !== undefined;
  }

  /** Why there can be no histograms now, if the last attempt to load failed. */
  get refusal(): Refusal | undefined {
    return this.#refusal;
  }

  /** To be done before a histogram is read. Never rejects. After a failure, the next call tries again. */
  async load(): Promise<void> {
    try {
      const [{ mergeHistograms }, format] = await Promise.all([import('./histogram.ts'), this.#loadFormat()]);
      this.#loaded = { merge: mergeHistograms, format };
      this.#refusal = undefined;
    } catch (error) {
      const reason = `the code for histograms could not be loaded: ${reasonOf(error)}`;
      this.#refusal = { refused: 'error', reason };
    }
  }

  readonly merge: MergeHistograms = (first, second) => this.#loaded!.merge(first, second);

  readonly format: HistogramFormat = (series) => this.#loaded!.format(series);
}
