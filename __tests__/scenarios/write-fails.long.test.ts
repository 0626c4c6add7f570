import { otherFailures, testFailedWrites } from './write-fails.ts'

testFailedWrites(otherFailures)
