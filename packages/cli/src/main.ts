#!/usr/bin/env node
import { CommanderError } from 'commander';
import { createProgram } from './program.ts';

/** The command was called in a wrong way. What it finds itself is 1. */
const WRONG_USAGE = 2;

try {
  await createProgram().parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Help and version were asked for.
  process.exitCode = error.exitCode === 0 ? 0 : WRONG_USAGE;
}
