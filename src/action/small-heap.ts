import { setFlagsFromString } from 'node:v8'

/** Rotations for which it pays. */
const MANY = 10

/**
 * Keeps the heap small for a fleet: V8 would rather take three times the memory than collect what the calls leave behind, and the runner's machine may
 * be a small one. Nothing gets slower that is not waiting for a network anyway.
 */
export function keepHeapSmall(rotations: number): void {
  if (rotations >= MANY) setFlagsFromString('--optimize-for-size')
}
