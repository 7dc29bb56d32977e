/** Wall-clock time that passes only when a test says so. */
export class FakeNow {
  seconds: number;

  constructor(text = '2026-11-22T12:00:00Z') {
    this.seconds = Date.parse(text) / 1000;
  }

  readonly read = (): number => this.seconds * 1000;
}
