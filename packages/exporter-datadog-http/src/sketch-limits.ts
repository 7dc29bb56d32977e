/** How many bins the Agent keeps. */
export const MAX_BINS = 4096;

/** A bin's count is a `uint32`; the Agent puts what is above into a further bin with the same key. */
export const MAX_BIN_COUNT = 2 ** 32 - 1;

/** The largest histogram that a sketch can hold. */
export const MAX_SKETCH_COUNT = MAX_BINS * MAX_BIN_COUNT;
