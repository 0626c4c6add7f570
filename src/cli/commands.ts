/** The commands, loaded together: what two chunks of the bundle share would be in each of them. */
import { runInit } from './init/run-init.ts'
import { runRotations } from './run-rotations.ts'

export { runInit, runRotations }
